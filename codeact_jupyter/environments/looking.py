"""Looks at the namespace of this process's shell again and again, cheaply.

What is the same number or text as at the last look is not described anew: such a value cannot have
changed. So a step costs by what it made; of what was there already only the identity is compared,
by the interpreter's own loops.
"""

from __future__ import annotations

from itertools import chain, compress
from operator import is_, is_not
from typing import TYPE_CHECKING, Any

from .probe import probe

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Of exactly these types, a value that is the same object is the same value.
UNCHANGING = frozenset(map(id, (int, float, complex, bool, type(None), str, bytes)))
LONGEST_KEPT = 100_000  # bytes: what is longer is not held on to for the sake of speed
ANEW = object()  # is no variable's value


class Looking:
    """The looks at one shell's variables; holds on to small unchanging values only."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._order: list[Any] = []  # the keys of the last look
        self._values: list[Any] = []  # theirs, or `ANEW` for what may change without a trace
        self._names: dict[str, Any] = {}  # what was said of them

    def look(self) -> dict[str, Any]:
        """Return what `probe` would say now, and what of it is new "since" the last look."""
        since = self._names
        namespace = dict.copy(self._shell.user_ns)
        order, values = list(namespace), list(dict.values(namespace))
        if len(order) < len(self._order) or not all(map(is_, order, self._order)):
            self._realign(order)
        known = len(self._order)
        unlike = compress(range(known), map(is_not, values, self._values))
        places = [at for at in chain(unlike, range(known, len(order))) if type(order[at]) is str]
        fresh = {order[at]: values[at] for at in places}
        found = probe(fresh, self._shell.user_ns_hidden)
        names = self._renewed(fresh, found["names"])
        if any(order[at] in names and order[at] not in self._names for at in places if at < known):
            names = {name: names[name] for name in order if type(name) is str and name in names}
        self._values += values[known:]
        for at in places:
            entry = found["names"].get(order[at])
            self._values[at] = values[at] if entry and _lasts(values[at], entry) else ANEW
        self._order, self._names = order, names
        return {**found, "names": names, "since": since, "renewed": found["names"]}

    def _realign(self, order: list[Any]) -> None:
        """Bring what is known into the order of now: some names are gone, or came back."""
        texts = [type(name) is str for name in self._order]
        known = dict(compress(zip(self._order, self._values, strict=True), texts))
        names = [name for name in order if type(name) is str]
        self._names = {name: self._names[name] for name in names if name in self._names}
        self._values = [known.get(name, ANEW) if type(name) is str else ANEW for name in order]
        self._order = order

    def _renewed(self, fresh: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
        names = self._names.copy()  # a look that was handed out stays as it was
        for name in fresh.keys() - described.keys():
            names.pop(name, None)
        names.update(described)
        return names


def _lasts(value: Any, entry: dict[str, Any]) -> bool:
    """Whether what is said of this value is all, and holds for as long as it is the same object."""
    if "|" not in entry["mark"]:
        return False  # there was no time to look into it
    return id(type(value)) in UNCHANGING and (entry["size"] or 0) <= LONGEST_KEPT
