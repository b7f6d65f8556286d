"""Code given as text, and names that are computed: read when literal, else said to be unknown.

Knows only these few functions. What a literal contains is read by the caller like any other code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .kinds import Finding, Outcome, Python
from .patching import replaced
from .sights import REACHING
from .site import CallSite, shown
from .tables import words
from .values import Concealed, Reference, Text

RUNS_TEXT = frozenset(
    {"exec", "eval", "compile", "get_ipython().run_cell", "get_ipython().ex", "pandas.eval"}
)
# These run a text too, but may be given something else, or a text in a language of their own.
_MAY_RUN_TEXT = words(
    """timeit.timeit timeit.repeat timeit.Timer cProfile.run cProfile.runctx profile.run
    sympy.sympify sympy.lambdify sympy.parse_expr sympy.parsing.sympy_parser.parse_expr
    numexpr.evaluate jinja2.Template"""
)
_EXPRESSIONS = frozenset({"query", "eval"})
_CALLS = re.compile(r"[\w)\]]\s*\(")  # which an expression of pandas does too, also on a column
_BACKTICKS = re.compile(r"`[^`]*`")
_IMPORTS = frozenset({"__import__", "importlib.import_module", "importlib.__import__"})
_ATTRIBUTES = {
    "getattr": 1,
    "inspect.getattr_static": 1,
    "operator.attrgetter": 0,
    "operator.methodcaller": 0,
}
_MADE_GETTERS = frozenset({"operator.attrgetter()", "operator.methodcaller()"})
_LOOKS_THROUGH = frozenset({"vars", "dir", "inspect.getmembers"})
_POWERFUL = words("os sys subprocess shutil builtins __builtins__ ctypes socket importlib pty")
_SAFE_LOADERS = words("SafeLoader CSafeLoader BaseLoader CBaseLoader")
_UNSAFE_WHEN: dict[str, tuple[str, int | None, bool]] = {
    "numpy.load": ("allow_pickle", 2, True),
    "torch.load": ("weights_only", None, False),
    "keras.models.load_model": ("safe_mode", None, False),
    "tensorflow.keras.models.load_model": ("safe_mode", None, False),
    "keras.saving.load_model": ("safe_mode", None, False),
}
_BACKENDS = frozenset({"matplotlib.use", "matplotlib.pyplot.switch_backend"})


def dynamic_effects(site: CallSite) -> Iterator[Outcome]:
    """Read the code a call runs, or say that it cannot be read."""
    if site.target in RUNS_TEXT:
        code = site.text(0, "source", "raw_cell", "cmd", "expr")
        local = site.target in {"exec", "eval", "pandas.eval"} and len(site.node.args) > 1
        yield unknown(site.source) if code is None else _python(code, site, local=local)
    elif site.target in _MAY_RUN_TEXT:
        yield from _perhaps_text(site)
    elif site.word in _EXPRESSIONS and isinstance(site.node.func, ast.Attribute):
        yield from _expression(site)
    elif site.target in _IMPORTS:
        if site.text(0, "name") is None:
            yield Finding("dynamic", f"imports a module whose name is computed: {site.source}")
    elif site.target in _ATTRIBUTES:
        name = site.text(_ATTRIBUTES[site.target])
        if name is None or name in REACHING:
            yield Finding("dynamic", f"uses an attribute whose name is computed: {site.source}")
    elif site.target in _MADE_GETTERS or site.target in _LOOKS_THROUGH:
        if any(_is_powerful(site.resolve(each)) for each in site.arguments()):
            yield Finding("dynamic", f"looks through a module: {site.source}")
    elif site.target in {"setattr", "delattr"}:
        yield from _set(site)
    elif site.target in {"yaml.load", "yaml.load_all"}:
        if not _is_safe(site.argument(1, "Loader")):
            yield unknown(site.source)
    elif site.target in _BACKENDS:
        if "module://" in (site.text(0, "backend", "newbackend") or ""):
            yield unknown(site.source)
    elif site.target in _UNSAFE_WHEN:
        keyword, position, safe = _UNSAFE_WHEN[site.target]
        argument = site.argument(position, keyword)
        plain = isinstance(argument, ast.Constant) and argument.value is not safe
        if argument is not None and not plain:
            yield unknown(site.source)


def unknown(source: str) -> Finding:
    """Put code that cannot be read into words."""
    return Finding("dynamic", f"runs code that cannot be read beforehand: {source}")


def passed_runner(dotted: str, node: ast.expr) -> Finding | None:
    """Judge `eval` and the like handed on rather than called, as in `column.apply(eval)`."""
    runs = dotted in RUNS_TEXT | _IMPORTS | _ATTRIBUTES.keys()
    return unknown(shown(node)) if runs else None


def _python(code: str, site: CallSite, *, local: bool = False) -> Python:
    """The text as code; `@name` in an expression of pandas is a variable of the notebook."""
    return Python(code.replace("@", "") if site.target == "pandas.eval" else code, local=local)


def _perhaps_text(site: CallSite) -> Iterator[Outcome]:
    position = 1 if site.target == "sympy.lambdify" else 0
    argument = site.argument(position, "stmt", "statement", "a", "ex", "s", "source", "expr")
    known = site.resolve(argument)
    if isinstance(known, Text) and known.complete:
        if site.target.startswith(("timeit.", "cProfile.", "profile.")):
            yield Python(known.value, local=True)
        elif _CALLS.search(known.value) and _is_python(known.value):
            yield Python(known.value, local=True)  # of sympy: its texts are evaluated
    elif isinstance(argument, ast.Name | ast.Subscript | ast.Call) and argument is not None:
        yield unknown(site.source)


def _expression(site: CallSite) -> Iterator[Outcome]:
    """Judge `df.query(...)` and `df.eval(...)`: pandas runs what stands behind an `@`."""
    argument = site.argument(0, "expr")
    known = site.resolve(argument)
    if isinstance(known, Text):
        code = _BACKTICKS.sub("column", known.value).replace("@", "")
        if "@" in known.value or (_CALLS.search(code) and _is_python(code)):
            yield Python(code, local=True)
    elif isinstance(known, Concealed) or (isinstance(argument, ast.Name) and argument.id.islower()):
        yield unknown(site.source)


def _is_python(text: str) -> bool:
    """Say whether a text can be read as Python: SQL for a database's `query` cannot."""
    try:
        ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _set(site: CallSite) -> Iterator[Outcome]:
    owner, name = site.known(0), site.text(1)
    if name in REACHING:
        yield unknown(site.source)
    elif isinstance(owner, Reference):
        finding = replaced(owner.dotted, name or "", site.source)
        if finding:
            yield finding


def _is_powerful(known: object) -> bool:
    return isinstance(known, Reference) and known.dotted.partition(".")[0] in _POWERFUL


def _is_safe(loader: ast.expr | None) -> bool:
    name = getattr(loader, "attr", getattr(loader, "id", ""))
    return name in _SAFE_LOADERS
