"""What a run changed of the variables: found at its end, put back on demand.

Its source is also sent into kernels. Only what the run changed is put back, and
what somebody changed since the run's end is told apart.
"""

# ruff: noqa: B905 - Python 3.8 knows no `zip(strict=True)`
from __future__ import annotations

import ctypes
import zlib
from typing import Any, NamedTuple

from codeact_jupyter.environments.probe_values import type_name
from codeact_jupyter.environments.undo.arrays import Held
from codeact_jupyter.environments.undo.checkpoint import Checkpoint
from codeact_jupyter.environments.undo.kinds import ABSENT
from codeact_jupyter.environments.undo.walking import Record

RANDOM = "the random numbers"


class Sum(NamedTuple):
    """Stands for the content of memory that is not copied."""

    value: int


class Changes:
    """What became of the state that a checkpoint holds; `after` are the names at the run's end."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self._checkpoint = checkpoint
        self.after: dict[str, Any] | None = None
        self._marks: dict[int, Any] = {}  # by record, its state at the end of the run
        self._theirs: dict[int, Any] = {}  # by record, its state when it was put back
        self._names_theirs: dict[str, Any] = {}
        self.is_undone = self.is_late = False

    def close(self) -> None:
        """The run is over: note what it changed, and how it left that."""
        self.is_late = False
        self.after = self._checkpoint.names()
        self._checkpoint.lost_parked()
        self._marks = {}
        for index, record in enumerate(self._checkpoint.records):
            if not self._is_as(record, record.saved):
                self._marks[index] = self._mark(record)

    def _is_as(self, record: Record, saved: Any) -> bool:
        try:
            return bool(record.kind.same(record.value, saved))
        except Exception:  # what cannot be compared counts as changed
            return False

    def _mark(self, record: Record) -> Any:
        held = record.saved
        if type(held) is Held and held.parked is not None:
            return Sum(_sum_of(held))
        try:
            return record.kind.take(record.value)
        except Exception:
            return ABSENT

    def _is_as_left(self, index: int) -> bool:
        """Whether nobody changed this since the run's end."""
        record, mark = self._checkpoint.records[index], self._marks[index]
        if type(mark) is Sum:
            return mark == Sum(_sum_of(record.saved))
        return self._is_as(record, mark)

    def items(self) -> list[dict[str, Any]]:
        """What there is to put back now, or to bring back when it was: each with `conflict`."""
        if self.after is None:
            self.close()
            self.is_late = True  # what was done since the run's end cannot be told apart
        if self._checkpoint.lost_parked():
            self.close()  # the records are numbered anew
        return [*self._name_items(), *self._object_items()]

    def _name_items(self) -> list[dict[str, Any]]:
        assert self.after is not None
        now, found = self._checkpoint.names(), []
        for name in dict.fromkeys((*self._checkpoint.before, *self.after)):
            before, after = self._checkpoint.before.get(name, ABSENT), self.after.get(name, ABSENT)
            if before is after:
                continue
            there = now.get(name, ABSENT)
            theirs = before if self.is_undone else after
            what = "added" if before is ABSENT else "deleted" if after is ABSENT else "changed"
            shown = before if what != "added" else after
            found.append(
                _item(
                    "variable",
                    name,
                    what,
                    type_name(type(shown)),
                    there is not theirs or self.is_late,
                )
            )
        return found

    def _object_items(self) -> list[dict[str, Any]]:
        roots: dict[str, dict[str, Any]] = {}
        for index in self._marks:
            record = self._checkpoint.records[index]
            as_left = (
                self._is_as(record, record.saved) if self.is_undone else self._is_as_left(index)
            )
            name = record.root
            item = roots.get(name)
            if item is None:
                variable = name in self._checkpoint.before
                told = type_name(type(self._checkpoint.before[name])) if variable else ""
                roots[name] = item = _item(
                    "object" if variable else "setting", name, "changed", told
                )
            item["conflict"] = item["conflict"] or not as_left or self.is_late
        # Whoever uses random numbers goes on with those; that is no change to ask about.
        passing = (item["conflict"] and item["name"].startswith(RANDOM) for item in roots.values())
        return [item for item, passes in zip(roots.values(), passing) if not passes]

    def put_back(self, *, overwrite: bool) -> dict[str, list[str]]:
        """Take the run back, or bring it back after that; what was changed since only if asked.

        Returns what was `done`, what was `kept` as it is now, and what `failed`.
        """
        items = self.items()
        kept = [] if overwrite else [item["name"] for item in items if item["conflict"]]
        held = {(item["kind"] == "variable", item["name"]) for item in items if item["conflict"]}
        chosen = [
            index
            for index in self._marks
            if overwrite or (False, self._checkpoint.records[index].root) not in held
        ]
        if not self.is_undone:  # first all, because one object's state may be seen in two ways
            self._theirs |= {index: self._now(index) for index in chosen}
        done: dict[str, None] = {}
        failed: dict[str, None] = {}
        for index in chosen:
            ok = self._put(index, back=not self.is_undone)
            (done if ok else failed)[self._checkpoint.records[index].root] = None
        for item in items:
            if item["kind"] == "variable" and (overwrite or not item["conflict"]):
                self._bind(item["name"])
                done[item["name"]] = None
        self.is_undone = not self.is_undone
        return {"done": list(done), "kept": kept, "failed": list(failed)}

    def _now(self, index: int) -> Any:
        """The state of a record's object as it is; of parked memory, what differs is kept later."""
        record = self._checkpoint.records[index]
        if type(record.saved) is Held and record.saved.parked is not None:
            return ABSENT
        try:
            return record.kind.take(record.value)
        except Exception:
            return ABSENT

    def _put(self, index: int, *, back: bool) -> bool:
        """Put the state of before back, or the one that it replaced; returns whether that went."""
        record = self._checkpoint.records[index]
        saved = record.saved if back else self._theirs.get(index, ABSENT)
        try:
            if back and type(saved) is Held and saved.parked is not None:
                layout = saved.layout
                pieces = saved.parked.restore(layout.address, layout.size)
                self._theirs[index] = Held(layout, pieces=tuple(pieces))
            elif saved is ABSENT:
                return False
            else:
                record.kind.put(record.value, saved)
        except Exception:  # whatever one object's own class does must not hinder the others
            return False
        return True

    def _bind(self, name: str) -> None:
        """Give a name its value of before the run; or the one of after it, when that is undone."""
        assert self.after is not None
        if not self.is_undone:
            self._names_theirs[name] = self._checkpoint.namespace.get(name, ABSENT)
            value = self._checkpoint.before.get(name, ABSENT)
        else:
            value = self._names_theirs.get(name, self.after.get(name, ABSENT))
        if value is ABSENT:
            self._checkpoint.namespace.pop(name, None)
        else:
            self._checkpoint.namespace[name] = value


def _sum_of(held: Held) -> int:
    """A number that stands for what is in an array's memory now."""
    layout = held.layout
    return zlib.crc32((ctypes.c_char * layout.size).from_address(layout.address))


def _item(kind: str, name: str, what: str, told: str, conflict: bool = False) -> dict[str, Any]:
    return {"kind": kind, "name": name, "what": what, "type": told, "conflict": conflict}
