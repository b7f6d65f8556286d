"""The checkpoints of the variables, as each environment comes by them: in this process, or asked of
a kernel by expressions that bind no name.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal

from ..engine.undoing import Again, Bounds, Gap, Points, Restored, Undoable
from ..errors import EnvironmentFailure, UndoError
from .answers import Read, answer_of, gaps_of, points_of, restored_of, undoable_of
from .undo.sending import asking, bringing, known_here

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

NO_ANSWER = (EnvironmentFailure, TimeoutError)
SLICE_SECONDS = 0.01  # in which a stop, and the model's words, wait
ALL = "all variables"
GIVEN_UP = "a cell of yours ran between two steps, and there was no time to keep what it did apart"
UNANSWERED = "the kernel did not answer when they were to be kept"
PUT_BACK_SECONDS = 5.0  # in which the kernel begins with it: less than an answer is waited for
NOTHING_DONE = "no variable, no file and no cell was changed"
SILENT = (
    "the kernel does not answer, so what can be taken back is not known; "
    f"{NOTHING_DONE}. Wait for its cell, or interrupt it, then look again"
)
BUSY = (
    "the kernel was busy when its variables were to be put back, so "
    f"{NOTHING_DONE}. Wait for its cell, or interrupt it, then do it again"
)
UNKNOWN = (
    "the kernel did not say whether it put its variables back ({}): whether they are as before is "
    "not known. No file and no cell was changed. When it answers again, look what there is to undo"
)


class ShellCheckpoints:
    """The checkpoints of the shell in this process; the event loop goes on while one is taken."""

    def __init__(self, shell: InteractiveShell, workspace: Callable[[], str]) -> None:
        self._shell = shell
        self._workspace = workspace
        self._here: Any = known_here()

    async def take(
        self,
        point: str,
        bounds: Bounds,
        first: Collection[str],
        *,
        again: Again | None = None,
    ) -> tuple[Gap, ...] | None:
        limits = (bounds.seconds, bounds.bytes)
        slices = self._here.begin(self._shell, point, *limits, self._workspace(), tuple(first))
        started = time.monotonic()
        for _ in slices:
            if time.monotonic() - started > SLICE_SECONDS:
                await asyncio.sleep(0)
                started = time.monotonic()
        found = self._here.taken(point)
        return None if found is None else gaps_of(found["gaps"])

    async def lost(self, point: str) -> tuple[Gap, ...]:
        return gaps_of(self._here.lost(point))

    async def close(self, point: str, bounds: Bounds, *, acted: bool) -> bool:
        self._here.close(point, acted, False, bounds.bytes)
        return False  # the person's cell is the one that runs us

    async def points(self) -> Points:
        return points_of(self._here.points())

    async def look(self, point: str) -> Undoable | None:
        found = self._here.look(point)
        return None if found is None else undoable_of(found)

    async def put_back(self, point: str, *, overwrite: bool) -> Restored | None:
        found = self._here.put_back(point, overwrite)
        return None if found is None else restored_of(found)


class KernelCheckpoints:
    """The checkpoints in a kernel of another process.

    `evaluate` gives what an expression gives there, as the kernel tells it; `cells_run` counts the
    person's cells, and `busy` says whether one of them runs: then the checkpoint is taken when it
    is over, by `catch_up`.
    """

    def __init__(
        self,
        evaluate: Callable[[str], Awaitable[Mapping[str, Any]]],
        workspace: Callable[[], str],
        *,
        cells_run: Callable[[], int] = lambda: 0,
        busy: Callable[[], bool] = lambda: False,
    ) -> None:
        self._evaluate = evaluate
        self._workspace = workspace
        self._cells_run = cells_run
        self._busy = busy
        self._asked_for: tuple[str, Bounds, Collection[str]] | None = None
        self._again: Again | None = None
        self._taken_at = ("", 0)
        self._acted_at = 0  # how many of the person's cells had run when an action began
        self._may_lose = False
        self._clock = (0.0, 0.0)  # the kernel's at the last look, and ours
        self._untold: tuple[Gap, ...] = ()

    async def take(
        self,
        point: str,
        bounds: Bounds,
        first: Collection[str],
        *,
        again: Again | None = None,
    ) -> tuple[Gap, ...] | None:
        self._asked_for, self._taken_at, self._again = (point, bounds, first), ("", 0), again
        if self._busy():
            return ()
        gaps = await self._take(point, bounds, first)
        if gaps is None:
            self._asked_for = None
        return gaps

    async def catch_up(self) -> None:
        """Take what could not be taken while the person's cell ran; called before an action."""
        if self._asked_for is not None and self.is_stale(self._asked_for[0]):
            if self._again is not None:
                await self._again()
            gaps = await self._take(*self._asked_for)
            self._untold = (Gap(ALL, GIVEN_UP),) if gaps is None else gaps
            self._asked_for = None if gaps is None else self._asked_for
        if self._asked_for is not None:
            self._acted_at = self._cells_run()
        self._asked_for = None  # from here on, what changes is the run's

    async def _take(
        self, point: str, bounds: Bounds, first: Collection[str]
    ) -> tuple[Gap, ...] | None:
        at = self._cells_run()
        limits = (bounds.seconds, bounds.bytes)
        try:
            asked = ("take", point, *limits, self._workspace(), tuple(first))
            found = await self._answer(_begun_of, *asked)
        except NO_ANSWER:
            found = ((Gap(ALL, UNANSWERED),), False)
        self._taken_at = (point, at)
        if found is None:
            return None
        gaps, self._may_lose = found
        return gaps

    def is_stale(self, point: str) -> bool:
        return self._taken_at != (point, self._cells_run())

    async def lost(self, point: str) -> tuple[Gap, ...]:
        gaps, self._untold = self._untold, ()
        lost = await self._asked(gaps_of, "lost", point) if self._may_lose else None
        return (*gaps, *(lost or ()))

    async def close(self, point: str, bounds: Bounds, *, acted: bool) -> bool:
        mixed = acted and self._cells_run() != self._acted_at
        await self._asked(gaps_of, "close", point, acted, mixed, bounds.bytes)
        if acted and not mixed and self._cells_run() != self._acted_at:  # it ran before our request
            mixed = True
            await self._asked(gaps_of, "close", point, acted, mixed, bounds.bytes)
        return mixed

    async def points(self) -> Points:
        return await self._asked(points_of, "points") or Points()

    async def look(self, point: str) -> Undoable | None:
        try:
            found = await self._answer(_seen_of, "look", point)
        except NO_ANSWER as error:
            raise UndoError(SILENT) from error
        undoable, clock = found or (None, 0.0)
        self._clock = (clock, time.monotonic())
        return undoable

    async def put_back(self, point: str, *, overwrite: bool) -> Restored | None:
        clock, looked = self._clock
        until = clock + time.monotonic() - looked + PUT_BACK_SECONDS
        try:
            found = await self._answer(_put_back_of, "put_back", point, overwrite, until)
        except NO_ANSWER as error:
            raise UndoError(UNKNOWN.format(str(error) or "no answer")) from error
        if found == "late":
            raise UndoError(BUSY)
        return found

    async def _asked(self, read: Callable[[Any], Read], ask: str, *given: Any) -> Read | None:
        """What the kernel answers; None also when it does not, or knows nothing of it."""
        try:
            return await self._answer(read, ask, *given)
        except NO_ANSWER:
            return None

    async def _answer(self, read: Callable[[Any], Read], ask: str, *given: Any) -> Read | None:
        """What the kernel answers; None when it has no checkpoints. Raises when it does not."""
        expression = asking(ask, *given)
        shown = await self._evaluate(expression)
        if shown["status"] != "ok" and shown.get("ename") == "KeyError":  # it lacks the sources
            if ask != "take":
                return None
            shown = await self._evaluate(bringing(expression))
        if shown["status"] != "ok":
            raise EnvironmentFailure(f"{shown.get('ename')}: {shown.get('evalue')}")
        return answer_of(shown, read)


def _begun_of(found: Mapping[str, Any]) -> tuple[tuple[Gap, ...], bool]:
    """The gaps of a checkpoint, and whether some of it may be lost."""
    return gaps_of(found["gaps"]), bool(found["parked"])


def _seen_of(found: Mapping[str, Any]) -> tuple[Undoable, float]:
    """What there is to put back, and when that was, by the kernel's clock."""
    return undoable_of(found), float(found["clock"])


def _put_back_of(found: Mapping[str, Any]) -> Restored | Literal["late"]:
    """What was put back; `late` when nobody waited for it any more, so that nothing was."""
    return "late" if found.get("late") else restored_of(found)
