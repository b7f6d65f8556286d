"""What the person locked: names that may not be overwritten, edited or run without a question.

A name is locked by itself, or because a cell that makes it is tagged `codeact-ask`. Knows nothing
of where locks are kept.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .kinds import Finding
from .rebinding import rebindings
from .site import shown
from .source import tree_of
from .tables import words

TAG = "codeact-ask"
_CHANGING = words(
    """append extend insert remove pop clear sort reverse update setdefault popitem add discard
    difference_update intersection_update symmetric_difference_update fill resize put partition
    itemset setflags fit partial_fit load_state_dict set_params rename_axis commit execute"""
)


def locked_by_cells(cells: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The names that the cells tagged `codeact-ask` make."""
    names: set[str] = set()
    for cell in cells:
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, Mapping) else None
        if cell.get("cell_type") != "code" or not isinstance(tags, list) or TAG not in tags:
            continue
        source = cell.get("source") or ""
        text = "".join(source) if isinstance(source, list) else str(source)
        try:
            tree, _ = tree_of(text, taken=lambda _: True)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
        names |= {each.name for each in rebindings(tree) if each.imported is None}
    return frozenset(names)


def locked_effects(tree: ast.Module, locked: frozenset[str]) -> Iterator[tuple[Finding, int]]:
    """Find what touches a locked name in another way than by reading it."""
    for each in rebindings(tree):
        if each.name in locked:
            verb = "deletes" if each.deleted else "overwrites"
            yield Finding("locked", f"{verb} {each.name}, which you locked"), each.line
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            if (name := _root(node)) in locked:
                yield _changes(name, node), node.lineno
        elif isinstance(node, ast.Call):
            yield from _calls(node, locked)


def _calls(node: ast.Call, locked: frozenset[str]) -> Iterator[tuple[Finding, int]]:
    name = _root(node.func)
    if name not in locked:
        return
    if isinstance(node.func, ast.Name):
        yield Finding("locked", f"runs {name}, which you locked: {shown(node)}"), node.lineno
    elif isinstance(node.func, ast.Attribute):
        in_place = any(_is_true(each) for each in node.keywords if each.arg == "inplace")
        if in_place or node.func.attr in _CHANGING:
            yield _changes(name, node), node.lineno


def _changes(name: str, node: ast.expr) -> Finding:
    return Finding("locked", f"changes {name}, which you locked: {shown(node)}")


def _is_true(keyword: ast.keyword) -> bool:
    return not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
