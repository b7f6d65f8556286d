"""What became of the variables from one point on: found at its end, put back on demand.

Its source is also sent into kernels. Only what was changed is put back, and what
somebody else changed since is told apart.
"""

from __future__ import annotations

import ctypes
import zlib
from typing import Any, NamedTuple

from codeact_jupyter.environments.probe_values import type_name
from codeact_jupyter.environments.undo.arrays import MOVED, Held, has_moved
from codeact_jupyter.environments.undo.budget import Budget
from codeact_jupyter.environments.undo.checkpoint import Checkpoint
from codeact_jupyter.environments.undo.kinds import ABSENT
from codeact_jupyter.environments.undo.threads import started_since, still_running
from codeact_jupyter.environments.undo.walking import Record

# Who draws random numbers goes on with those that come, and what numpy keeps for one thread or task
# is another in the next: what it is now is no change to ask about.
PASSING = ("the random numbers", "numpy's ")


class Sum(NamedTuple):
    """Stands for the content of memory that is not copied."""

    value: int


class State(NamedTuple):
    """One state of one object that was changed: as it was, and as it was left (`mark`).

    `place` tells the states of one object apart; `told` is the type of what its name is bound to,
    or None for what is no variable.
    """

    record: Record
    mark: Any
    place: int
    told: str | None

    @property
    def key(self) -> tuple[int, int]:
        """The same for the same state of the same object, at whichever point it was seen."""
        return id(self.record.value), self.place


class Changes:
    """What is to be put back as one: names with their values before and after, and states.

    `others` are the keys of the states, and the names, that somebody else changed before what
    changed them next. With `is_late` or `is_mixed` nobody can tell what is whose.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        names: dict[str, tuple[Any, Any]],
        states: dict[tuple[int, int], State],
    ) -> None:
        self.checkpoint = checkpoint
        self.names = names
        self.states = states
        self.others: set[Any] = set()
        self.threads: list[Any] = []  # that were started
        self.is_undone = self.is_late = self.is_mixed = False
        self._theirs: dict[tuple[int, int], Any] = {}  # the states that were put back
        self._names_theirs: dict[str, Any] = {}

    def is_as_left(self, state: State) -> bool:
        """Whether nobody changed this since."""
        if type(state.mark) is Sum:
            return bool(state.mark == Sum(_sum_of(state.record.saved)))
        return _is_as(state.record, state.mark)

    def items(self) -> list[dict[str, Any]]:
        """What there is to put back now, or to bring back when it was: each with `conflict`."""
        if self.checkpoint.lost_parked():
            self.states = {key: each for key, each in self.states.items() if not is_parked(each)}
        objects = self._object_items().values()
        return [*self._name_items(), *(item for item in objects if not _passes(item))]

    def unable(self) -> dict[str, str]:
        """By name, what was changed and cannot be put back, and why."""
        if self.is_undone:
            return {}
        held = [state.record for state in self.states.values() if type(state.record.saved) is Held]
        moved = {each.root: MOVED for each in held if has_moved(each.value, each.saved)}
        return {**moved, **still_running(self.threads)}

    @property
    def _is_unclear(self) -> bool:
        return self.is_late or self.is_mixed

    def _name_items(self) -> list[dict[str, Any]]:
        now, found = self.checkpoint.names(), []
        for name, (before, after) in self.names.items():
            theirs = before if self.is_undone else after
            conflict = now.get(name, ABSENT) is not theirs or self._is_unclear
            conflict = conflict or (name in self.others and not self.is_undone)
            what = "added" if before is ABSENT else "deleted" if after is ABSENT else "changed"
            shown = before if what != "added" else after
            found.append(_item("variable", name, what, type_name(type(shown)), conflict))
        return found

    def _object_items(self) -> dict[str, dict[str, Any]]:
        """By its name, what was changed in place of each thing."""
        roots: dict[str, dict[str, Any]] = {}
        for key, state in self.states.items():
            record, told = state.record, state.told
            if self.is_undone:
                conflict = not _is_as(record, record.saved)
            else:
                conflict = key in self.others or not self.is_as_left(state)
            item = roots.get(record.root)
            if item is None:
                kind = "setting" if told is None else "object"
                roots[record.root] = item = _item(kind, record.root, "changed", told or "")
            item["conflict"] = item["conflict"] or conflict or self._is_unclear
        return roots

    def put_back(self, *, overwrite: bool) -> dict[str, list[str]]:
        """Take it back, or bring it back after that; what was changed since only if asked.

        Returns what was `done`, what was `kept` as it is now, and what `failed`.
        """
        items = self.items()
        kept = [] if overwrite else [item["name"] for item in items if item["conflict"]]
        objects = self._object_items()
        held = {
            name
            for name, item in objects.items()
            if _passes(item) or (item["conflict"] and not overwrite)
        }
        chosen = [key for key, each in self.states.items() if each.record.root not in held]
        if not self.is_undone:  # first all, because one object's state may be seen in two ways
            self._theirs.update({key: _now(self.states[key]) for key in chosen})
        done: dict[str, None] = {}
        failed: dict[str, None] = {}
        for key in chosen:
            ok = self._put(key, back=not self.is_undone)
            (done if ok else failed)[self.states[key].record.root] = None
        for item in items:
            if item["kind"] == "variable" and (overwrite or not item["conflict"]):
                self._bind(item["name"])
                done[item["name"]] = None
        self.is_undone = not self.is_undone
        return {"done": list(done), "kept": kept, "failed": list(failed)}

    def _put(self, key: tuple[int, int], *, back: bool) -> bool:
        """Put the state of before back, or the one that it replaced; returns whether that went."""
        record = self.states[key].record
        saved = record.saved if back else self._theirs.get(key, ABSENT)
        try:
            if back and type(saved) is Held and saved.parked is not None:
                layout = saved.layout
                pieces = saved.parked.restore(layout.address, layout.size)
                self._theirs[key] = Held(layout, pieces=tuple(pieces))
            elif saved is ABSENT:
                return False
            else:
                record.kind.put(record.value, saved)
        except Exception:  # whatever one object's own class does must not hinder the others
            return False
        return True

    def _bind(self, name: str) -> None:
        """Give a name its value of before; or the one of after it, when that is undone."""
        namespace, (before, after) = self.checkpoint.namespace, self.names[name]
        if not self.is_undone:
            self._names_theirs[name] = namespace.get(name, ABSENT)
            value = before
        else:
            value = self._names_theirs.get(name, after)
        if value is ABSENT:
            namespace.pop(name, None)
        else:
            namespace[name] = value


def changes_since(checkpoint: Checkpoint) -> Changes:
    """What became of the state that a checkpoint holds, as it is now."""
    after = checkpoint.names()
    checkpoint.lost_parked()
    names, before = {}, checkpoint.before
    for name in dict.fromkeys((*before, *after)):
        one, other = before.get(name, ABSENT), after.get(name, ABSENT)
        if one is not other:
            names[name] = (one, other)
    states: dict[tuple[int, int], State] = {}
    places: dict[int, int] = {}
    marks = checkpoint.budget.another()
    for record in checkpoint.records:
        place = places[id(record.value)] = places.get(id(record.value), -1) + 1
        if not _is_as(record, record.saved):
            root = record.root
            told = type_name(type(before[root])) if root in before else None
            state = State(record, _mark(record, marks), place, told)
            states[state.key] = state
    changes = Changes(checkpoint, names, states)
    changes.threads = started_since(checkpoint.threads)
    return changes


def is_parked(state: State) -> bool:
    """Whether a fork has the state of before."""
    saved = state.record.saved
    return type(saved) is Held and saved.parked is not None


def _is_as(record: Record, saved: Any) -> bool:
    try:
        return bool(record.kind.same(record.value, saved))
    except Exception:  # what cannot be compared counts as changed
        return False


def _mark(record: Record, marks: Budget) -> Any:
    """The state as it was left; ABSENT, of which nothing is a copy, where it has no room."""
    held = record.saved
    if type(held) is Held and held.parked is not None:
        return Sum(_sum_of(held))
    kind = record.kind
    try:
        length = kind.length(record.value)
        if not marks.has_room(kind, length):
            return ABSENT
        marks.bytes += kind.width * length
        return kind.take(record.value)
    except Exception:
        return ABSENT


def _now(state: State) -> Any:
    """The state of an object as it is; of parked memory, what differs is kept later."""
    saved = state.record.saved
    try:
        if type(saved) is Held and saved.pieces:
            here = tuple((at, ctypes.string_at(at, len(piece))) for at, piece in saved.pieces)
            return Held(saved.layout, pieces=here)
        return ABSENT if is_parked(state) else state.record.kind.take(state.record.value)
    except Exception:
        return ABSENT


def _sum_of(held: Held) -> int:
    """A number that stands for what is in an array's memory now."""
    layout = held.layout
    return zlib.crc32((ctypes.c_char * layout.size).from_address(layout.address))


def _passes(item: dict[str, Any]) -> bool:
    """Whether somebody else's state is there by now, which is left to them."""
    return bool(item["conflict"]) and str(item["name"]).startswith(PASSING)


def _item(kind: str, name: str, what: str, told: str, conflict: bool = False) -> dict[str, Any]:
    return {"kind": kind, "name": name, "what": what, "type": told, "conflict": conflict}
