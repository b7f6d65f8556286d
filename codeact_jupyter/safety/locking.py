"""What the person locked: names that may not be overwritten, edited or run without a question.

A name is locked by itself, or because a cell that makes it is tagged `codeact-ask`. Knows nothing
of where locks are kept, nor of what binds a name anew (rebinding.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .kinds import Finding
from .rebinding import declared_global, own_names, rebindings
from .site import shown
from .source import tree_of
from .tables import words

TAG = "codeact-ask"
_CHANGING = words(
    """append extend insert remove pop clear sort reverse update setdefault popitem add discard
    difference_update intersection_update symmetric_difference_update fill resize put partition
    itemset setflags fit partial_fit load_state_dict set_params rename_axis commit execute
    __setitem__ __delitem__ __setattr__ __delattr__ __setstate__ __init__ __iadd__ __isub__
    __imul__ __itruediv__ __iand__ __ior__ __ixor__"""
)
# Which pandas does in place when it is asked to; with `**options` it may be.
_MAY_BE_IN_PLACE = words(
    """bfill clip drop drop_duplicates dropna eval ffill fillna interpolate mask query rename
    replace reset_index set_index sort_index sort_values where"""
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


def locked_effects(
    tree: ast.Module, locked: frozenset[str], *, local: bool = False
) -> Iterator[tuple[Finding, int]]:
    """Find what changes or runs a locked name; `local` keeps the tree's own names to itself."""
    own = own_names(tree.body) if local else frozenset()
    waiting: list[tuple[ast.AST, frozenset[str]]] = [(tree, locked - own)]
    while waiting:
        node, names = waiting.pop()
        inner = _seen_inside(node, names, locked)
        waiting += ((child, inner) for child in ast.iter_child_nodes(node))
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            if (name := _root(node)) in names:
                yield _changes(name, node), node.lineno
        elif isinstance(node, ast.Call):
            yield from _calls(node, names)


def _seen_inside(node: ast.AST, names: frozenset[str], locked: frozenset[str]) -> frozenset[str]:
    """The names that are the module's inside of a node: all but what a function has for itself."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        own = own_names(node.body, _parameters(node))
        return names - own | locked & declared_global(node.body)
    if isinstance(node, ast.Lambda):
        return names.difference(_parameters(node))
    return names


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Iterator[str]:
    return (part.arg for part in ast.walk(node.args) if isinstance(part, ast.arg))


def _calls(node: ast.Call, locked: frozenset[str]) -> Iterator[tuple[Finding, int]]:
    name = _root(node.func)
    if name not in locked:
        return
    if isinstance(node.func, ast.Name):
        yield Finding("locked", f"runs {name}, which you locked: {shown(node)}"), node.lineno
    elif isinstance(node.func, ast.Attribute) and (
        node.func.attr in _CHANGING or _in_place(node.func.attr, node.keywords)
    ):
        yield _changes(name, node), node.lineno


def _changes(name: str, node: ast.expr) -> Finding:
    return Finding("locked", f"changes {name}, which you locked: {shown(node)}")


def _in_place(method: str, keywords: Iterable[ast.keyword]) -> bool:
    for each in keywords:
        if each.arg == "inplace" and _may_be_true(each.value):
            return True
        if each.arg is None and method in _MAY_BE_IN_PLACE and _may_say_so(each.value):
            return True
    return False


def _may_be_true(value: ast.expr) -> bool:
    return not (isinstance(value, ast.Constant) and value.value is False)


def _may_say_so(options: ast.expr) -> bool:
    """Say whether `**options` may have an `inplace`; of a literal its keys tell."""
    keys = options.keys if isinstance(options, ast.Dict) else [None]
    return any(not isinstance(key, ast.Constant) or key.value == "inplace" for key in keys)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
