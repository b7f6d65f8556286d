"""Takes a run back: its variables, in the environment, and its files, all together.

A checkpoint of both is taken while the model is asked for the first time. The cells of the run are
the business of who shows them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from .engine.environment import Environment
from .engine.trajectory import Turn
from .engine.undoing import Bounds, Change, Checkpoints, Gap, KeepsVariables, Restored, Undoable
from .errors import CodeActError, UndoError
from .workspace.snapshot import Snapshot
from .workspace.store import default_place, undone_last

OFF = "no checkpoint was taken: undo_seconds is 0"
NO_VARIABLES = Gap("all variables", "the kernel that held them, or its checkpoint, is gone")
ELSEWHERE = Gap("all files", "the kernel runs on another machine")
CHANGED = (
    "since this was shown, the variables, the files or the kernel changed, so nothing was done: "
    "look again at what there is to do"
)
NO_FILES = Gap("all files", "their snapshot is gone")


class Undoing:
    """The checkpoints of one conversation's runs; `notebook` is the file that shows them."""

    def __init__(
        self,
        environment: Callable[[], Environment | None],
        *,
        notebook: Callable[[], str] = str,
        place: Path | None = None,
    ) -> None:
        self._environment = environment
        self._notebook = notebook
        self._place = place
        self.files_are_here = True
        self._taking: asyncio.Future[tuple[Gap, ...]] | None = None
        self._closing: asyncio.Future[None] | None = None
        self.patience: float | None = None  # seconds that the end of a run waits for its closing
        self._bounds = Bounds()
        self._first: Collection[str] = ()
        self._run = ""
        self._told: set[Gap] = set()
        self._late: tuple[Gap, ...] = ()  # of files that were kept anew
        self.last = self._before = ""  # the last run that acted, and the one before it

    def begin(self, run: str, bounds: Bounds | None, first: Collection[str] = ()) -> None:
        """Begin to take the checkpoint of a run; the names in `first` come first."""
        self._run, self._first = run, first
        self._taking = None
        if bounds is not None:
            self._bounds = bounds
            self._taking = asyncio.ensure_future(self._take(run))

    async def ready(self) -> tuple[Gap, ...]:
        """Wait for the checkpoint; returns what it lacks that was not said before."""
        if self._taking is None:
            return ()
        if self.last != self._run:
            self._before, self.last = self.last, self._run
        return self._news(await asyncio.shield(self._taking))

    async def lost(self) -> tuple[Gap, ...]:
        """What cannot be taken back any more since the last step."""
        checkpoints = self._checkpoints
        if self._taking is None or checkpoints is None:
            return ()
        late, self._late = self._late, ()
        return self._news((*late, *await checkpoints.lost(self._run)))

    async def close(self, *, acted: bool) -> None:
        """The run is over; one that did not act leaves the one before as the last."""
        if self._taking is not None:
            taking, self._taking = self._taking, None
            self._closing = asyncio.ensure_future(self._close(self._run, taking, acted=acted))
            await asyncio.wait({self._closing}, timeout=self.patience)

    async def _close(self, run: str, taking: asyncio.Future[Any], *, acted: bool) -> None:
        await asyncio.wait({taking})
        checkpoints = self._checkpoints
        if checkpoints is not None:
            await checkpoints.close(run, acted=acted)
        await asyncio.to_thread(Snapshot(run, self._place).close, acted=acted)
        if not acted and self.last == run:
            self.last = self._before

    async def look(self, run: str) -> Undoable:
        """What there is to take back of a run, or to bring back.

        Raises UndoError when nothing of it is kept.
        """
        await self.settled()
        checkpoints = self._checkpoints
        variables = await checkpoints.look(run) if checkpoints is not None else None
        snapshot = Snapshot(run, self._place)
        files = await asyncio.to_thread(snapshot.look) if snapshot.exists else None
        if variables is None and files is None:
            raise UndoError(
                f"nothing is kept of the run {run!r}: only the last run that acted can be undone, "
                "as long as its kernel runs, and its files for some days"
            )
        parts = [part for part in (variables, files) if part is not None]
        changes: list[Change] = [change for part in parts for change in part.changes]
        gaps = [gap for part in parts for gap in part.gaps]
        gaps += [NO_VARIABLES] if variables is None else []
        gaps += [] if files else [NO_FILES if self.files_are_here else ELSEWHERE]
        return Undoable(tuple(changes), tuple(gaps), all(part.undone for part in parts))

    async def put_back(self, run: str, *, overwrite: bool, shown: str = "") -> Restored:
        """Take a run back, or bring it back when it was; raises UndoError as `look` does.

        `shown` is the digest of the preview that was agreed to: when there is something else to do
        by now, nothing is done. The variables come first: where they cannot be put back, no file
        is touched.
        """
        seen = await self.look(run)
        if shown and shown != seen.digest:
            raise UndoError(CHANGED)
        checkpoints = self._checkpoints
        snapshot = Snapshot(run, self._place)
        parts = [await checkpoints.put_back(run, overwrite=overwrite)] if checkpoints else []
        if snapshot.exists:
            parts.append(await asyncio.to_thread(snapshot.put_back, overwrite=overwrite))
        found = [part for part in parts if part is not None]
        return Restored(
            tuple(name for part in found for name in part.done),
            tuple(name for part in found for name in part.kept),
            tuple(name for part in found for name in part.failed),
        )

    def undone_last(self, notebook: Path) -> str:
        """The run of this notebook that was undone last; empty if none is."""
        return undone_last(self._place or default_place(), notebook.resolve())

    def cells(self, run: str) -> list[Any]:
        """The cells that an undo of this run took out of its notebook."""
        return Snapshot(run, self._place).cells

    def keep_cells(self, run: str, cells: Sequence[Any]) -> None:
        """Keep the cells that are taken out, for a redo; raises OSError."""
        Snapshot(run, self._place).keep_cells(cells)

    async def settled(self) -> None:
        """Wait until the end of the run before is noted."""
        if self._closing is not None and not self._closing.done():
            await asyncio.wait({self._closing})

    @property
    def _checkpoints(self) -> Checkpoints | None:
        environment = self._environment()
        return environment.checkpoints if isinstance(environment, KeepsVariables) else None

    def _news(self, gaps: Collection[Gap]) -> tuple[Gap, ...]:
        news = tuple(gap for gap in gaps if gap not in self._told)
        self._told |= set(news)
        return news

    async def _take(self, run: str) -> tuple[Gap, ...]:
        """Take both checkpoints at the same time; what fails of them is a gap, no end of a run."""
        await self.settled()
        checkpoints = self._checkpoints
        files = asyncio.to_thread(self._take_files, run)
        if checkpoints is None:
            return (Gap("all variables", "they cannot be kept here"), *await files)
        variables = checkpoints.take(
            run, self._bounds, self._first, again=partial(self._take_files_again, run)
        )
        return tuple(gap for gaps in await asyncio.gather(variables, files) for gap in gaps)

    async def _take_files_again(self, run: str) -> None:
        """The person's cell ran meanwhile: what it did to files is not the run's."""
        self._late = await asyncio.to_thread(self._take_files, run)

    def _take_files(self, run: str) -> tuple[Gap, ...]:
        environment = self._environment()
        if environment is None or not self.files_are_here:
            return (ELSEWHERE,)
        root = Path(environment.namespace().workspace)
        try:
            return Snapshot(run, self._place).take(root, self._bounds, self._passed(root))
        except (OSError, CodeActError) as error:
            return (Gap("all files", str(error)),)

    def _passed(self, root: Path) -> tuple[str, ...]:
        """The notebook itself; where nobody knows which one it is, all in the directory."""
        notebook = self._notebook()
        if not notebook:
            return tuple(each.name for each in root.glob("*.ipynb"))
        try:
            inside = Path(notebook).resolve().relative_to(root.resolve())
        except (ValueError, OSError):
            return ()
        return (inside.as_posix(),)


def note_broken_off(turn: Turn, place: Path | None = None) -> None:
    """Note what the files are now, of a run that was recovered after its program had died.

    What was changed after it was last seen to go on is not taken for its work. Nothing is noted
    where no snapshot can be read: there is nothing to undo by it.
    """
    acted = any(step.action is not None and step.state != "rejected" for step in turn.steps)
    with suppress(OSError, UndoError):
        Snapshot(turn.run, place).close(acted=acted, alive=_last_seen(turn))


def _last_seen(turn: Turn) -> float:
    """When the record last saw the turn go on, in seconds since 1970."""
    took = {step.started: step.observation.seconds for step in turn.steps if step.observation}
    times = [turn.started, *(step.started for step in turn.steps)]
    return max(
        (datetime.fromisoformat(t).timestamp() + took.get(t, 0.0) for t in times if t), default=0.0
    )
