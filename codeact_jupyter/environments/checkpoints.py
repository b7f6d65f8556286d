"""The checkpoints of the variables, as each environment comes by them: in this process, or asked of
a kernel by expressions that bind no name.
"""

from __future__ import annotations

import ast
import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from ..engine.undoing import Again, Bounds, Change, Gap, Points, Restored, Undoable
from ..errors import EnvironmentFailure, UndoError
from .undo.sending import asking, bringing, known_here

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

NO_ANSWER = (EnvironmentFailure, TimeoutError, KeyError, ValueError, SyntaxError)
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
        return undoable_of(self._here.look(point))

    async def put_back(self, point: str, *, overwrite: bool) -> Restored | None:
        return restored_of(self._here.put_back(point, overwrite))


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
            found = await self._answer("take", point, *limits, self._workspace(), tuple(first))
        except NO_ANSWER:
            found = {"gaps": {ALL: UNANSWERED}, "parked": False}
        self._taken_at = (point, at)
        if found is None:
            return None
        self._may_lose = bool(found["parked"])
        return gaps_of(found["gaps"])

    def is_stale(self, point: str) -> bool:
        return self._taken_at != (point, self._cells_run())

    async def lost(self, point: str) -> tuple[Gap, ...]:
        gaps, self._untold = self._untold, ()
        return (*gaps, *gaps_of(await self._asked("lost", point) or {})) if self._may_lose else gaps

    async def close(self, point: str, bounds: Bounds, *, acted: bool) -> bool:
        mixed = acted and self._cells_run() != self._acted_at
        await self._asked("close", point, acted, mixed, bounds.bytes)
        if acted and not mixed and self._cells_run() != self._acted_at:  # it ran before our request
            mixed = True
            await self._asked("close", point, acted, mixed, bounds.bytes)
        return mixed

    async def points(self) -> Points:
        return points_of(await self._asked("points") or {"kept": (), "undone": ()})

    async def look(self, point: str) -> Undoable | None:
        try:
            found = await self._answer("look", point)
        except NO_ANSWER as error:
            raise UndoError(SILENT) from error
        self._clock = (found["clock"] if found else 0.0, time.monotonic())
        return undoable_of(found)

    async def put_back(self, point: str, *, overwrite: bool) -> Restored | None:
        clock, looked = self._clock
        until = clock + time.monotonic() - looked + PUT_BACK_SECONDS
        try:
            found = await self._answer("put_back", point, overwrite, until)
        except NO_ANSWER as error:
            raise UndoError(UNKNOWN.format(str(error) or "no answer")) from error
        if found is not None and found.get("late"):
            raise UndoError(BUSY)
        return restored_of(found)

    async def _asked(self, ask: str, *given: Any) -> Any:
        """What the kernel answers; None also when it does not, or knows nothing of it."""
        try:
            return await self._answer(ask, *given)
        except NO_ANSWER:
            return None

    async def _answer(self, ask: str, *given: Any) -> Any:
        """What the kernel answers; None when it has no checkpoints. Raises when it does not."""
        expression = asking(ask, *given)
        shown = await self._evaluate(expression)
        if shown["status"] != "ok" and shown.get("ename") == "KeyError":  # it lacks the sources
            if ask != "take":
                return None
            shown = await self._evaluate(bringing(expression))
        if shown["status"] != "ok":
            raise EnvironmentFailure(f"{shown.get('ename')}: {shown.get('evalue')}")
        return json.loads(ast.literal_eval(shown["data"]["text/plain"]))


def gaps_of(found: Mapping[str, str]) -> tuple[Gap, ...]:
    """The gaps that a kernel told, by name."""
    return tuple(Gap(str(what), str(why)) for what, why in found.items())


def undoable_of(found: Mapping[str, Any] | None) -> Undoable | None:
    """What a kernel told that there is to put back."""
    if found is None:
        return None
    changes = tuple(Change(**item) for item in found["items"])
    points = tuple(str(point) for point in found["points"])
    return Undoable(changes, gaps_of(found["gaps"]), bool(found["undone"]), points)


def points_of(found: Mapping[str, Any]) -> Points:
    """The points that a kernel told."""
    return Points(tuple(found["kept"]), tuple(tuple(each) for each in found["undone"]))


def restored_of(found: Mapping[str, Any] | None) -> Restored | None:
    """What a kernel told that it put back."""
    if found is None:
        return None
    return Restored(tuple(found["done"]), tuple(found["kept"]), tuple(found["failed"]))
