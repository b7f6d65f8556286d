"""Looks at the namespace of this process's shell again and again, cheaply.

What is the same number or text as at the last look is not described anew: such a value cannot have
changed. So a step costs by what it made, not by what the namespace holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .probe import probe

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Of exactly these types, a value that is the same object is the same value.
UNCHANGING = frozenset(map(id, (int, float, complex, bool, type(None), str, bytes)))
LONGEST_KEPT = 100_000  # bytes: what is longer is not held on to for the sake of speed


class Looking:
    """The looks at one shell's variables; holds on to small unchanging values only."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._known: dict[str, tuple[Any, Any]] = {}  # a name's value and what was said of it

    def look(self) -> dict[str, Any]:
        """Return what `probe` would say now."""
        names: dict[str, Any] = {}
        fresh: dict[Any, Any] = {}
        known, same = self._known, 0
        for name, value in dict.copy(self._shell.user_ns).items():
            if type(name) is not str:
                continue
            before = known.get(name)
            if before is not None and before[0] is value:
                names[name] = before[1]
                same += 1
            else:
                names[name], fresh[name] = None, value  # in its place; described below
        for name in fresh:
            known.pop(name, None)
        if same < len(known):  # some are gone
            self._known = {name: known[name] for name in known.keys() & names.keys()}
        found = probe(fresh, self._shell.user_ns_hidden)
        self._keep(fresh, found["names"])
        for name in fresh.keys() - found["names"].keys():
            del names[name]
        names.update(found["names"])
        return {**found, "names": names}

    def _keep(self, fresh: dict[str, Any], described: dict[str, Any]) -> None:
        """Remember the unchanging values among the new ones that there was time to describe."""
        for name, entry in described.items():
            value = fresh[name]
            if "|" not in entry["mark"]:
                continue
            if id(type(value)) in UNCHANGING and (entry["size"] or 0) <= LONGEST_KEPT:
                self._known[name] = value, entry
