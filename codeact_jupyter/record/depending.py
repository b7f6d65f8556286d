"""Which cells need what a cell before them made: read from their names; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from ..plain import plain_python


class Missing:
    """Names that were not made, because the cell that makes them was not run."""

    def __init__(self) -> None:
        self._of: dict[str, str] = {}

    def needed_by(self, code: str, *, but: str = "") -> str:
        """Why this code cannot run, in words; empty when it needs nothing that is missing.

        `but` is a name that it lacked when it was recorded: without that it is to fail.
        """
        used, bound = names_in(code)
        lacking = sorted(name for name in used if name in self._of)
        if not lacking or but in lacking:
            for name in bound:
                self._of.pop(name, None)
            return ""
        labels = ", ".join(dict.fromkeys(self._of[name] for name in lacking))
        return f"needs {', '.join(lacking)}, which {labels} would have made"

    def add(self, code: str, made: Iterable[str], label: str) -> None:
        """This code was not run: what it would have made is missing from here on."""
        _, bound = names_in(code)
        for name in (*made, *bound):
            self._of[name] = label

    @property
    def names(self) -> tuple[str, ...]:
        """All that is missing now."""
        return tuple(sorted(self._of))


def names_in(code: str) -> tuple[set[str], set[str]]:
    """The names that code reads, and those that it binds; none for code that is not Python."""
    try:
        tree = ast.parse(plain_python(code))
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return set(), set()
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(each.asname or each.name).partition(".")[0] for each in node.names}
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            used.add(node.target.id)
    # What a cell binds at its top before it reads it is its own.
    return used - _bound_first(tree), bound


def _bound_first(tree: ast.Module) -> set[str]:
    """The names that are bound at the top of the module by a statement that does not read them,
    before any that does.
    """
    own: set[str] = set()
    read: set[str] = set()
    for statement in tree.body:
        nodes = list(ast.walk(statement))
        loads = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
            loads.add(statement.target.id)
        read |= loads
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            made = {(each.asname or each.name).partition(".")[0] for each in statement.names}
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            made = {statement.name}
        elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.With)):
            made = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        else:
            made = set()
        own |= made - read
    return own
