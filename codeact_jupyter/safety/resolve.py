"""What an expression plainly is: follow aliases, join strings and paths, stop at anything else.

Runs nothing and opens nothing. What it cannot tell is None, never a guess.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable

from .names import CALLED_IMPORTS, Names
from .pathcalls import path_attribute, path_call, path_method
from .texts import decoded, filled, joined, text_method
from .values import Concealed, FilePath, Found, Known, Reference, Text

_NAMESPACES = frozenset({"globals()", "locals()", "vars()"})
# How much is read of one cell: an expression counts one, and so does each stretch of its text,
# which the rules look through. Long chains, or a long text that is used again and again, would
# else keep everybody waiting who is served by the same process. A cell of people's takes 100.
MOST_READ = 60_000
STRETCH = 32  # characters


class Resolver:
    """Reads expressions against the names, and the current directory, as they stand now.

    Raises RecursionError, as for code that nests too deep, where too much would have to be read.
    """

    def __init__(self, names: Names, directory: Callable[[], str]) -> None:
        self._names = names
        self._directory = directory
        self._left = MOST_READ
        self._readers: dict[type[ast.expr], Callable[..., Known | None]] = {
            ast.Attribute: self._attribute,
            ast.Await: lambda node: self(node.value),
            ast.BinOp: self._operation,
            ast.BoolOp: lambda node: self._first(node.values),
            ast.Call: self._call,
            ast.Constant: _constant,
            ast.IfExp: lambda node: self._first([node.body, node.orelse]),
            ast.JoinedStr: self._formatted,
            ast.Name: lambda node: self._names.lookup(node.id),
            ast.NamedExpr: lambda node: self(node.value),
            ast.Subscript: self._subscript,
        }

    def __call__(self, node: ast.expr | None) -> Known | None:
        """Say what the expression plainly is, or None."""
        reader = self._readers.get(type(node)) if node is not None else None
        self.count(1)
        try:
            known = reader(node) if reader else None
        except OverflowError:  # it is longer than is put together, so what it says is not known
            return Concealed()
        if isinstance(known, Reference):
            self.count(len(known.dotted) // STRETCH)
        elif isinstance(known, Text | FilePath):
            self.count(len(known.value) // STRETCH)
        return known

    def count(self, much: int) -> None:
        """Count what is read; raises RecursionError when it is too much."""
        self._left -= much
        if self._left < 0:
            raise RecursionError("too much to read")

    def _first(self, nodes: list[ast.expr]) -> Known | None:
        return next((known for node in nodes if (known := self(node)) is not None), None)

    def _attribute(self, node: ast.Attribute) -> Known | None:
        return _attribute_of(self(node.value), node.attr)

    def _operation(self, node: ast.BinOp) -> Known | None:
        left = self(node.left)
        right = self(node.right) if isinstance(node.op, ast.Add | ast.Div) else None
        if isinstance(left, Concealed) or isinstance(right, Concealed):
            return Concealed()
        if isinstance(node.op, ast.Div):
            if isinstance(left, Text) and isinstance(right, FilePath):
                left = FilePath(left.value, left.complete)
            return left.joined(right) if isinstance(left, FilePath) else None
        if not isinstance(left, Text):
            return None
        if isinstance(node.op, ast.Add):
            return left.plus(right)
        if isinstance(node.op, ast.Mod):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return filled(left, [self(value) for value in values])
        return None

    def _formatted(self, node: ast.JoinedStr) -> Known | None:
        text = Text("")
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                value = self(part.value) if part.format_spec is None else None
                if isinstance(value, Concealed):
                    return value
                if isinstance(value, FilePath):
                    value = Text(value.value, value.complete)
                text = text.plus(value)
                self.count(len(text.value) // STRETCH)
            else:
                text = text.plus(self(part))
        return text

    def _subscript(self, node: ast.Subscript) -> Known | None:
        base, key = self(node.value), self(node.slice)
        if isinstance(base, Text | Concealed):
            return _backwards(base, node.slice)
        if isinstance(base, Found):
            return None if isinstance(node.slice, ast.Slice) else base
        if not isinstance(base, Reference) or not isinstance(key, Text) or not key.complete:
            return None
        if base.dotted == "sys.modules":
            return Reference(key.value)
        if base.dotted in _NAMESPACES:
            return self._names.lookup(key.value)
        if base.dotted.endswith(".__dict__"):
            return Reference(base.dotted.removesuffix(".__dict__")).attribute(key.value)
        return base.attribute(key.value) if base.dotted == "__builtins__" else None

    def _call(self, node: ast.Call) -> Known | None:
        # Each part once: the receiver of a call is a call itself, and so on down a long chain.
        if isinstance(node.func, ast.Attribute):
            receiver = self(node.func.value)
            if isinstance(receiver, FilePath):
                given = [self(item) for item in node.args]
                return path_method(receiver, node.func.attr, given, self._directory())
            if isinstance(receiver, Text):
                return self._text_call(receiver, node)
            if isinstance(receiver, Concealed):
                return receiver
            function = _attribute_of(receiver, node.func.attr)
        else:
            function = self(node.func)
        if not isinstance(function, Reference):
            return None
        arguments = [self(item) for item in node.args]
        return (
            _reached_by_name(function.dotted, arguments)
            or decoded(function.dotted, arguments)
            or _character(function.dotted, node)
            or path_call(function.dotted, arguments, self._directory())
            or Reference(f"{function.dotted}{_opened(function.dotted, arguments)}")
        )

    def _text_call(self, text: Text, node: ast.Call) -> Known | None:
        assert isinstance(node.func, ast.Attribute)
        if node.func.attr == "join" and len(node.args) == 1:
            parts = node.args[0]
            if isinstance(parts, ast.List | ast.Tuple):
                return joined(text, [self(part) for part in parts.elts])
            if isinstance(parts, ast.GeneratorExp | ast.ListComp):
                return joined(text, [self(parts.elt)])
            return Concealed() if isinstance(self(parts), Concealed) else None
        if node.keywords and node.func.attr == "format":
            return Text(text.value.partition("{")[0], complete=False)
        return text_method(text, node.func.attr, [self(item) for item in node.args])


_SEPARATORS: dict[str, Known] = {
    name: Text(os.sep) for name in ("os.sep", "os.path.sep", "pathlib.os.sep")
}


def _attribute_of(base: Known | None, name: str) -> Known | None:
    if isinstance(base, FilePath):
        return path_attribute(base, name)
    if not isinstance(base, Reference):
        return None
    if name == "__file__":
        return FilePath(f"/(where {base.dotted} is installed)")
    found = base.attribute(name)
    return _SEPARATORS.get(found.dotted, found)


def _backwards(text: Text | Concealed, part: ast.expr) -> Known | None:
    """Read `text[::-1]`; of any other part only that it is one of something concealed."""
    if isinstance(text, Concealed):
        return text
    if not (isinstance(part, ast.Slice) and part.lower is part.upper is None and text.complete):
        return None
    return Text(text.value[::-1]) if part.step and ast.unparse(part.step) == "-1" else None


def _character(function: str, node: ast.Call) -> Known | None:
    if function != "chr" or len(node.args) != 1:
        return None
    code = node.args[0]
    if (
        isinstance(code, ast.Constant)
        and isinstance(code.value, int)
        and 0 <= code.value < 0x110000
    ):
        return Text(chr(code.value))
    return Concealed()


def _constant(node: ast.Constant) -> Known | None:
    if isinstance(node.value, bytes):
        return Text(os.fsdecode(node.value))
    return Text(node.value) if isinstance(node.value, str) else None


def _reached_by_name(function: str, arguments: list[Known | None]) -> Known | None:
    """Follow `__import__("os")`, `getattr(os, "remove")` and `vars(os)`."""
    if function in CALLED_IMPORTS and arguments and isinstance(arguments[0], Text):
        return Reference(arguments[0].value)
    if function in {"getattr", "inspect.getattr_static"} and len(arguments) >= 2:
        base, name = arguments[:2]
        if isinstance(base, Reference) and isinstance(name, Text):
            return base.attribute(name.value)
    if function == "vars" and len(arguments) == 1 and isinstance(arguments[0], Reference):
        return Reference(f"{arguments[0].dotted}.__dict__")
    return None


def _opened(function: str, arguments: list[Known | None]) -> str:
    """Tell a database held in memory from one on disk: only the latter can be damaged."""
    where = arguments[0] if arguments else None
    if function == "duckdb.connect" and not arguments:
        return "(memory)"
    if isinstance(where, Text) and where.value in {":memory:", "sqlite://", "sqlite:///:memory:"}:
        return "(memory)"
    return "()"
