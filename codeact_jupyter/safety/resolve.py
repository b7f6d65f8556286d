"""What an expression plainly is: follow aliases, join strings and paths, stop at anything else.

Runs nothing and opens nothing. What it cannot tell is None, never a guess.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable

from .names import Names
from .pathcalls import path_attribute, path_call, path_method
from .texts import decoded, filled, joined, text_method
from .values import Concealed, FilePath, Known, Reference, Text

_CALLED_IMPORT = frozenset({"__import__", "importlib.import_module", "importlib.__import__"})
_NAMESPACES = frozenset({"globals()", "locals()", "vars()"})


class Resolver:
    """Reads expressions against the names, and the current directory, as they stand now."""

    def __init__(self, names: Names, directory: Callable[[], str]) -> None:
        self._names = names
        self._directory = directory
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
        return reader(node) if reader else None

    def _first(self, nodes: list[ast.expr]) -> Known | None:
        return next((known for node in nodes if (known := self(node)) is not None), None)

    def _attribute(self, node: ast.Attribute) -> Known | None:
        base = self(node.value)
        if isinstance(base, FilePath):
            return path_attribute(base, node.attr)
        if not isinstance(base, Reference):
            return None
        if node.attr == "__file__":
            return FilePath(f"/(where {base.dotted} is installed)")
        found = base.attribute(node.attr)
        return _SEPARATORS.get(found.dotted, found)

    def _operation(self, node: ast.BinOp) -> Known | None:
        left = self(node.left)
        if isinstance(left, Concealed) or isinstance(self._other_side(node), Concealed):
            return Concealed()
        if isinstance(node.op, ast.Div):
            right = self(node.right)
            if isinstance(left, Text) and isinstance(right, FilePath):
                left = FilePath(left.value, left.complete)
            return left.joined(right) if isinstance(left, FilePath) else None
        if not isinstance(left, Text):
            return None
        if isinstance(node.op, ast.Add):
            return left.plus(self(node.right))
        if isinstance(node.op, ast.Mod):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return filled(left, [self(value) for value in values])
        return None

    def _other_side(self, node: ast.BinOp) -> Known | None:
        return self(node.right) if isinstance(node.op, ast.Add | ast.Div) else None

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
            else:
                text = text.plus(self(part))
        return text

    def _subscript(self, node: ast.Subscript) -> Known | None:
        base, key = self(node.value), self(node.slice)
        if isinstance(base, Text | Concealed):
            return _backwards(base, node.slice)
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
        if isinstance(node.func, ast.Attribute):
            receiver = self(node.func.value)
            if isinstance(receiver, FilePath):
                given = [self(item) for item in node.args]
                return path_method(receiver, node.func.attr, given, self._directory())
            if isinstance(receiver, Text):
                return self._text_call(receiver, node)
            if isinstance(receiver, Concealed):
                return receiver
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
    if function in _CALLED_IMPORT and arguments and isinstance(arguments[0], Text):
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
