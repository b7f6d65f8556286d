"""What a cell reads, binds and may change in place, read from its code; nothing is run.

Careful where unsure: a method or function that is not known to leave its arguments alone may change
them and the state of its module, a function that is handed on may be called, names that may be of
one object count as one, and code that cannot be read so (magics, `exec`, star imports) touches
everything. Libraries that trace a kernel (ipyflow) know more, but need the kernel in which it ran;
a record has only the code.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from . import known
from .scopes import (
    FUNCTIONS,
    Scope,
    bound_by,
    called,
    chain_of,
    given_to,
    loaded_by,
    names_of,
    scope_of,
)

# As if they were variables; the state of a module is `<its name>`.
CHANCE, FILES, SETTINGS = "<random numbers>", "<files>", "<settings>"
HARMLESS = re.compile(
    r"^[^\S\n]*%(matplotlib|config|load_ext|autoreload|precision)\b.*$", re.MULTILINE
)
BRANCHES = (ast.If, ast.For, ast.While, ast.Try, ast.AsyncFor, ast.Match)


@dataclass
class Flow:
    """What code does to names: `opaque` touches all, `always` must run whoever needs it.

    `aliases` are names that may be of one object; `functions` may do what their cell does when they
    are called. `drains` are read to their end if they are iterators, as `iterators` may be.
    """

    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    drains: set[str] = field(default_factory=set)
    iterators: set[str] = field(default_factory=set)
    aliases: list[set[str]] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    opaque: bool = False
    always: bool = False


def flows_of(codes: Sequence[str]) -> list[Flow]:
    """What each of these cells does to names; what one imports or defines is known in all."""
    plain = [HARMLESS.sub("", code) for code in codes]
    trees = [_parsed(code) for code in plain]
    scope = scope_of(filter(None, trees))
    flows = [
        _Reader(scope).read(tree) if tree else Flow(opaque=True, always=True) for tree in trees
    ]
    for flow, code, original in zip(flows, plain, codes, strict=True):
        flow.always = flow.opaque or code != original
    return flows


def is_outside(name: str) -> bool:
    """Whether this stands for what is no variable: files, settings, the state of a module."""
    return name.startswith("<")


def _parsed(code: str) -> ast.Module | None:
    try:
        return ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Reader:
    def __init__(self, scope: Scope) -> None:
        self.flow = Flow()
        self._scope = scope
        self._seen: set[str] = set()
        self._ties: defaultdict[str, set[str]] = defaultdict(set)

    def read(self, tree: ast.Module) -> Flow:
        """Read all of a cell."""
        for statement in tree.body:
            self._take(statement)
        self.flow.reads.add(SETTINGS)
        return self.flow

    def _take(self, statement: ast.stmt) -> None:
        flow, bound, modules = self.flow, bound_by(statement), self._scope.modules
        loaded = {name for name in loaded_by(statement) if not hasattr(builtins, name)}
        flow.reads |= loaded - flow.binds
        flow.reads |= {_state(modules[name]) for name in loaded if name in modules}
        self._seen = loaded | bound
        (flow.changes if isinstance(statement, BRANCHES) else flow.binds).update(bound)
        nodes = list(ast.walk(statement))
        for node in nodes:
            self._tie(node)
        for node in nodes:
            self._node(node)

    def _tie(self, node: ast.AST) -> None:
        """Note which names in a statement may be of the objects of others."""
        if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
            self._may_be([node.target], node.iter)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            self._assign([node.optional_vars], node.context_expr)
        elif isinstance(node, ast.Assign):
            self._assign(node.targets, node.value)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
            self._assign([node.target], node.value)
        elif isinstance(node, ast.Call):
            given = [*given_to(node), node.func]
            for function in (each for each in given if isinstance(each, ast.Lambda)):
                names = [ast.Name(each.arg) for each in function.args.args]
                self._may_be(names, *(each for each in given if each is not function))

    def _assign(self, targets: Sequence[ast.expr], value: ast.expr) -> None:
        shared = self._may_be(targets, value)
        names = {name for target in targets for name in names_of(target)}
        self.flow.aliases.append((names | shared) & self._seen)
        if self._scope.may_iterate(value):
            self.flow.iterators |= names
        if isinstance(value, ast.Lambda):
            self.flow.functions |= names

    def _may_be(self, targets: Sequence[ast.expr], *values: ast.expr) -> set[str]:
        shared = {name for value in values for name in self._scope.shared(value)}
        shared -= self._scope.modules.keys()
        for target in targets:
            for name in names_of(target):
                self._ties[name] |= shared - {name}
        return shared

    def _node(self, node: ast.AST) -> None:
        flow = self.flow
        if isinstance(node, FUNCTIONS):
            flow.functions.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node)
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            self._part(node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            flow.changes |= set(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
            flow.changes.add(node.id)
        elif isinstance(node, ast.AugAssign):
            self._change(node.target)  # a list is added to in place
        elif isinstance(node, ast.Call):
            self._call(node)
        drained = {each.id for each in _drained(node) if isinstance(each, ast.Name)}
        flow.drains |= drained & self._seen

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.flow.opaque |= any(each.name == "*" for each in node.names)
        whole = isinstance(node, ast.Import)
        paths = [each.name for each in node.names] if whole else [getattr(node, "module", "") or ""]
        if any(path.partition(".")[0] not in known.PACKAGES for path in paths):
            self.flow.reads.add(FILES)
            self.flow.changes.add(SETTINGS)  # it runs code that may be the person's own

    def _part(self, node: ast.Attribute | ast.Subscript) -> None:
        path = self._scope.path(node.value)
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
            self.flow.changes |= {SETTINGS} if path else set()
        elif isinstance(node, ast.Attribute) and node.attr in known.CHANGING and not path:
            self._change(node.value)  # also where it is handed on

    def _call(self, call: ast.Call) -> None:
        scope, name = self._scope, called(call.func)
        path = scope.path(call.func)
        owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        given = [each for each in given_to(call) if getattr(each, "id", "") not in scope.defined]
        self.flow.opaque |= name in known.OPAQUE
        self._outside(path or chain_of(call.func), call)
        for each in call.keywords:
            if each.arg in known.WRITTEN:
                self._change(each.value)
            elif (each.arg or "").startswith(known.IN_PLACE):
                self._change(owner, *given)
        first = call.args[:1] if name in known.CALLING and name not in scope.defined else []
        functions = [*first, *(each.value for each in call.keywords if each.arg in known.CALLED)]
        if not all(map(scope.leaves_alone, functions)):
            self._change(owner, *given)
        elif scope.leaves_alone(call.func):
            self._change(*known.outputs_of(path, call))
        elif path.startswith(known.OF_RANDOM):
            self._change(*(given if "shuffle" in name else ()))
        elif not first:
            self._unknown(call, path, given)

    def _unknown(self, call: ast.Call, path: str, given: Sequence[ast.expr]) -> None:
        """What may change all that it has: its arguments, its object, the state of its module.

        It may put one of them into another, too.
        """
        name, scope = called(call.func), self._scope
        held = [*given, call.func.value] if isinstance(call.func, ast.Attribute) else given
        shared = {each for value in held for each in scope.shared(value)} - scope.modules.keys()
        self.flow.aliases.append(shared & self._seen)
        is_new = name[:1].isupper() and name not in scope.defined
        self._change(*(() if is_new else given))
        if path:
            self._change(call.func)
        elif isinstance(call.func, ast.Attribute):
            self._change(call.func.value)
        elif name not in scope.defined and (not name or name in scope.bound):
            self._change(call.func)  # it may keep something between two calls

    def _outside(self, words: str, call: ast.Call) -> None:
        """What the call may do to files and to the order of random numbers."""
        if known.OF_CHANCE.search(words):
            self.flow.reads.add(CHANCE)
            self.flow.changes.add(CHANCE)
        if known.reads_files(words):
            self.flow.reads.add(FILES)
        if known.writes_files(words, call):
            self.flow.changes.add(FILES)
            place = slice(1, 2) if called(call.func).startswith("dump") else slice(1)
            self._change(*call.args[place])  # it may be an open file

    def _change(self, *nodes: ast.expr) -> None:
        for node in nodes:
            for name in self._scope.shared(node):
                if name in self._scope.modules:
                    self._change_module(self._scope.path(node) or self._scope.modules[name])
                else:
                    self._change_name(name)

    def _change_module(self, path: str) -> None:
        self.flow.changes.add(_state(path))
        if path.partition(".")[0] in known.OF_FILES:
            self.flow.reads.add(FILES)
            self.flow.changes.add(FILES)
        if known.SETTING.search(path):
            self.flow.changes.add(SETTINGS)

    def _change_name(self, name: str) -> None:
        rest, done = {name}, set[str]()
        while rest:
            done.add(each := rest.pop())
            rest |= self._ties.get(each, set()) - done
        self.flow.changes |= done & self._seen  # what is not seen is local to a function


def _state(path: str) -> str:
    """What stands for the state of the package that this is of."""
    return f"<{path.partition('.')[0]}>"


def _drained(node: ast.AST) -> Iterator[ast.AST]:
    """What a node reads to its end if it is an iterator."""
    if isinstance(node, ast.Call) and called(node.func) not in known.LOOKING:
        yield from given_to(node)
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
        yield node.iter
    elif isinstance(node, (ast.Starred, ast.YieldFrom)):
        yield node.value
    elif isinstance(node, ast.Compare):
        yield from node.comparators
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], (ast.Tuple, ast.List)):
        yield node.value
