"""Follows a namespace from one look to the next: which names are new, whose, and where it works."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain, filterfalse
from typing import Any

from ..engine.environment import Namespace
from ..engine.trajectory import NamespaceChange, Touched, Variable
from .probe import changes, renewed

MOST_TOLD = 100
Look = Mapping[str, Any]


class Names:
    """The last look at a namespace, and which of its names the agent made."""

    def __init__(self, workspace: str, directory: str = "") -> None:
        self._look: Look = {"names": {}, "others": {}, "omitted": 0, "bindings": {}}
        self._agents: set[str] = set()
        self._workspace = workspace
        self._directory = directory
        self._told = _Told()
        self._untold: frozenset[str] = frozenset()  # left out when they were news
        self._persons: frozenset[str] | None = None  # the names that are theirs, until they change
        self._namespace: Namespace | None = None  # until one of these changes
        self.touched: tuple[Touched, ...] = ()  # outside of the variables, by the last action

    def after_action(self, look: Look) -> NamespaceChange:
        """Take the look after an action of the agent's: new names are the agent's."""
        self._directory = look["directory"]
        self.touched = tuple(Touched(kind, what) for kind, what in look.get("touched", ()))
        persons, others = self._persons, self._look["others"]
        added, changed, deleted = self._compare(look)
        self._agents |= set(added)
        self._agents -= set(deleted)
        if not (deleted or others or look["others"]):
            self._persons = persons  # what came is the agent's
        return NamespaceChange(
            _variables(look, added), _variables(look, changed), tuple(sorted(deleted))
        )

    def after_person(
        self, look: Look, *, anew: bool = False, mentioned: Collection[str] = ()
    ) -> tuple[tuple[Variable, ...], tuple[str, ...], int]:
        """Take a look between turns: what is new or changed is the person's.

        With `anew` all names are told, also those that were told before; of too many the newest,
        and first of all those `mentioned`, which are told later where they were left out.

        A directory that they moved to is where they work now; one that the agent moved to is not.
        Returns the variables that are new or changed, the names gone, and how many are not told.
        """
        if self._directory and look["directory"] not in ("", self._directory):
            self._workspace = look["directory"]
        self._directory = look["directory"]
        unlisted = _unlisted(look) - (0 if anew else _unlisted(self._look))
        added, changed, deleted = self._compare(look)
        self._agents -= {*added, *changed, *deleted}
        fresh = set(self._listed()) if anew else {*added, *changed}
        left_out = self._untold.intersection(mentioned) - set(deleted)
        news = [name for name in look["names"] if name in fresh or name in left_out]
        told = set(sorted(news, key=set(mentioned).__contains__)[-MOST_TOLD:])
        self._untold = (frozenset() if anew else self._untold) - told | fresh - told
        variables = _variables(look, filter(told.__contains__, news))
        return variables, tuple(sorted(deleted)), len(fresh - told) + max(0, unlisted)

    def hand_over(self, names: Iterable[str]) -> None:
        """Take these names for the person's: their own code made them, though it ran as ours."""
        self._agents -= set(names)
        self._persons = self._namespace = None

    def namespace(self) -> Namespace:
        """The names as a policy may know them."""
        if self._namespace is None:
            if self._persons is None:
                self._persons = frozenset(filterfalse(self._agents.__contains__, self._listed()))
            self._namespace = Namespace(
                self._persons,
                {**self._told.made, **self._look["bindings"]},
                self._workspace,
                self._directory,
                self._told.texts.copy(),
                self._told.sources.copy(),
                tuple(self._look.get("folders", ())),
                frozenset(self._listed()),
            )
        return self._namespace

    def _listed(self) -> Iterable[str]:
        return chain(self._look["names"], self._look["others"])

    def _compare(self, look: Look) -> tuple[list[str], list[str], list[str]]:
        found = changes(dict(self._look), dict(look))
        self._told.take(self._look, look)
        self._look, self._persons, self._namespace = look, None, None
        return found["added"], found["changed"], found["deleted"]


class _Told:
    """What a policy may know of names beside whose they are, brought along from look to look.

    By name: how its value was made, for one of a library's type; its text; its source.
    """

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        self.sources: dict[str, str] = {}

    def take(self, before: Look, now: Look) -> None:
        """Take what is told of the names in this look, after that of before."""
        old, new, unlike = before["names"], now["names"], renewed(dict(before), dict(now))
        if len(old) - sum(name in old for name, _ in unlike) > len(new) - len(unlike):
            for name in old.keys() - new.keys():
                self._put(name, {})
        for name, entry in unlike:
            self._put(name, entry)

    def _put(self, name: str, entry: Look) -> None:
        kind = entry.get("type", "")
        made = f"{kind}()" if "." in kind else None
        told = (
            (self.made, made),
            (self.texts, entry.get("text")),
            (self.sources, entry.get("source")),
        )
        for kept, value in told:
            if value is None:
                kept.pop(name, None)
            else:
                kept[name] = value


def _unlisted(look: Look) -> int:
    return int(look["omitted"]) - len(look["others"])


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
