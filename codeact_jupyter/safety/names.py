"""What each name is bound to at one point of the code, through imports, assignments and scopes.

Knows scopes only: expressions are read by resolve.py, and what a name may do is judged by calls.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from .values import FilePath, Known, Reference, Text, canonical

# What people call these when the import was in a cell we were not shown.
CUSTOMARY = {
    "Path": "pathlib.Path",
    "ne": "numexpr",
    "sm": "statsmodels.api",
    "sqla": "sqlalchemy",
    "np": "numpy",
    "pd": "pandas",
    "pl": "polars",
    "plt": "matplotlib.pyplot",
    "sns": "seaborn",
}

# Functions that import the module that they are given by name.
CALLED_IMPORTS = frozenset({"__import__", "importlib.import_module", "importlib.__import__"})
_NONE: Mapping[str, str] = MappingProxyType({})
Scope = dict[str, Known | None]


class Names:
    """Scopes, innermost last, over the names of the live namespace.

    A name bound to None is known to be something else than its customary meaning.
    """

    def __init__(self, bindings: Mapping[str, str], texts: Mapping[str, str] = _NONE) -> None:
        self._bindings = bindings
        self._texts = texts
        self._scopes: list[Scope] = [{}]

    def lookup(self, name: str) -> Known | None:
        """Say what the name is bound to; a name never bound stands for itself."""
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        dotted = self._bindings.get(name)
        if name in self._texts:
            path = (dotted or "").startswith("pathlib.")
            return FilePath(self._texts[name]) if path else Text(self._texts[name])
        return Reference(canonical(dotted or CUSTOMARY.get(name, name)))

    def live(self, name: str) -> bool:
        """Say whether the name is bound already, before or in this code."""
        if name in self._bindings or name in self._texts:
            return True
        return any(name in scope for scope in self._scopes)

    def bind(self, name: str, known: Known | None, *, everywhere: bool = False) -> None:
        """Bind a name in the innermost scope, or in the module's."""
        self._scopes[0 if everywhere else -1][name] = known

    @contextmanager
    def inner(self, names: Iterable[str] = ()) -> Iterator[None]:
        """Open a scope in which the given names mean something unknown."""
        self._scopes.append(dict.fromkeys(names))
        try:
            yield
        finally:
            self._scopes.pop()

    @property
    def size(self) -> int:
        """How many names are bound in all scopes."""
        return sum(map(len, self._scopes))

    def captured(self) -> list[tuple[Scope, Scope]]:
        """Remember the scopes a function body will see, as they are now and as they will become."""
        return [(scope, dict(scope)) for scope in self._scopes]

    @contextmanager
    def within(self, captured: list[tuple[Scope, Scope]]) -> Iterator[None]:
        """Return to remembered scopes, adding what was bound since."""
        before = self._scopes
        self._scopes = [{**later, **then} for later, then in captured]
        try:
            yield
        finally:
            self._scopes = before


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Give each name that an import binds and the dotted path it is bound to; never for `*`."""
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            if alias.name != "*":
                module = "." * node.level + (node.module or "")
                yield alias.asname or alias.name, canonical(f"{module}.{alias.name}")
        elif alias.asname:
            yield alias.asname, canonical(alias.name)
        else:
            first = alias.name.split(".")[0]
            yield first, first
