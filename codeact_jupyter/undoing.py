"""Takes runs and steps back: variables, in the environment, and files, all together.

A checkpoint of both is taken while the model is asked for the first time, and again for each step
where the model takes its time, so that nobody waits. The cells are the business of who shows them.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from .engine.environment import Environment
from .engine.trajectory import Turn
from .engine.undoing import (
    Bounds,
    Change,
    Checkpoints,
    Gap,
    KeepsVariables,
    Points,
    Restored,
    Undoable,
    parted,
    point_of,
)
from .errors import UndoError
from .workspace.points import ELSEWHERE, FilePoints, note_end
from .workspace.putting_back import FilesBack, known_points
from .workspace.snapshot import Snapshot, Span
from .workspace.store import default_place

NO_VARIABLES = Gap("all variables", "the kernel that held them, or its checkpoint, is gone")
CHANGED = (
    "since this was shown, the variables, the files or the kernel changed, so nothing was done: "
    "look again at what there is to do"
)
NO_FILES = Gap("all files", "their snapshot is gone")
STEP_SHARE = 4  # of the time that a run's checkpoint may take, what a step's may: a quarter
END_SECONDS = 0.3  # that a run's end waits to be noted: who is told may run a cell at once
FREE_SHARE = 100  # what a step's may take also where the model answers sooner: a hundredth


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
        self._place = place or default_place()
        self.files_are_here = True
        self._files = FilePoints(self._root, notebook, self._place)
        self._taking: asyncio.Future[tuple[Gap, ...]] | None = None
        self._closing: asyncio.Future[None] | None = None
        self.is_awaited = True  # whether a run is over only when its end is noted
        self._bounds = Bounds()
        self._first: Collection[str] = ()
        self._run = ""
        self._open = ""  # the point that what is run now is of
        self._acted = self._with_steps = False  # whether anything was run since that point
        self._asked_at: float | None = None  # when the model began to answer
        self._thought = self._cost = 0.0  # seconds of its last answer, and of the last checkpoint
        self._began: float | None = None
        self._spans: list[Span] = []
        self._told: set[Gap] = set()
        self._late: tuple[Gap, ...] = ()  # of files that were kept anew

    def begin(self, run: str, bounds: Bounds | None, first: Collection[str] = ()) -> None:
        """Begin to take the checkpoint of a run; the names in `first` come first."""
        self._run = self._open = run
        self._first, self._taking, self._spans, self._began = first, None, [], None
        self._acted, self._with_steps = False, True
        if bounds is not None:
            self._bounds, self._asked_at = bounds, time.monotonic()
            step = bounds.seconds / STEP_SHARE  # one of a step has less to do than the first
            self._taking = asyncio.ensure_future(self._timed(self._take(run), step))

    async def ready(self, *, to_act: bool = False) -> tuple[Gap, ...]:
        """Wait for the checkpoint; returns what it lacks that was not said before.

        With `to_act`, an action begins now.
        """
        if self._taking is None:
            return ()
        if self._asked_at is not None:
            self._thought, self._asked_at = time.monotonic() - self._asked_at, None
        gaps = await asyncio.shield(self._taking)
        if to_act:
            self._began, self._acted = time.time(), True
        return self._news(gaps)

    async def stepped(self, step: int) -> tuple[Gap, ...]:
        """A step is over: begin to keep the state before the next, if nobody will wait for it.

        Returns what cannot be taken back any more since.
        """
        checkpoints = self._checkpoints
        if self._taking is None or checkpoints is None:
            return ()
        if self._began is not None:
            self._spans.append((self._began, time.time()))
            self._began = None
        late, self._late = self._late, ()
        news = self._news((*late, *await checkpoints.lost(self._open)))
        self._asked_at = time.monotonic()
        if self._acted and self._with_steps and self._is_hidden:
            point = point_of(self._run, step + 1)
            self._taking = asyncio.ensure_future(self._timed(self._next(point), math.inf))
        return news

    async def close(self, *, acted: bool) -> None:
        """A run is over that nobody was told of yet; one that did not act leaves the one before."""
        if self._taking is not None:
            taking, self._taking = self._taking, None
            self._closing = asyncio.ensure_future(self._close(taking, acted=acted))
            await asyncio.wait({self._closing}, timeout=END_SECONDS)

    async def points(self) -> Points:
        """The points that can be gone back to, and those that were; without a kernel, of files."""
        await self.settled()
        found = await self._checkpoints.points() if self._checkpoints is not None else Points()
        notebook = self._notebook()
        if found != Points() or not notebook:
            return found
        kept, undone = await asyncio.to_thread(known_points, self._place, Path(notebook).resolve())
        return Points(tuple(kept), tuple(tuple(each) for each in undone))

    async def look(self, point: str) -> Undoable:
        """What there is to take back from a point on, or to bring back.

        Raises UndoError when nothing of it is kept.
        """
        await self.settled()
        checkpoints = self._checkpoints
        variables = await checkpoints.look(point) if checkpoints is not None else None
        there = FilesBack(point, self._place, variables.points if variables is not None else ())
        files = await asyncio.to_thread(there.look) if there.exists else None
        if variables is None and files is None:
            run, step = parted(point)
            raise UndoError(
                f"nothing is kept of the run {run!r}"
                + (f" before step {step}" if step > 1 else "")
                + ": only the last runs that acted can be undone, as long as their kernel runs, "
                "and their files for some days"
            )
        parts = [part for part in (variables, files) if part is not None]
        changes: list[Change] = [change for part in parts for change in part.changes]
        gaps = [gap for part in parts for gap in part.gaps]
        gaps += [NO_VARIABLES] if variables is None else []
        gaps += [] if files else [NO_FILES if self.files_are_here else ELSEWHERE]
        points = tuple(dict.fromkeys(each for part in parts for each in part.points))
        return Undoable(tuple(changes), tuple(gaps), all(part.undone for part in parts), points)

    async def put_back(self, point: str, *, overwrite: bool, shown: str = "") -> Restored:
        """Take it back, or bring it back when it was; raises UndoError as `look` does.

        `shown` is the digest of the preview that was agreed to: when there is something else to do
        by now, nothing is done. The variables come first: where they cannot be put back, no file
        is touched.
        """
        seen = await self.look(point)
        if shown and shown != seen.digest:
            raise UndoError(CHANGED)
        checkpoints = self._checkpoints
        files = FilesBack(point, self._place, seen.points)
        parts = [await checkpoints.put_back(point, overwrite=overwrite)] if checkpoints else []
        if files.exists:
            parts.append(await asyncio.to_thread(files.put_back, overwrite=overwrite))
        found = [part for part in parts if part is not None]
        return Restored(
            tuple(name for part in found for name in part.done),
            tuple(name for part in found for name in part.kept),
            tuple(name for part in found for name in part.failed),
        )

    def cells(self, point: str) -> list[Any]:
        """The cells that an undo from this point on took out of its notebook."""
        return Snapshot(point, self._place).cells

    def keep_cells(self, point: str, cells: Sequence[Any]) -> None:
        """Keep the cells that are taken out, for a redo; raises OSError."""
        Snapshot(point, self._place).keep_cells(cells)

    async def settled(self) -> None:
        """Wait until the end of the run before is noted."""
        if self._closing is not None and not self._closing.done():
            await asyncio.wait({self._closing})

    @property
    def _checkpoints(self) -> Checkpoints | None:
        environment = self._environment()
        return environment.checkpoints if isinstance(environment, KeepsVariables) else None

    @property
    def _is_hidden(self) -> bool:
        """Whether the next checkpoint will be done before the model answers, as things went.

        In one process with us the last one made the answer come later by as much as it took.
        """
        return self._cost <= max(self._thought / 2, self._bounds.seconds / FREE_SHARE)

    async def _timed(self, taking: Awaitable[tuple[Gap, ...]], most: float) -> tuple[Gap, ...]:
        started = time.monotonic()
        gaps = await taking
        self._cost = min(time.monotonic() - started, most)
        return gaps

    def _news(self, gaps: Collection[Gap]) -> tuple[Gap, ...]:
        news = tuple(gap for gap in gaps if gap not in self._told)
        self._told |= set(news)
        return news

    async def _close(self, taking: asyncio.Future[Any], *, acted: bool) -> None:
        await asyncio.wait({taking})
        acted = acted and self._acted
        if acted:
            await asyncio.to_thread(self._files.end, self._open, tuple(self._spans))
        await self._end(acted=acted)

    async def _next(self, point: str) -> tuple[Gap, ...]:
        """Go over to the next point; where that is slow, what comes is of this one too."""
        bounds = replace(self._bounds, seconds=self._bounds.seconds / STEP_SHARE)
        spans = tuple(self._spans)
        turning = asyncio.to_thread(self._files.turn_over, self._open, point, bounds, spans)
        if not await turning:
            self._with_steps = False
            return ()
        await self._end(acted=True)
        gaps = await self._take_variables(point, bounds)
        if gaps is None:
            await asyncio.to_thread(self._files.go_on, self._open, point)
            self._with_steps = False
            return ()
        self._open, self._acted, self._spans = point, False, []
        return gaps

    async def _end(self, *, acted: bool) -> None:
        """What is of the open point is over."""
        checkpoints, mixed = self._checkpoints, False
        if checkpoints is not None:
            mixed = await checkpoints.close(self._open, self._bounds, acted=acted)
        await asyncio.to_thread(self._files.over, self._open, acted=acted, mixed=mixed)

    async def _take(self, point: str) -> tuple[Gap, ...]:
        """Take both checkpoints at the same time; what fails of them is a gap, no end of a run."""
        await self.settled()
        files = asyncio.to_thread(self._files.take, point, self._bounds)
        variables = self._take_variables(point, self._bounds)
        return tuple(gap for gaps in await asyncio.gather(variables, files) for gap in gaps or ())

    async def _take_variables(self, point: str, bounds: Bounds) -> tuple[Gap, ...] | None:
        checkpoints = self._checkpoints
        if checkpoints is None:
            return (Gap("all variables", "they cannot be kept here"),)
        again = partial(self._take_files_again, point)
        return await checkpoints.take(point, bounds, self._first, again=again)

    async def _take_files_again(self, point: str) -> None:
        """The person's cell ran meanwhile: what it did to files is not the run's."""
        self._late = await asyncio.to_thread(self._files.take, point, self._bounds)

    def _root(self) -> Path | None:
        environment = self._environment()
        here = environment is not None and self.files_are_here
        return Path(environment.namespace().workspace) if here and environment else None


def note_broken_off(turn: Turn, place: Path | None = None) -> None:
    """Note what the files are now, of a run that was recovered after its program had died.

    What was changed after it was last seen to go on is not taken for its work. Nothing is noted
    where no snapshot can be read: there is nothing to undo by it.
    """
    acted = any(step.action is not None and step.state != "rejected" for step in turn.steps)
    with suppress(OSError, UndoError):
        note_end(turn.run, place or default_place(), acted=acted, alive=_last_seen(turn))


def _last_seen(turn: Turn) -> float:
    """When the record last saw the turn go on, in seconds since 1970."""
    took = {step.started: step.observation.seconds for step in turn.steps if step.observation}
    times = [turn.started, *(step.started for step in turn.steps)]
    return max(
        (datetime.fromisoformat(t).timestamp() + took.get(t, 0.0) for t in times if t), default=0.0
    )
