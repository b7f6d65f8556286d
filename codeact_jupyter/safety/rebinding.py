"""Which names of the module a piece of code binds anew or deletes, in whatever way Python has.

Knows nothing of who made a name: the caller asks about the names it protects.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .names import imported

_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Import = (ast.Import, ast.ImportFrom)
_Capture = (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)
_LEAVES = (ast.Constant, ast.expr_context, ast.operator, ast.cmpop)
_Comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True)
class Rebinding:
    """One name bound or deleted; `imported` is what an import bound it to."""

    name: str
    line: int
    deleted: bool = False
    imported: str | None = None


def rebindings(tree: ast.Module, *, local: bool = False) -> list[Rebinding]:
    """Find every rebinding of a module-level name, also those inside functions with `global`."""
    found: list[Rebinding] = []
    _within(tree.body, declared_global(tree.body) if local else None, found)
    return found


def own_names(body: Sequence[ast.AST], parameters: Iterable[str] = ()) -> frozenset[str]:
    """The names that code in a scope of its own does not share with the module."""
    found: list[Rebinding] = []
    _within(body, None, found)
    return frozenset({each.name for each in found}.union(parameters)) - declared_global(body)


def _within(nodes: Iterable[ast.AST], ours: frozenset[str] | None, found: list[Rebinding]) -> None:
    """Read nodes of one scope; `ours` are the names it declares global, None for the module."""
    for node in nodes:
        if isinstance(node, _LEAVES):
            continue
        for each in _bound_by(node):
            if ours is None or each.name in ours:
                found.append(each)
        if isinstance(node, _Definition):
            parts = ast.iter_child_nodes(node)
            _within((part for part in parts if not isinstance(part, ast.stmt)), ours, found)
            _within(node.body, declared_global(node.body), found)
        elif isinstance(node, _Comprehension):
            # Its targets are its own; a walrus inside binds in the scope around it.
            walrus = [part.target for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
            _within(walrus, ours, found)
        elif isinstance(node, ast.Lambda):
            _within([node.args], ours, found)
        elif not isinstance(node, ast.Name) and not _only_annotates(node):
            _within(ast.iter_child_nodes(node), ours, found)


def _only_annotates(node: ast.AST) -> bool:
    return isinstance(node, ast.AnnAssign) and node.value is None


def declared_global(body: Sequence[ast.AST]) -> frozenset[str]:
    """Find the names that `global` statements of this scope name, not of functions inside it."""
    names: set[str] = set()
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Global):
            names.update(node.names)
        elif not isinstance(node, (*_Definition, ast.expr)):
            waiting.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def _bound_by(node: ast.AST) -> Iterable[Rebinding]:
    if isinstance(node, ast.Name):
        if not isinstance(node.ctx, ast.Load):
            return [Rebinding(node.id, node.lineno, deleted=isinstance(node.ctx, ast.Del))]
    elif isinstance(node, ast.expr):
        return ()
    elif isinstance(node, _Definition):
        return [Rebinding(node.name, node.lineno)]
    elif isinstance(node, _Import):
        return [Rebinding(name, node.lineno, imported=to) for name, to in imported(node)]
    elif isinstance(node, _Capture):
        return [Rebinding(node.name, node.lineno)] if node.name else ()
    elif isinstance(node, ast.MatchMapping) and node.rest:
        return [Rebinding(node.rest, node.lineno)]
    return ()
