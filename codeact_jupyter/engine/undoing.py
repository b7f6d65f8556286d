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
    it again since; it is left alone unless the person says so. With `unsure`, it may not be the
    run's at all: it was changed while the run went on, but not while its code ran.
    """

    kind: WhatKind
    name: str
    what: WhatChange
    type: str = ""
    conflict: bool = False
    unsure: bool = False


@dataclass(frozen=True)
class Undoable:
    """What there is to take back now, or to bring back if it was `undone`.

    `points` are the beginnings of the runs and steps that it is about, in the order of time.
    """

    changes: tuple[Change, ...] = ()
    gaps: tuple[Gap, ...] = ()
    undone: bool = False
    points: tuple[str, ...] = ()

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


@dataclass(frozen=True)
class Points:
    """The points that can be gone back to, in the order of time; and those that were, together."""

    kept: tuple[str, ...] = ()
    undone: tuple[tuple[str, ...], ...] = ()


def point_of(run: str, step: int) -> str:
    """The name of a point: a run's beginning is named as the run, that of a later step `run-3`."""
    return run if step <= 1 else f"{run}-{step}"


def parted(point: str) -> tuple[str, int]:
    """The run of a point, and the step that it comes before."""
    run, _, step = point.partition("-")
    return run, int(step or 1)


class Checkpoints(Protocol):
    """Where the states of the variables at the last points are kept, within bounds."""

    async def take(
        self,
        point: str,
        bounds: Bounds,
        first: Collection[str],
        *,
        again: Again | None = None,
    ) -> tuple[Gap, ...] | None:
        """Keep the state of now; called at the start of a run or step; returns what it lacks.

        None says that a step's was given up, because it would take too long: what is done from now
        on is of the point before. The names in `first` come first: there may not be the time for
        all. `again` is called before the next action where a cell of the person's ran since: it
        may have changed files.
        """

    async def lost(self, point: str) -> tuple[Gap, ...]:
        """What was not said yet of what cannot be taken back; called after each step."""

    async def close(self, point: str, bounds: Bounds, *, acted: bool) -> bool:
        """What came from this point on is over; if nothing was run, the one before is the last.

        Tells whether a cell of the person's ran in between, so that nobody knows what is whose.
        """

    async def points(self) -> Points:
        """The points that can be gone back to; none where nobody answers."""

    async def look(self, point: str) -> Undoable | None:
        """What there is to put back from a point on; None when its state is not kept any more.

        Raises UndoError when nobody answers: whether it is kept is not known.
        """

    async def put_back(self, point: str, *, overwrite: bool) -> Restored | None:
        """Take it back, or bring it back if it was; None as with `look`, which comes first.

        What somebody changed since is left as it is, unless `overwrite` says otherwise. Raises
        UndoError when nobody answers in time, or not at all.
        """


@runtime_checkable
class KeepsVariables(Protocol):
    """An environment whose variables can be kept; one without this is run all the same."""

    @property
    def checkpoints(self) -> Checkpoints:
        """Where they are kept; used by who begins and ends runs."""
