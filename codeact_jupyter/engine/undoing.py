"""What can be taken back of a run, as values; and the port to where a part of it is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

MOST_SHOWN = 12
Again = Callable[[], Awaitable[None]]
WhatKind = Literal["variable", "object", "setting", "file", "cell"]
WhatChange = Literal["added", "changed", "deleted"]


@dataclass(frozen=True)
class Bounds:
    """What the checkpoint of a run may take: of the time before it acts, and of bytes kept."""

    seconds: float = 1.0
    bytes: int = 512 << 20


@dataclass(frozen=True)
class Gap:
    """What cannot be taken back of a run, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Change:
    """What a run did to one thing, which can be taken back.

    An `object` is a variable's value that was changed in place. With `conflict`, somebody changed
    it again since the run's end.
    """

    kind: WhatKind
    name: str
    what: WhatChange
    type: str = ""
    conflict: bool = False


@dataclass(frozen=True)
class Undoable:
    """What there is to take back of a run now, or to bring back if it was `undone`."""

    changes: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()
    undone: bool = False

    @property
    def digest(self) -> str:
        """What stands for this: who confirms a preview says by it which one they saw."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Restored:
    """The names of what was put back, left as somebody changed it since, and not to be put back."""

    done: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def lacks(gaps: Collection[Gap]) -> str:
    """What is said at the start of a run of what an undo of it will not bring back."""
    shown = [f"{gap.what} ({gap.why})" for gap in list(gaps)[:MOST_SHOWN]]
    shown += [f"{len(gaps) - MOST_SHOWN} more"] if len(gaps) > MOST_SHOWN else []
    return f"An undo of this run will not take back changes inside: {', '.join(shown)}."


class Checkpoints(Protocol):
    """Where the state of the variables before a run is kept; the last run that acted has one."""

    async def take(
        self,
        run: str,
        bounds: Bounds,
        first: Collection[str],
        *,
        again: Again | None = None,
    ) -> tuple[Gap, ...]:
        """Keep the state of now; called at the start of a run, and returns what it lacks.

        The names in `first` come first: there may not be the time for all. `again` is called
        before the first action where a cell of the person's ran since: it may have changed files.
        """

    async def lost(self, run: str) -> tuple[Gap, ...]:
        """What was not said yet of what cannot be taken back; called after each step."""

    async def close(self, run: str, *, acted: bool) -> tuple[Gap, ...]:
        """The run is over; called once. If it did not act, the run before stays the last one."""

    async def look(self, run: str) -> Undoable | None:
        """What there is to put back of a run; None when its state is not kept any more.

        Raises UndoError when nobody answers: whether it is kept is not known.
        """

    async def put_back(self, run: str, *, overwrite: bool) -> Restored | None:
        """Take a run back, or bring it back if it was; None as with `look`, which comes first.

        What somebody changed since is left as it is, unless `overwrite` says otherwise. Raises
        UndoError when nobody answers in time, or not at all.
        """


@runtime_checkable
class KeepsVariables(Protocol):
    """An environment whose variables can be kept; one without this is run all the same."""

    @property
    def checkpoints(self) -> Checkpoints:
        """Where they are kept; used by who begins and ends runs."""
