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
ABSENT = object()


class Looking:
    """The looks at one shell's variables; holds on to small unchanging values only."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._values: dict[str, Any] = {}
        self._entries: dict[str, Any] = {}

    def look(self) -> dict[str, Any]:
        """Return what `probe` would say now."""
        namespace = dict.copy(self._shell.user_ns)
        values = self._values
        fresh = {
            name: value
            for name, value in namespace.items()
            if type(name) is str and values.get(name, ABSENT) is not value
        }
        found = probe(fresh, self._shell.user_ns_hidden)
        self._keep(namespace, fresh, found["names"])
        entries = self._entries
        described = found["names"]
        names = {
            name: entry
            for name in namespace
            if type(name) is str and (entry := described.get(name) or entries.get(name)) is not None
        }
        return {**found, "names": names}

    def _keep(
        self, namespace: dict[Any, Any], fresh: dict[Any, Any], described: dict[str, Any]
    ) -> None:
        """Remember the unchanging values that are there now, and forget what is gone."""
        if len(self._values) + len(fresh) > len(namespace):
            same = [name for name in self._values if name in namespace and name not in fresh]
            self._values = {name: self._values[name] for name in same}
            self._entries = {name: self._entries[name] for name in same}
        for name, entry in described.items():
            value = fresh[name]
            if id(type(value)) in UNCHANGING and (entry["size"] or 0) <= LONGEST_KEPT:
                self._values[name], self._entries[name] = value, entry
