"""Code given as text, and names that are computed: read when literal, else said to be unknown.

Knows only these few functions. What a literal contains is read by the caller like any other code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .kinds import Finding, Outcome, Python
from .site import CallSite, shown

RUNS_TEXT = frozenset({"exec", "eval", "compile", "get_ipython().run_cell", "get_ipython().ex"})
_IMPORTS = frozenset({"__import__", "importlib.import_module"})
_UNSAFE_WHEN = {
    "numpy.load": ("allow_pickle", True),
    "torch.load": ("weights_only", False),
}


def dynamic_effects(site: CallSite) -> Iterator[Outcome]:
    """Read the code a call runs, or say that it cannot be read."""
    if site.target in RUNS_TEXT:
        code = site.text(0, "source", "raw_cell", "cmd")
        local = site.target in {"exec", "eval"} and len(site.node.args) > 1
        yield unknown(site.source) if code is None else Python(code, local=local)
    elif site.target in _IMPORTS:
        if site.text(0, "name") is None:
            yield Finding("dynamic", f"imports a module whose name is computed: {site.source}")
    elif site.target in {"getattr", "operator.attrgetter", "operator.methodcaller"}:
        if site.text(1 if site.target == "getattr" else 0) is None:
            yield Finding("dynamic", f"uses an attribute whose name is computed: {site.source}")
    elif site.target in _UNSAFE_WHEN:
        keyword, value = _UNSAFE_WHEN[site.target]
        argument = site.argument(None, keyword)
        if isinstance(argument, ast.Constant) and argument.value is value:
            yield unknown(site.source)


def unknown(source: str) -> Finding:
    """Put code that cannot be read into words."""
    return Finding("dynamic", f"runs code that cannot be read beforehand: {source}")


def passed_runner(dotted: str, node: ast.expr) -> Finding | None:
    """Judge `eval` and the like handed on rather than called, as in `column.apply(eval)`."""
    return unknown(shown(node)) if dotted in RUNS_TEXT | _IMPORTS else None
