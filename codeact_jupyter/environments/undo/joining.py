"""Changes of several stretches as one, and what a stretch that is over goes on to hold: little.

Its source is also sent into kernels.
"""

from __future__ import annotations

import gc
import types
from typing import Any

from codeact_jupyter.environments.probe_values import is_a, library
from codeact_jupyter.environments.undo.arrays import Held
from codeact_jupyter.environments.undo.changes import Changes, State, is_parked
from codeact_jupyter.environments.undo.kinds import ABSENT, ATOMS, size_of
from codeact_jupyter.environments.undo.parked import STEP

MOST_WEIGHED = 20_000
PER_OBJECT, PER_ITEM = 64, 8
KNOWN = (None, None)
NOT_ENTERED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


def settle(changes: Changes) -> None:
    """Hold what was changed and nothing else; of memory that a fork holds, what differs."""
    checkpoint, kept = changes.checkpoint, {}
    checkpoint.lost_parked()
    for key, state in changes.states.items():
        saved = state.record.saved
        if not is_parked(state):
            kept[key] = state
        elif not saved.parked.is_over:
            pieces = saved.parked.differing(saved.layout.address, saved.layout.size)
            held = Held(saved.layout, pieces=tuple(pieces))
            kept[key] = state._replace(record=state.record._replace(saved=held))
    changes.states = kept
    checkpoint.drop()


def joined(parts: list[Changes]) -> Changes:
    """The changes of stretches that follow each other, from the first one's beginning on."""
    if len(parts) == 1:
        return parts[0]
    for part in parts:
        if any(map(is_parked, part.states.values())):
            settle(part)
    names: dict[str, tuple[Any, Any]] = {}
    states: dict[tuple[int, int], State] = {}
    for part in parts:
        for name, (before, after) in part.names.items():
            names[name] = (names[name][0] if name in names else before, after)
        for key, state in part.states.items():
            first = states.get(key)
            if first is not None:
                states[key] = _over(first, state)
            elif part is parts[0] or names.get(state.record.root, KNOWN)[0] is not ABSENT:
                states[key] = state  # else it came into being in between, and goes altogether
    both = Changes(parts[-1].checkpoint, names, states)
    both.threads = [thread for part in parts for thread in part.threads]
    both.others = set().union(*(part.others for part in parts))
    both.names = {
        name: pair for name, pair in names.items() if pair[0] is not pair[1] or name in both.others
    }
    both.is_late = any(part.is_late for part in parts)
    both.is_mixed = any(part.is_mixed for part in parts)
    return both


def _over(first: State, then: State) -> State:
    """The state before the first change, and as it was left after the second."""
    saved = first.record.saved
    if type(saved) is Held and saved.pieces:
        pieces = {**_pieces(then.record.saved), **dict(saved.pieces)}
        saved = Held(saved.layout, pieces=tuple(pieces.items()))
    return first._replace(record=first.record._replace(saved=saved), mark=then.mark)


def _pieces(held: Held) -> dict[int, bytes]:
    if held.content is None:
        return dict(held.pieces)
    start, content = held.layout.address, held.content
    return {start + at: content[at : at + STEP] for at in range(0, len(content), STEP)}


def note_others(stretches: list[Changes]) -> None:
    """Note what somebody changed since the end of the stretch that changed it last."""
    seen: set[Any] = set()
    for changes in reversed(stretches):
        now = changes.checkpoint.names()
        for name, (_, after) in changes.names.items():
            if name not in seen and now.get(name, ABSENT) is not after:
                changes.others.add(name)
        for key, state in changes.states.items():
            if key not in seen and not changes.is_as_left(state):
                changes.others.add(key)
        seen.update(changes.names, changes.states)


def weight(changes: Changes) -> int:
    """About how many bytes are kept alive for these changes; of too many objects, a lower bound."""
    values: list[Any] = [value for pair in changes.names.values() for value in pair[:1]]
    for state in changes.states.values():
        values += [state.record.saved, state.mark]
    seen: set[int] = set()
    arrays, total = library("numpy").get("ndarray"), 0
    while values and len(seen) < MOST_WEIGHED:
        value = values.pop()
        cls = type(value)
        if id(value) in seen or is_a(cls, type) or cls in NOT_ENTERED:
            continue
        seen.add(id(value))
        if arrays is not None and is_a(cls, arrays):
            total += arrays.nbytes.__get__(value) if arrays.base.__get__(value) is None else 0
        elif cls in (bytes, str, bytearray):
            total += len(value)
        elif cls in (list, dict, set, tuple):
            total += PER_ITEM * len(value)
        total += max(PER_OBJECT, size_of(cls))
        if cls not in ATOMS:
            values += gc.get_referents(value)
    return total
