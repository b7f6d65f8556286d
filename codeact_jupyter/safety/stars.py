"""What `from module import *` binds, as far as it matters: the names that some rule knows."""

from __future__ import annotations

from . import dynamic, environment, file_tables, functions

_TABLES = (functions.BY_FUNCTION, dynamic.FUNCTIONS, environment.FUNCTIONS, file_tables.FUNCTIONS)
_BY_MODULE: dict[str, set[str]] = {}
for _dotted in frozenset().union(*_TABLES):
    _owner, _, _name = _dotted.rpartition(".")
    _BY_MODULE.setdefault(_owner, set()).add(_name)


def names_within(module: str) -> frozenset[str]:
    """Give the known names of a module."""
    return frozenset(_BY_MODULE.get(module, ()))
