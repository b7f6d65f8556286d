"""Calls that call a function with what they are given: `submit(f, x)` is `f(x)` as well."""

from __future__ import annotations

import ast

from .site import CallSite
from .targets import first_item

_PASS_ON = frozenset({"partial", "submit", "to_thread", "callback", "call_soon", "apply_async"})
_EACH = frozenset({"map", "imap", "imap_unordered"})
_STARTED = frozenset({"Thread", "Timer"})


def applied(site: CallSite) -> ast.Call | None:
    """Give the call that this call makes of a function that it is handed, None where there is none.

    Of many arguments, as `map` takes them, the first stands for all.
    """
    node, rest, keywords = site.node, site.node.args[1:], site.node.keywords
    function = site.argument(0)
    if site.word in _STARTED:
        function, rest = site.argument(None, "target", "function"), _items(site, "args")
        given = site.argument(None, "kwargs")
        keywords = [ast.keyword(None, given)] if given else []
    elif site.word in _EACH:
        rest = [first_item(each) or each for each in rest]
    elif site.word == "pipe" and isinstance(node.func, ast.Attribute):
        rest = [node.func.value, *rest]
    elif site.word not in _PASS_ON:
        return None
    if not isinstance(function, ast.Attribute | ast.Name):
        return None
    return ast.copy_location(ast.Call(function, rest, keywords), node)


def _items(site: CallSite, keyword: str) -> list[ast.expr]:
    given = site.argument(None, keyword)
    return given.elts if isinstance(given, ast.Tuple | ast.List) else []
