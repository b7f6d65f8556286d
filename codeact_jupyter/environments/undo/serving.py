"""What the agent asks of the checkpoints in a kernel: plain values in, plain values out.

Its source is also sent into kernels. There is the checkpoint of the last run that
acted, and while one goes on, its own; no name of the person's refers to them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from codeact_jupyter.environments.undo.changes import Changes
from codeact_jupyter.environments.undo.checkpoint import Checkpoint

_kept: dict[str, tuple[Any, Any]] = {}


def begin(shell: Any, run: str, seconds: float, most: int, place: str, first: Any) -> Iterator[Any]:
    """Take the checkpoint of a run that begins; yields so that other things may go on between."""
    _drop(run)
    for oldest in list(_kept)[:-1]:
        _drop(oldest)
    names, hidden = shell.user_ns, shell.user_ns_hidden
    checkpoint = Checkpoint(names, hidden, seconds=seconds, most=most, place=place, first=first)
    _kept[run] = (checkpoint, Changes(checkpoint))
    return checkpoint.slices()


def take(shell: Any, run: str, seconds: float, most: int, place: str, first: Any) -> Any:
    """Take a checkpoint; returns what it lacks by name, and whether a fork holds a part of it."""
    for _ in begin(shell, run, seconds, most, place, first):
        pass
    return {"gaps": gaps(run), "parked": _kept[run][0].parked is not None}


def lost(run: str) -> Any:
    """By name, what the checkpoint held and does not hold any more."""
    if run not in _kept or not _kept[run][0].lost_parked():
        return {}
    return _kept[run][0].lost


def gaps(run: str) -> Any:
    """By name, what of a run cannot be taken back, and why."""
    return _kept[run][0].gaps if run in _kept else {}


def close(run: str, acted: bool) -> Any:
    """The run is over. If it did nothing, the checkpoint of the one before stays; else its own."""
    if run not in _kept:
        return {}
    if not acted:
        _drop(run)
        return {}
    for other in [each for each in _kept if each != run]:
        _drop(other)
    _kept[run][1].close()
    return gaps(run)


def look(run: str) -> Any:
    """What there is to put back of a run; None when there is no checkpoint of it."""
    if run not in _kept:
        return None
    items = _kept[run][1].items()
    undone = _kept[run][1].is_undone
    return {"items": items, "gaps": gaps(run), "undone": undone, "clock": time.monotonic()}


def put_back(run: str, overwrite: bool, until: float | None = None) -> Any:
    """Put it back; None when there is no checkpoint of it.

    After `until`, by the clock that `look` tells, nothing is done: nobody waits for it any more.
    """
    if until is not None and time.monotonic() > until:
        return {"late": True}
    return _kept[run][1].put_back(overwrite=overwrite) if run in _kept else None


def forget() -> None:
    """Let go of all checkpoints."""
    for run in list(_kept):
        _drop(run)


def answer(ask: str, *given: Any) -> str:
    """What one of the functions above returns, as ASCII JSON."""
    known: dict[str, Any] = {
        "take": take,
        "close": close,
        "look": look,
        "lost": lost,
        "put_back": put_back,
    }
    return json.dumps(known[ask](*given))


def _drop(run: str) -> None:
    if run in _kept:
        _kept.pop(run)[0].drop()
