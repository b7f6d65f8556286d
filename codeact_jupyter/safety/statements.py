"""Walk through code in the order it runs, keeping names up to date and asking about each place.

Decides nothing itself: `Judge` is asked about calls, items of namespaces, functions handed on.
"""

from __future__ import annotations

import ast
from contextlib import nullcontext

from .applied import applied
from .judge import Judge
from .names import Names, Scope, imported
from .resolve import STRETCH, Resolver
from .site import CallSite, is_name_chain
from .stars import names_within
from .targets import arguments, bound_to, defaults, either, first_item, pairs, parameters, shares
from .values import FilePath, Found, Known, Reference

Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Definition = ast.FunctionDef | ast.AsyncFunctionDef
_HERE = ast.parse("__import__('os').getcwd()", mode="eval").body
_GO = ast.parse("__import__('os').chdir", mode="eval").body
_MOVE = Reference("contextlib.chdir()")
_EXTENDED = {"sys.path": "extend", "os.environ": "update"}  # by `+=` and `|=`


class Walk(ast.NodeVisitor):
    """Walks through trees; bodies of functions come last, when all names are known."""

    def __init__(self, names: Names, judge: Judge, resolve: Resolver) -> None:
        self._names = names
        self._judge = judge
        self._resolve = resolve
        self._waiting: list[tuple[_Definition, list[tuple[Scope, Scope]]]] = []
        self._global: set[str] = set()
        self._in_class = False
        self._branches = 0
        self._functions: set[str] = set()  # those that the code defines

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
        with self._names.within(captured), self._names.inner(parameters(function)):
            for statement in function.body:
                self.visit(statement)
        self._global = outer

    def _bind(self, name: str, known: Known | None) -> None:
        if self._branches:
            known = either(self._names.lookup(name), known)
        self._names.bind(name, known, everywhere=name in self._global)

    def _assign(self, target: ast.expr, value: ast.expr | None) -> None:
        """Bind the target's names to what the value is, pairwise for tuples."""
        if isinstance(target, ast.Name):
            self._bind(target.id, bound_to(value, self._resolve))
        elif isinstance(target, ast.Tuple | ast.List):
            known = [self._resolve(part) for part in pairs(target, value)]
            for part, each in zip(target.elts, known, strict=True):
                if isinstance(part, ast.Name):
                    self._bind(part.id, each)
                else:
                    self._assign(part, None)
        elif isinstance(target, ast.Starred):
            self._assign(target.value, None)
        else:
            self._replaced(target, value)
            self.visit(target)

    def _each(self, target: ast.expr, items: ast.expr) -> None:
        """Bind the target of a loop to what stands for each of the items."""
        found = bound_to(items, self._resolve)
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else [target]
        if not isinstance(found, Found):
            self._assign(target, first_item(items))
            return
        for part, known in zip(parts, shares(found, len(parts)), strict=True):
            if isinstance(part, ast.Name):
                self._bind(part.id, known)
            else:
                self._assign(part, None)

    def _replaced(self, target: ast.expr, value: ast.expr | None = None) -> None:
        if isinstance(target, ast.Attribute):
            owner = self._resolve(target.value)
            ours = isinstance(value, ast.Name) and value.id in self._functions
            if isinstance(owner, Reference):
                by_function = ours or isinstance(value, ast.Lambda)
                self._judge.replaced(target, owner, by_function=by_function)

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
        """Read `path += "x"` as `path = path + "x"`, and `sys.path += x` as a call."""
        self.visit(node.value)
        known = self._resolve(node.target)
        if isinstance(known, Reference) and known.dotted in _EXTENDED:
            method = ast.Attribute(node.target, _EXTENDED[known.dotted], ast.Load())
            call = ast.copy_location(ast.Call(method, [node.value], []), node)
            self._judge.call(CallSite.of(call, self._resolve))
        elif isinstance(node.target, ast.Name):
            before = ast.Name(node.target.id, ast.Load())
            self._assign(node.target, ast.BinOp(before, node.op, node.value))
        else:
            self._assign(node.target, None)

    def _branch(self, node: ast.If | ast.Match | ast.Try) -> None:
        """Read what may run or may not: a name may keep what it was bound to before."""
        self._branches += 1
        self.generic_visit(node)
        self._branches -= 1

    visit_If = visit_Match = visit_Try = _branch

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
        self._each(node.target, node.iter)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        """Go back, at the end, to where it was before `contextlib.chdir`."""
        before = self._resolve(_HERE)
        moves = any(self._resolve(each.context_expr) == _MOVE for each in node.items)
        self.generic_visit(node)
        if moves and isinstance(before, FilePath):
            back = ast.Call(_GO, [ast.Constant(before.value)], [])
            self._judge.call(CallSite.of(ast.copy_location(back, node), self._resolve))

    visit_AsyncWith = visit_With

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
        for part in (*node.decorator_list, *defaults(node.args)):
            self.visit(part)
        self._unless_plain(node.returns, *(each.annotation for each in arguments(node.args)))
        self._bind(node.name, None)
        self._resolve.count(self._names.size // STRETCH)  # as many are copied
        self._functions.add(node.name)
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
        # What it does not define itself it does as the class that it inherits from.
        self._bind(node.name, self._resolve(node.bases[0]) if node.bases else None)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Read the body as if the lambda were called."""
        for default in defaults(node.args):
            self.visit(default)
        with self._names.inner(parameters(node)):
            self.visit(node.body)

    def _comprehension(self, node: Comprehension) -> None:
        with self._names.inner():
            for generator in node.generators:
                self.visit(generator.iter)
                self._each(generator.target, generator.iter)
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
        site = CallSite.of(node, self._resolve)
        self._judge.call(site)
        if inner := applied(site):
            self._judge.call(CallSite.of(inner, self._resolve))

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
