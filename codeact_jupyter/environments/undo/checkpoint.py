"""A checkpoint of the variables, taken before a run.

Its source is also sent into kernels.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from typing import Any

from codeact_jupyter.environments.undo.arrays import Held, held_now, held_parked
from codeact_jupyter.environments.undo.budget import TOO_LONG, Budget, too_big
from codeact_jupyter.environments.undo.kinds import CLASS
from codeact_jupyter.environments.undo.parked import Parked, can_park, shared_stretches
from codeact_jupyter.environments.undo.places import (
    library_records,
    patchable_classes,
    persons_modules,
    settings_roots,
)
from codeact_jupyter.environments.undo.threads import running
from codeact_jupyter.environments.undo.walking import Record, Walk

IPYTHONS = re.compile(r"(_+|_i+|_i?\d+|_[iod]h|__\w+__|In|Out|exit|quit|get_ipython|open)\Z")
SHARED = "its memory is shared with a file or another program"
DROPPED = "the run rewrote more of the large arrays than may be kept"
GONE = "the process that held the large arrays was ended"


class Checkpoint:
    """The state of `names` and all that they lead to; `first` names are walked first."""

    def __init__(
        self,
        user_ns: dict[str, Any],
        hidden: Any,
        *,
        seconds: float,
        most: int,
        place: str = "",
        first: Any = (),
    ) -> None:
        self.namespace = user_ns
        self._hidden = hidden
        self.budget = Budget(seconds, most)
        self.before = self.names()
        self.threads = running()
        ahead = frozenset(first)
        roots = sorted(
            self.before.items(), key=lambda pair: (pair[0] not in ahead, _length(pair[1]))
        )
        around = persons_modules(place) if place else []
        self._walk: Walk | None = Walk(
            [*settings_roots(), *roots, *around], [user_ns, self], self.budget, place
        )
        self.is_whole = False  # whether there was the time and the room for all
        self.parked: Parked | None = None
        self.gaps: dict[str, str] = {}
        self.lost: dict[str, str] = {}
        self.records: list[Record] = []

    def names(self) -> dict[str, Any]:
        """The person's names as they are now."""
        hidden = self._hidden
        return {
            name: value
            for name, value in dict.copy(self.namespace).items()
            if type(name) is str
            and not IPYTHONS.match(name)
            and not (name in hidden and (type(hidden) is not dict or hidden[name] is value))
        }

    def slices(self) -> Iterator[None]:
        """Take the checkpoint; yields now and then, so that other things may go on between."""
        collects = gc.isenabled()
        gc.disable()
        try:
            self.budget.go_on()
            walk, self._walk = self._walk, None  # it holds all that it met, and ends here
            assert walk is not None
            for _ in walk.slices():
                if not self.budget.pause():
                    break
                if collects:
                    gc.enable()
                yield
                gc.disable()
                self.budget.go_on()
            self._complete(walk)
        finally:
            if collects:
                gc.enable()

    def _complete(self, walk: Walk) -> None:
        self.records = walk.records
        for label, cls in patchable_classes(list(self.before.values())):
            if not walk.plans.of_class(cls).kinds:  # else it was walked
                self.records.append(Record(label, cls, CLASS, CLASS.take(cls)))
        for label, value, kind in library_records():
            self.records.append(Record(label, value, kind, kind.take(value)))
        self._keep_large(walk)
        budget = self.budget
        why = too_big(budget.bytes) if budget.is_full else TOO_LONG.format(budget.seconds)
        self.is_whole = not walk.unreached and not walk.is_short
        self.gaps = {**walk.gaps, **dict.fromkeys(walk.unreached, why)}

    def _keep_large(self, walk: Walk) -> None:
        """Have a fork hold the memory of large arrays, or copy them while there is room."""
        budget, kind = self.budget, walk.plans.of_arrays
        shared = shared_stretches() if walk.large else []
        if walk.large and can_park():
            try:
                self.parked = Parked(budget.most)
            except OSError:
                self.parked = None
        for root, value, plain in walk.large:
            assert kind is not None
            start, size = plain.__array_interface__["data"][0], plain.nbytes
            apart = not any(low < start + size and start < high for low, high in shared)
            if self.parked is not None and apart and plain.flags.forc:
                held = held_parked(plain, self.parked)
            elif budget.bytes + size <= budget.most:
                held = held_now(plain)
                budget.bytes += size
            else:
                walk.gaps[root] = too_big(size) if apart else SHARED
                continue
            self.records.append(Record(root, value, kind, held))

    def lost_parked(self) -> bool:
        """Give up what the fork held, if it is there no more; tell whether that was now."""
        if self.parked is None or self.parked.is_there():
            return False
        why = DROPPED if self.parked.too_much else GONE
        for record in self.records:
            if type(record.saved) is Held and record.saved.parked is not None:
                self.gaps[record.root] = self.lost[record.root] = why
        self.records = [
            record
            for record in self.records
            if type(record.saved) is not Held or record.saved.parked is None
        ]
        self.parked = None
        return True

    def drop(self) -> None:
        """Let go of everything."""
        if self.parked is not None:
            self.parked.close()
        self.parked, self.records, self.before, self.threads = None, [], {}, {}


def _length(value: Any) -> int:
    """How many elements a plain container has: small ones are walked first."""
    return len(value) if type(value) in (list, dict, set, tuple, frozenset) else 0
