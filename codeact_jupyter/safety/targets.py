"""What the targets of assignments and loops are bound to, beyond what an expression plainly is.

A file that is found by looking is one that is there, whichever it is.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import replace

from .paths import remote_address
from .values import Found, Known, Reference, Text

Resolve = Callable[[ast.expr | None], Known | None]
_FILE = re.compile(r"/|\.\w{1,8}$")
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp


def bound_to(value: ast.expr | None, resolve: Resolve) -> Known | None:
    """Say what a name is bound to by this: also a mapping, and a choice of what was found."""
    if isinstance(value, ast.Dict | ast.DictComp):
        return Reference("dict()")
    if isinstance(value, _Comprehension) and _chooses(value):
        return resolve(value.generators[0].iter)
    if isinstance(value, ast.IfExp):
        one, other = resolve(value.body), resolve(value.orelse)
        return either(one, other) if isinstance(one, Text) else one or other
    if isinstance(value, ast.BoolOp):
        return max(map(resolve, value.values), key=_telling) or resolve(value)
    return resolve(value)


def either(one: Known | None, other: Known | None) -> Known | None:
    """Say what is one of two: what leads farther; of two names of files it is not known which."""
    if not isinstance(one, Text) or not isinstance(other, Text) or one == other:
        return other
    if _telling(one) != _telling(other):
        return max(one, other, key=_telling)
    return None if _FILE.search(one.value) or _FILE.search(other.value) else other


def pairs(target: ast.Tuple | ast.List, value: ast.expr | None) -> list[ast.expr | None]:
    """Give for each part of a target the part of the value that it gets, None where unknown."""
    starred = any(isinstance(item, ast.Starred) for item in target.elts)
    if (
        isinstance(value, ast.Tuple | ast.List)
        and len(value.elts) == len(target.elts)
        and not starred
    ):
        return [*value.elts]
    return [None] * len(target.elts)


def first_item(node: ast.expr) -> ast.expr | None:
    """Give the first of literal items, or one that leads outside: it stands for all of them."""
    if not isinstance(node, ast.List | ast.Tuple | ast.Set) or not node.elts:
        return None
    texts = [Text(str(getattr(item, "value", ""))) for item in node.elts]
    return node.elts[max(range(len(texts)), key=lambda at: (_telling(texts[at]), -at))]


def shares(found: Found, count: int) -> list[Known | None]:
    """Say what each of several targets of a loop gets: of `enumerate` two, of `os.walk` three."""
    if count == 2:
        return [None, found]
    return [found] if count == 1 else [replace(found, bare=False), *[found] * (count - 1)]


def parameters(node: _Function) -> list[str]:
    """Give the names that a function binds to what it is given."""
    return [item.arg for item in arguments(node.args)]


def defaults(declared: ast.arguments) -> list[ast.expr]:
    """Give what parameters are where a call gives nothing."""
    return [*declared.defaults, *filter(None, declared.kw_defaults)]


def arguments(declared: ast.arguments) -> list[ast.arg]:
    """Give all that a function declares to take, in whatever way."""
    every = [*declared.posonlyargs, *declared.args, *declared.kwonlyargs]
    return [*every, *(item for item in (declared.vararg, declared.kwarg) if item)]


def _telling(known: Known | None) -> int:
    """Rank what is known by how much it matters where it leads."""
    if not isinstance(known, Text):
        return 0
    return 3 if remote_address(known) else 2 if known.value.startswith(("/", "~", "..")) else 1


def _chooses(node: _Comprehension) -> bool:
    """Say whether a comprehension leaves items as they are, as `[f for f in files if f]` does."""
    target = node.generators[0].target
    return isinstance(node.elt, ast.Name) and getattr(target, "id", "") == node.elt.id
