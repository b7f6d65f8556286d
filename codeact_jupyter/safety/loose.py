"""Texts of a cell that may become a path or an address, though not all ways there are followed.

They stand in lists and mappings, defaults, arguments of functions that are not known, and the like.
A call whose path is not known is judged by them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Set

from .kinds import EffectKind, Finding, Touch
from .paths import Workspace, remote_address
from .tables import words
from .values import Text

_MAY_NAME = re.compile(r"[^\s<>|]{0,500}(/|\.\w{1,8}$)")
_ONLY_TELLING = words(
    """print display len str repr int float bool isinstance hasattr getattr format input sorted open
    Path HTML Markdown Image"""
)
_PASSING = words(
    """getenv get setdefault append extend add insert update urljoin join joinpath submit map
    starmap partial to_thread pipe callback"""
)
_NOT_FIRST = frozenset({"get", "getenv", "setdefault"})  # which is a key
_Assigned = ast.Assign | ast.AnnAssign


class Loose:
    """The loose texts of all code read so far; each is judged once for each kind of touch."""

    def __init__(self) -> None:
        self._texts: list[Text] = []
        self._judged: dict[Touch, int] = {}
        self._found: dict[Touch, dict[EffectKind, Finding]] = {}

    def add(self, nodes: Iterable[ast.AST], compared: Set[int]) -> None:
        """Add the texts of a piece of code, but for those that are only `compared`."""
        self._texts += _texts_of(nodes, compared)

    def touched(self, touch: Touch, workspace: Workspace) -> Collection[Finding]:
        """Judge touching any of them: one finding of a kind is enough."""
        found = self._found.setdefault(touch, {})
        for text in self._texts[self._judged.get(touch, 0) :]:
            fetched = text.value.startswith(("http://", "https://"))
            finding = None if fetched and touch != "read" else workspace.touched(text, touch)
            if finding:
                found.setdefault(finding.kind, finding)
        self._judged[touch] = len(self._texts)
        return found.values()


def _texts_of(nodes: Iterable[ast.AST], compared: Set[int]) -> Iterator[Text]:
    assigned: dict[str, list[Text]] = {}
    for node in nodes:
        for part in _loose_in(node):
            text = _beginning(part)
            if text and id(part) not in compared and _MAY_NAME.match(text.value):
                yield text
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _beginning(node.value)
            assigned.setdefault(node.targets[0].id, []).extend([text] if text else [])
    for texts in assigned.values():  # the only text of a name is followed, but not what it joins
        for text in texts:
            if remote_address(text) or (len(texts) > 1 and _MAY_NAME.match(text.value)):
                yield text


def _loose_in(node: ast.AST) -> Iterable[ast.expr | None]:
    """The parts of a node that go where they are not followed."""
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return parts
        case ast.Dict(values=parts) | ast.BoolOp(values=parts):
            return parts
        case ast.ListComp(elt=part) | ast.SetComp(elt=part) | ast.GeneratorExp(elt=part):
            return [part]
        case ast.DictComp(value=part) | ast.Return(value=part):
            return [part]
        case ast.IfExp():
            return [node.body, node.orelse]
        case ast.arguments():
            return [*node.defaults, *node.kw_defaults]
        case ast.ClassDef():
            return [each.value for each in node.body if isinstance(each, _Assigned)]
        case ast.Call():
            return _passed(node)
    return ()


def _passed(node: ast.Call) -> list[ast.expr]:
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    by_name = isinstance(node.func, ast.Name) and name not in _ONLY_TELLING
    if not by_name and name not in _PASSING and not name[:1].isupper():
        return []
    return [*node.args[name in _NOT_FIRST :], *(each.value for each in node.keywords)]


def _beginning(node: ast.expr | None) -> Text | None:
    """How a text begins that is written there, or put together of what begins so."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return Text(node.value)
    if isinstance(node, ast.JoinedStr) and node.values:
        first = _beginning(node.values[0])
    elif isinstance(node, ast.BinOp):
        first = _beginning(node.left)
    else:
        first = None
    return Text(first.value, complete=False) if first else None
