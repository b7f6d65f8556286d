"""What the agent asks of the checkpoints in a kernel: plain values in, plain values out.

Its source is also sent into kernels. A point is a moment that can be gone back to: the
beginning of a run, by its id, or of one of its steps, as `run-3`. From each point on a stretch goes
to the next. No name of the person's refers to any of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from codeact_jupyter.environments.undo.changes import Changes, changes_since
from codeact_jupyter.environments.undo.checkpoint import Checkpoint
from codeact_jupyter.environments.undo.joining import joined, note_others, settle, weight
from codeact_jupyter.environments.undo.kinds import ABSENT

STEPS_SHARE = 2  # of the bytes that may be kept, what the points of steps may come to: a half


class Stretch:
    """What is kept from a point on; `changes` are found at its end."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.changes: Changes | None = None
        self.weight = 0

    def closed(self) -> Changes:
        """What was changed; of a stretch whose end nobody noted, all since counts, unclear."""
        if self.changes is None:
            self.changes = changes_since(self.checkpoint)
            self.changes.is_late = True
        return self.changes


class Undone:
    """Stretches that were taken back together."""

    def __init__(self, points: dict[str, Stretch], changes: Changes) -> None:
        self.points = points
        self.changes = changes


_kept: dict[str, Stretch] = {}  # by point, in the order of time
_undone: list[Undone] = []  # the one that was taken back last comes last


def begin(
    shell: Any, point: str, seconds: float, most: int, place: str, first: Any
) -> Iterator[Any]:
    """Take a checkpoint; yields so that other things may go on between.

    The one of a step is given up where it would take too much time or room: then the stretch before
    goes on.
    """
    _drop(point)
    before = list(_kept.values())
    is_step = "-" in point
    names, hidden = shell.user_ns, shell.user_ns_hidden
    checkpoint = Checkpoint(names, hidden, seconds=seconds, most=most, place=place, first=first)
    full = is_step and (
        sum(each.weight for each in before) > most // STEPS_SHARE
        or any(not each.checkpoint.is_whole for each in before[-1:])  # nor could it be now
    )
    if not full:
        note_others([each.closed() for each in before])
        yield from checkpoint.slices()
    if full or (is_step and not checkpoint.is_whole):
        checkpoint.drop()
        for each in before[-1:]:
            each.changes = None
        return
    for each in before[-1:]:
        settle(each.closed())
        each.weight = weight(each.closed())
    _kept[point] = Stretch(checkpoint)


def take(shell: Any, point: str, seconds: float, most: int, place: str, first: Any) -> Any:
    """Take a checkpoint; see `taken`."""
    for _ in begin(shell, point, seconds, most, place, first):
        pass
    return taken(point)


def taken(point: str) -> Any:
    """What a checkpoint lacks by name, and whether a fork holds some of it; None without one."""
    if point not in _kept:
        return None
    return {"gaps": gaps(point), "parked": _kept[point].checkpoint.parked is not None}


def lost(point: str) -> Any:
    """By name, what the checkpoint held and does not hold any more."""
    if point not in _kept or not _kept[point].checkpoint.lost_parked():
        return {}
    return _kept[point].checkpoint.lost


def gaps(point: str) -> Any:
    """By name, what cannot be taken back from this point on, and why."""
    return _kept[point].checkpoint.gaps if point in _kept else {}


def close(point: str, acted: bool, mixed: bool = False, most: int = 0) -> Any:
    """The stretch is over: note what it changed. One in which nothing was run is dropped.

    With `mixed`, a cell of the person's ran in it too. Once anything was run, what is undone does
    not come back, and the oldest runs go while more than `most` bytes are kept.
    """
    if point not in _kept:
        return {}
    if not acted:
        _drop(point)
        return {}
    _undone.clear()
    stretch = _kept[point]
    stretch.changes = changes_since(stretch.checkpoint)
    stretch.changes.is_mixed = mixed
    while most and sum(each.weight for each in _kept.values()) > most:
        oldest = _run_of(next(iter(_kept)))
        if oldest == _run_of(point):
            break
        for each in [each for each in _kept if _run_of(each) == oldest]:
            _drop(each)
    return gaps(point)


def points() -> Any:
    """The points that can be gone back to; and those that were, each time together."""
    return {"kept": list(_kept), "undone": [list(each.points) for each in _undone]}


def look(start: str) -> Any:
    """What there is to take back from a point on, or to bring back; None when it is not known."""
    found = _from(start)
    if found is None:
        return None
    chosen, changes = found
    missing = changes.unable()
    made = {name for name, (before, _) in changes.names.items() if before is ABSENT}
    for number, stretch in enumerate(chosen.values()):
        for what, why in stretch.checkpoint.gaps.items():
            if not number or what not in made:  # what goes altogether lacks nothing
                missing.setdefault(what, why)
    told = {"items": changes.items(), "gaps": missing, "undone": changes.is_undone}
    return {**told, "points": list(chosen), "clock": time.monotonic()}


def put_back(start: str, overwrite: bool, until: float | None = None) -> Any:
    """Do it; None as with `look`.

    After `until`, by the clock that `look` tells, nothing is done: nobody waits for it any more.
    """
    if until is not None and time.monotonic() > until:
        return {"late": True}
    found = _from(start)
    if found is None:
        return None
    chosen, changes = found
    told = changes.put_back(overwrite=overwrite)
    if changes.is_undone:
        for point in chosen:
            del _kept[point]
        _undone.append(Undone(chosen, changes))
    else:
        _undone.pop()
        _kept.update(chosen)
    return told


def forget() -> None:
    """Let go of all checkpoints."""
    _undone.clear()
    for point in list(_kept):
        _drop(point)


def answer(ask: str, *given: Any) -> str:
    """What one of the functions above returns, as ASCII JSON."""
    known: dict[str, Any] = {
        "take": take,
        "close": close,
        "look": look,
        "lost": lost,
        "points": points,
        "put_back": put_back,
    }
    return json.dumps(known[ask](*given))


def _from(start: str) -> tuple[dict[str, Stretch], Changes] | None:
    """The stretches from a point on, as one; or those that were taken back last, with it."""
    if _undone and start in _undone[-1].points:
        return _undone[-1].points, _undone[-1].changes
    if start not in _kept:
        return None
    all_points = list(_kept)
    chosen = {point: _kept[point] for point in all_points[all_points.index(start) :]}
    return chosen, joined([each.closed() for each in chosen.values()])


def _run_of(point: str) -> str:
    return point.partition("-")[0]


def _drop(point: str) -> None:
    if point in _kept:
        _kept.pop(point).checkpoint.drop()
