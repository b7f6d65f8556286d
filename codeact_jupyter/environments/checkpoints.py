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

from ..engine.undoing import Again, Bounds, Change, Gap, Restored, Undoable
from ..errors import EnvironmentFailure
from .undo.sending import asking, bringing, known_here

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

SLICE_SECONDS = 0.01  # in which a stop, and the model's words, wait
ALL = "all variables"
UNANSWERED = "the kernel did not answer when they were to be kept"


class ShellCheckpoints:
    """The checkpoints of the shell in this process; the event loop goes on while one is taken."""

    def __init__(self, shell: InteractiveShell, workspace: Callable[[], str]) -> None:
        self._shell = shell
        self._workspace = workspace
        self._here: Any = known_here()

    async def take(
        self,
        run: str,
        bounds: Bounds,
        first: Collection[str],
        *,
        again: Again | None = None,
    ) -> tuple[Gap, ...]:
        limits = (bounds.seconds, bounds.bytes)
        slices = self._here.begin(self._shell, run, *limits, self._workspace(), tuple(first))
        started = time.monotonic()
        for _ in slices:
            if time.monotonic() - started > SLICE_SECONDS:
                await asyncio.sleep(0)
                started = time.monotonic()
        return gaps_of(self._here.gaps(run))

    async def lost(self, run: str) -> tuple[Gap, ...]:
        return gaps_of(self._here.lost(run))

    async def close(self, run: str, *, acted: bool) -> tuple[Gap, ...]:
        return gaps_of(self._here.close(run, acted))

    async def look(self, run: str) -> Undoable | None:
        return undoable_of(self._here.look(run))

    async def put_back(self, run: str, *, overwrite: bool) -> Restored | None:
        return restored_of(self._here.put_back(run, overwrite))


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
        self._may_lose = False
        self._untold: tuple[Gap, ...] = ()

    async def take(
        self,
        run: str,
        bounds: Bounds,
        first: Collection[str],
        *,
        again: Again | None = None,
    ) -> tuple[Gap, ...]:
        self._asked_for, self._taken_at, self._again = (run, bounds, first), ("", 0), again
        return () if self._busy() else await self._take(run, bounds, first)

    async def catch_up(self) -> None:
        """Take what could not be taken while the person's cell ran; called before an action."""
        if self._asked_for is not None and self.is_stale(self._asked_for[0]):
            if self._again is not None:
                await self._again()
            self._untold = await self._take(*self._asked_for)
        self._asked_for = None  # from here on, what changes is the run's

    async def _take(self, run: str, bounds: Bounds, first: Collection[str]) -> tuple[Gap, ...]:
        at = self._cells_run()
        limits = (bounds.seconds, bounds.bytes)
        found = await self._asked("take", run, *limits, self._workspace(), tuple(first))
        self._taken_at = (run, at)
        if not isinstance(found, Mapping):
            return (Gap(ALL, UNANSWERED),)
        self._may_lose = bool(found["parked"])
        return gaps_of(found["gaps"])

    def is_stale(self, run: str) -> bool:
        return self._taken_at != (run, self._cells_run())

    async def lost(self, run: str) -> tuple[Gap, ...]:
        gaps, self._untold = self._untold, ()
        return (*gaps, *gaps_of(await self._asked("lost", run) or {})) if self._may_lose else gaps

    async def close(self, run: str, *, acted: bool) -> tuple[Gap, ...]:
        return gaps_of(await self._asked("close", run, acted) or {})

    async def look(self, run: str) -> Undoable | None:
        return undoable_of(await self._asked("look", run))

    async def put_back(self, run: str, *, overwrite: bool) -> Restored | None:
        return restored_of(await self._asked("put_back", run, overwrite))

    async def _asked(self, ask: str, *given: Any) -> Any:
        """What the kernel answers; None also when it does not, or knows nothing of it."""
        expression = asking(ask, *given)
        try:
            shown = await self._evaluate(expression)
            if shown["status"] != "ok" and ask == "take":  # a kernel that lacks the sources
                shown = await self._evaluate(bringing(expression))
            if shown["status"] != "ok":
                return None
            return json.loads(ast.literal_eval(shown["data"]["text/plain"]))
        except (EnvironmentFailure, TimeoutError, KeyError, ValueError, SyntaxError):
            return None


def gaps_of(found: Mapping[str, str]) -> tuple[Gap, ...]:
    """The gaps that a kernel told, by name."""
    return tuple(Gap(str(what), str(why)) for what, why in found.items())


def undoable_of(found: Mapping[str, Any] | None) -> Undoable | None:
    """What a kernel told that there is to put back."""
    if found is None:
        return None
    changes = tuple(Change(**item) for item in found["items"])
    return Undoable(changes, gaps_of(found["gaps"]), bool(found["undone"]))


def restored_of(found: Mapping[str, Any] | None) -> Restored | None:
    """What a kernel told that it put back."""
    if found is None:
        return None
    return Restored(tuple(found["done"]), tuple(found["kept"]), tuple(found["failed"]))
