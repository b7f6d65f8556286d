"""Follows the names of a namespace from one look to the next: what is new, whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.environment import Namespace
from ..engine.trajectory import NamespaceChange, Variable
from .probe import changes

MOST_TOLD = 100
Look = Mapping[str, Any]


class Names:
    """The last look at a namespace, and which of its names the agent made."""

    def __init__(self, workspace: str) -> None:
        self._look: Look = {"names": {}, "others": {}, "omitted": 0, "bindings": {}}
        self._agents: set[str] = set()
        self.workspace = workspace

    def after_action(self, look: Look) -> NamespaceChange:
        """Take the look after an action of the agent's: new names are the agent's."""
        added, changed, deleted = self._compare(look)
        self._agents |= set(added)
        self._agents -= set(deleted)
        return NamespaceChange(
            _variables(look, added), _variables(look, changed), tuple(sorted(deleted))
        )

    def after_person(self, look: Look) -> tuple[tuple[Variable, ...], tuple[str, ...], int]:
        """Take a look between turns: what is new or changed is the person's.

        Returns the variables that are new or changed, the names gone, and how many are not told.
        """
        added, changed, deleted = self._compare(look)
        self._agents -= {*added, *changed, *deleted}
        fresh = [name for name in look["names"] if name in {*added, *changed}]
        told = _variables(look, fresh[-MOST_TOLD:])
        return told, tuple(sorted(deleted)), len(fresh) - len(told)

    def namespace(self) -> Namespace:
        """The names as a policy may know them."""
        names = frozenset((*self._look["names"], *self._look["others"]))
        return Namespace(names - self._agents, self._look["bindings"], self.workspace)

    def _compare(self, look: Look) -> tuple[list[str], list[str], list[str]]:
        found = changes(dict(self._look), dict(look))
        self._look = look
        return found["added"], found["changed"], found["deleted"]


def _variables(look: Look, names: Iterable[str]) -> tuple[Variable, ...]:
    entries = look["names"]
    return tuple(
        Variable(
            name,
            str(entry["type"]),
            tuple(entry["shape"]) if entry.get("shape") else None,
            entry.get("size"),
            str(entry.get("detail") or ""),
        )
        for name in names
        if (entry := entries.get(name)) is not None
    )
