"""The names in code: what they are of in a whole notebook, and whose objects others may be."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from . import known

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
PATTERNS = (ast.MatchAs, ast.MatchStar)
MADE_NEW = (ast.Constant, ast.Compare, ast.BinOp, ast.UnaryOp, ast.JoinedStr, ast.Lambda)


@dataclass(frozen=True)
class Scope:
    """What is known of names in all cells: which are of modules (and what), and which of the code's
    own are bound, or defined as functions, methods and classes.
    """

    modules: Mapping[str, str]
    bound: Collection[str]
    defined: Collection[str]

    def path(self, node: ast.AST) -> str:
        """What a name or attribute is of which module, as `numpy.random.seed`; else empty."""
        names: list[str] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            node = node.value
        module = self.modules.get(node.id, "") if isinstance(node, ast.Name) else ""
        return ".".join([module, *reversed(names)]) if module else ""

    def leaves_alone(self, function: ast.expr) -> bool:
        """Whether calling this changes neither what it is given nor what it is of.

        What a lambda does is in its body.
        """
        name = called(function)
        if isinstance(function, ast.Lambda):
            return True
        if path := self.path(function):
            return known.is_pure(path)
        if name in self.defined:
            return False
        if isinstance(function, ast.Attribute):
            return name in known.PURE_METHODS
        return name not in self.bound and (name in known.PURE_CALLS or name[:1].isupper())

    def may_iterate(self, value: ast.expr) -> bool:
        """Whether this may be an iterator, which can be read once."""
        if isinstance(value, ast.IfExp):
            return self.may_iterate(value.body) or self.may_iterate(value.orelse)
        if isinstance(value, (ast.Tuple, ast.BoolOp)):
            parts = value.elts if isinstance(value, ast.Tuple) else value.values
            return any(map(self.may_iterate, parts))
        if not isinstance(value, ast.Call):
            return isinstance(value, (ast.GeneratorExp, ast.Await))
        name = called(value.func)
        if any(each.arg in known.PIECEWISE for each in value.keywords):
            return True
        if name in known.ITERATING or self.path(value.func).startswith(("itertools.", "csv.")):
            return True
        return not (self.leaves_alone(value.func) or name[:1].isupper())

    def shared(self, value: ast.expr) -> Iterator[str]:
        """The names whose objects the value of an expression may be, or may hold."""
        rest = [value]
        while rest:
            each = rest.pop()
            if isinstance(each, ast.Name):
                yield each.id
            elif isinstance(each, ast.Call):
                rest += self._held(each)
            elif isinstance(each, (ast.Attribute, ast.Subscript, ast.Starred)):
                rest.append(each.value)
            elif not isinstance(each, MADE_NEW):
                parts = [getattr(part, "iter", part) for part in ast.iter_child_nodes(each)]
                rest += [part for part in parts if isinstance(part, ast.expr)]

    def _held(self, call: ast.Call) -> list[ast.expr]:
        name, path = called(call.func), self.path(call.func)
        may_share = name in known.SHARING or name in known.CALLING
        may_share |= path.startswith(known.SHARING_MODULES)
        if name and self.leaves_alone(call.func) and not (may_share or name[:1].isupper()):
            return []
        given = given_to(call)
        is_method = isinstance(call.func, ast.Attribute) and not path
        return [*given, call.func] if is_method else given


def scope_of(trees: Iterable[ast.Module]) -> Scope:
    """What the names in these cells are."""
    modules: dict[str, str] = {}
    bound: set[str] = set()
    defined: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            for each in node.names:
                top = each.name.partition(".")[0]
                modules[each.asname or top] = each.name if each.asname else top
        elif isinstance(node, ast.ImportFrom):
            start = f"{node.module}." if node.module else ""
            modules.update({each.asname or each.name: start + each.name for each in node.names})
        elif isinstance(node, FUNCTIONS):
            defined.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Lambda):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {name for target in targets for name in names_of(target)}
    bound |= defined
    everywhere = {**known.ALIASES, **modules}
    return Scope({k: v for k, v in everywhere.items() if k not in bound}, bound, defined)


def loaded_by(statement: ast.stmt) -> set[str]:
    """The names of the module that a statement reads, those too that its functions read."""
    added = {
        node.target.id
        for node in ast.walk(statement)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    try:
        return added | set(_globals(symtable.symtable(ast.unparse(statement), "cell", "exec")))
    except (SyntaxError, RecursionError):  # allowed in a cell only, such as `await`; or very deep
        return added | {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (top or symbol.is_global()):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)


def bound_by(statement: ast.stmt) -> set[str]:
    """The names that a statement at the top binds; a comprehension keeps its own to itself."""
    if isinstance(statement, FUNCTIONS):
        return {statement.name}
    nodes = list(ast.walk(statement))
    local = {
        id(name)
        for node in nodes
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
    }
    bound: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(each.asname or each.name).partition(".")[0] for each in node.names}
        elif isinstance(node, FUNCTIONS):
            bound.add(node.name)
        elif isinstance(node, PATTERNS):
            bound |= {node.name} if node.name else set()
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound |= {node.id} if id(node) not in local else set()
    return bound


def called(func: ast.expr) -> str:
    """The last name of what is called: `sum` of `np.sum(a)`."""
    return func.attr if isinstance(func, ast.Attribute) else str(getattr(func, "id", ""))


def chain_of(func: ast.expr) -> str:
    """The names of what is called and of what it is of: `d.head.sum` of `d.head(2).sum()`."""
    names: list[str] = []
    node: ast.AST = func
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        names += [node.attr] if isinstance(node, ast.Attribute) else []
        node = node.func if isinstance(node, ast.Call) else node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else []), *reversed(names)])


def given_to(call: ast.Call) -> list[ast.expr]:
    """All arguments of a call, in order."""
    return [*call.args, *(each.value for each in call.keywords)]


def names_of(target: ast.expr) -> Iterator[str]:
    """The names that an assignment to this is about: `d` of `d['a'], d.b = 1, 2`."""
    if isinstance(target, (ast.Tuple, ast.List)):
        for each in target.elts:
            yield from names_of(each)
    elif name := root_of(target):
        yield name


def root_of(node: ast.AST) -> str:
    """The name that an expression begins with; empty where there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call, ast.Starred)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
