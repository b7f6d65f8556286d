"""Walk through code in the order it runs, keeping names up to date and asking about each place.

Decides nothing itself: `Judge` is asked about calls, items of namespaces, functions handed on.
"""

from __future__ import annotations

import ast
from contextlib import nullcontext
from typing import Protocol

from .functions import names_within
from .names import Names, Scope, imported
from .resolve import Resolver
from .site import CallSite, is_name_chain
from .values import Known, Reference

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Judge(Protocol):
    """What is asked while walking, with the names as they stand at that place."""

    def call(self, site: CallSite) -> None:
        """Judge a call."""

    def item(self, node: ast.Subscript, base: Reference, key: Known | None) -> None:
        """Judge reading, setting or deleting an item of something that has a name."""

    def handed_on(self, node: ast.expr, known: Reference) -> None:
        """Judge something named but not called."""

    def replaced(self, node: ast.Attribute, owner: Reference) -> None:
        """Judge setting or deleting an attribute of something that has a name."""

    def imported(self, node: ast.Import | ast.ImportFrom) -> None:
        """Judge an import statement."""


class Walk(ast.NodeVisitor):
    """Walks through trees; bodies of functions come last, when all names are known."""

    def __init__(self, names: Names, judge: Judge, resolve: Resolver) -> None:
        self._names = names
        self._judge = judge
        self._resolve = resolve
        self._waiting: list[tuple[_Definition, list[tuple[Scope, Scope]]]] = []
        self._global: set[str] = set()
        self._in_class = False

    def through(self, tree: ast.Module, *, local: bool = False) -> None:
        """Walk the tree, then the functions it defines; `local` keeps its names to itself."""
        waiting, self._waiting = self._waiting, []
        with self._names.inner() if local else nullcontext():
            self.visit(tree)
            while self._waiting:
                self._body(*self._waiting.pop(0))
        self._waiting = waiting

    def _body(self, function: _Definition, captured: list[tuple[Scope, Scope]]) -> None:
        outer, self._global, self._in_class = self._global, set(), False
        with self._names.within(captured), self._names.inner(_parameters(function)):
            for statement in function.body:
                self.visit(statement)
        self._global = outer

    def _bind(self, name: str, known: Known | None) -> None:
        self._names.bind(name, known, everywhere=name in self._global)

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        """Bind the target's names to what the value is, pairwise for tuples."""
        if isinstance(target, ast.Name):
            self._bind(target.id, self._resolve(value))
        elif isinstance(target, ast.Tuple | ast.List):
            pairs = _pairs(target, value)
            known = [self._resolve(part) for part in pairs]
            for part, each in zip(target.elts, known, strict=True):
                if isinstance(part, ast.Name):
                    self._bind(part.id, each)
                else:
                    self._assign(part, None)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, None)
        else:
            self._replaced(target)
            self.visit(target)

    def _replaced(self, target: ast.expr) -> None:
        if isinstance(target, ast.Attribute):
            owner = self._resolve(target.value)
            if isinstance(owner, Reference):
                self._judge.replaced(target, owner)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Follow `f = os.remove` as an alias; any other value is read first."""
        alias = is_name_chain(node.value) and not self._in_class
        if not (alias and all(isinstance(t, ast.Name) for t in node.targets)):
            self.visit(node.value)
        for target in node.targets:
            self._assign(target, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Leave a plain annotation out: it names types, it does not use them."""
        self._unless_plain(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self._assign(node.target, node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Read `path += "x"` as `path = path + "x"`."""
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            before = ast.Name(node.target.id, ast.Load())
            self._assign(node.target, ast.BinOp(before, node.op, node.value))
        else:
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        """Bind the name of a walrus."""
        self.visit(node.value)
        self._assign(node.target, node.value)

    def visit_Global(self, node: ast.Global) -> None:
        """Remember which names of this function are the module's."""
        self._global.update(node.names)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        """Bind what an import binds; of `*`, only what the tables know."""
        self._judge.imported(node)
        for name, dotted in imported(node):
            self._bind(name, Reference(dotted))
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and node.module:
            for name in names_within(node.module):
                self._bind(name, Reference(f"{node.module}.{name}"))

    visit_ImportFrom = visit_Import

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        """Take the first of literal items for all of them."""
        self.visit(node.iter)
        self._assign(node.target, _first_item(node.iter))
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    visit_AsyncFor = visit_For

    def visit_withitem(self, node: ast.withitem) -> None:
        """Bind the name after `as` to what was opened."""
        self.visit(node.context_expr)
        if node.optional_vars is not None:
            self._assign(node.optional_vars, node.context_expr)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Leave the classes out: naming `requests.Timeout` sends nothing."""
        classes = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        self._unless_plain(*classes)
        if node.name:
            self._bind(node.name, None)
        for statement in node.body:
            self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Read the body as if the function were called, after all else."""
        defaults = [*node.args.defaults, *(item for item in node.args.kw_defaults if item)]
        for part in [*node.decorator_list, *defaults]:
            self.visit(part)
        self._unless_plain(node.returns, *(each.annotation for each in _arguments(node.args)))
        self._bind(node.name, None)
        self._waiting.append((node, self._names.captured()))

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Read the body in a scope of its own; plain bases only name classes."""
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._unless_plain(*node.bases, *(keyword.value for keyword in node.keywords))
        outer, self._in_class = self._in_class, True
        with self._names.inner():
            for statement in node.body:
                self.visit(statement)
        self._in_class = outer
        self._bind(node.name, None)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Read the body as if the lambda were called."""
        for default in [*node.args.defaults, *(item for item in node.args.kw_defaults if item)]:
            self.visit(default)
        with self._names.inner(_parameters(node)):
            self.visit(node.body)

    def _comprehension(self, node: Comprehension) -> None:
        with self._names.inner():
            for generator in node.generators:
                self.visit(generator.iter)
                self._assign(generator.target, _first_item(generator.iter))
                for condition in generator.ifs:
                    self.visit(condition)
            parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
            for part in parts:
                self.visit(part)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar) -> None:
        """Bind what a pattern captures to something unknown."""
        if node.name:
            self._bind(node.name, None)
        self.generic_visit(node)

    visit_MatchStar = visit_MatchAs

    def visit_Compare(self, node: ast.Compare) -> None:
        """Leave plain names out: comparing with `requests.codes.ok` does nothing."""
        for part in [node.left, *node.comparators]:
            if not is_name_chain(part):
                self.visit(part)

    def visit_Call(self, node: ast.Call) -> None:
        """Judge the call after what is computed for it."""
        if not is_name_chain(node.func):
            self.visit(node.func.value if isinstance(node.func, ast.Attribute) else node.func)
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            self.visit(argument)
        self._judge.call(CallSite.of(node, self._resolve))

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Judge an item such as `os.environ["KEY"]`."""
        base = self._resolve(node.value)
        if isinstance(base, Reference):
            self._judge.item(node, base, self._resolve(node.slice))
        if not is_name_chain(node.value):
            self.visit(node.value)
        self.visit(node.slice)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Pass over: there is nothing inside."""

    def visit_Name(self, node: ast.Name) -> None:
        """Judge a function that is named but not called here."""
        known = self._resolve(node) if isinstance(node.ctx, ast.Load) else None
        if isinstance(known, Reference):
            self._judge.handed_on(node, known)
        elif isinstance(node.ctx, ast.Del):
            self._bind(node.id, None)

    def visit_Delete(self, node: ast.Delete) -> None:
        """Read what is deleted; an attribute that goes is replaced by nothing."""
        for target in node.targets:
            self._replaced(target)
            self.visit(target)

    def _unless_plain(self, *nodes: ast.expr | None) -> None:
        """Read expressions that usually only name classes, where they do more than that."""
        for node in nodes:
            if node is not None and any(isinstance(part, ast.Call) for part in ast.walk(node)):
                self.visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """Judge a function that is named but not called here."""
        known = self._resolve(node) if isinstance(node.ctx, ast.Load) else None
        if isinstance(known, Reference):
            self._judge.handed_on(node, known)
        if not is_name_chain(node):
            self.visit(node.value)


def _parameters(node: _Definition | ast.Lambda) -> list[str]:
    return [item.arg for item in _arguments(node.args)]


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*every, *(item for item in (arguments.vararg, arguments.kwarg) if item)]


def _pairs(target: ast.Tuple | ast.List, value: ast.expr | None) -> list[ast.expr | None]:
    starred = any(isinstance(item, ast.Starred) for item in target.elts)
    if (
        isinstance(value, ast.Tuple | ast.List)
        and len(value.elts) == len(target.elts)
        and not starred
    ):
        return [*value.elts]
    return [None] * len(target.elts)


def _first_item(node: ast.expr) -> ast.expr | None:
    return node.elts[0] if isinstance(node, ast.List | ast.Tuple | ast.Set) and node.elts else None
