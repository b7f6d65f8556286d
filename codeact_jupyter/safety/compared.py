"""Texts that code only compares with others or looks for: what they name is not used."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .tables import words

COMPARING = words(
    """startswith endswith removeprefix removesuffix count find rfind index isin contains match
    fullmatch search findall finditer split"""
)
_OF_PATTERNS = frozenset({"re", "regex"})


def only_compared(nodes: Iterable[ast.AST]) -> frozenset[int]:
    """Give the ids of these nodes' constants that are compared or searched for, and no more."""
    found: set[int] = set()
    for node in nodes:
        for part in _compared_by(node):
            parts = part.elts if isinstance(part, ast.List | ast.Tuple | ast.Set) else [part]
            found.update(map(id, parts))
    return frozenset(found)


def _compared_by(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        of_patterns = getattr(node.func.value, "id", "") in _OF_PATTERNS
        return node.args[:1] if of_patterns or node.func.attr in COMPARING else []
    return []
