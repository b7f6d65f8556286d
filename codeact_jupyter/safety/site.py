"""One call in the code, with what is known of its parts: what every rule is asked about.

Answers questions only; whether a call should be asked for is for the rules.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .values import Known, Reference, Text

_LONGEST_SOURCE = 100


@dataclass(frozen=True)
class CallSite:
    """A call; `target` is the dotted path of what is called and `word` its last name, or empty."""

    node: ast.Call
    target: str
    word: str
    receiver: Known | None
    resolve: Callable[[ast.expr | None], Known | None]

    @classmethod
    def of(cls, node: ast.Call, resolve: Callable[[ast.expr | None], Known | None]) -> CallSite:
        """Look at a call once, for all rules."""
        function, receiver = node.func, None
        known = resolve(function)
        target = known.dotted if isinstance(known, Reference) else ""
        word = target.rpartition(".")[2]
        if isinstance(function, ast.Attribute):
            receiver, word = resolve(function.value), function.attr
        return cls(node, target, word, receiver, resolve)

    def argument(self, position: int | None, *keywords: str) -> ast.expr | None:
        """Give the argument at a position, or under one of the keywords."""
        for name, value in _named(self.node.keywords):
            if name in keywords:
                return value
        if position is None:
            return None
        before = self.node.args[: position + 1]
        if len(before) <= position or any(isinstance(item, ast.Starred) for item in before):
            return None
        return before[position]

    def known(self, position: int | None, *keywords: str) -> Known | None:
        """Say what that argument plainly is."""
        return self.resolve(self.argument(position, *keywords))

    def text(self, position: int | None, *keywords: str) -> str | None:
        """Give that argument when it is a string known to its end."""
        known = self.known(position, *keywords)
        return known.value if isinstance(known, Text) and known.complete else None

    def arguments(self) -> list[ast.expr]:
        """Give all arguments, however they are passed."""
        return [*self.node.args, *(keyword.value for keyword in self.node.keywords)]

    def named(self) -> Iterator[tuple[object, ast.expr]]:
        """Give what is given by name, in mappings too, as `update` takes it; None: not known."""
        mappings = [ast.keyword(None, mapping) for mapping in self.node.args]
        return _named([*mappings, *self.node.keywords])

    @property
    def unpacks(self) -> bool:
        """Say whether it is given keywords that cannot be read, as by `**options`."""
        return any(name is None for name, _ in _named(self.node.keywords))

    @property
    def source(self) -> str:
        """Show the call to a person, on one short line."""
        return shown(self.node)


def _named(keywords: list[ast.keyword]) -> Iterator[tuple[object, ast.expr]]:
    """Give keywords and their values, also of `**{...}` and `**dict(...)`; None for the others."""
    for keyword in keywords:
        value = keyword.value
        if keyword.arg is not None:
            yield keyword.arg, value
        elif isinstance(value, ast.Dict):
            for key, item in zip(value.keys, value.values, strict=True):
                yield key.value if isinstance(key, ast.Constant) else None, item
        elif isinstance(value, ast.Call) and getattr(value.func, "id", "") == "dict":
            yield from _named(value.keywords)
        else:
            yield None, value


def shown(node: ast.AST) -> str:
    """Show code to a person, on one short line."""
    return shortened(ast.unparse(node))


def shortened(text: str) -> str:
    """Bring a text to one short line."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_SOURCE else f"{line[: _LONGEST_SOURCE - 1]}…"


def is_name_chain(node: ast.expr) -> bool:
    """Say whether the expression is only names and dots, such as `os.path.join`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
