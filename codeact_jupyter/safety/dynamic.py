"""Code given as text, and names that are computed: read when literal, else said to be unknown.

Knows only these few functions. What a literal contains is read by the caller like any other code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .kinds import Finding, Outcome, Python
from .names import CALLED_IMPORTS
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
    cProfile.Profile().run cProfile.Profile().runctx profile.Profile().run
    sympy.sympify sympy.lambdify sympy.parse_expr sympy.parsing.sympy_parser.parse_expr
    numexpr.evaluate jinja2.Template jinja2.Environment().from_string mako.template.Template
    sympy.S"""
)
_FORMULAS = re.compile(r"^statsmodels\.formula\.api\.\w+$|^patsy\.dmatri(x|ces)$|\.from_formula$")
_EXPRESSIONS = frozenset({"query", "eval"})
_OF_FRAMES = words("expr inplace target engine parser local_dict global_dict level resolvers")
_OF_OTHERS = re.compile(r"^sqlalchemy\.|(tree|index|collection)(\(\))?$", re.IGNORECASE)
_CALLS = re.compile(r"[\w)\]]\s*\(")  # which an expression of pandas does too, also on a column
_BACKTICKS = re.compile(r"`[^`]*`")
_ATTRIBUTES = {
    "getattr": 1,
    "inspect.getattr_static": 1,
    "operator.attrgetter": 0,
    "operator.methodcaller": 0,
}
_MADE_GETTERS = frozenset({"operator.attrgetter()", "operator.methodcaller()"})
_LOOKS_THROUGH = frozenset({"vars", "dir", "inspect.getmembers"})
_POWERFUL = words("os sys subprocess shutil builtins __builtins__ ctypes socket importlib pty")
# Of these any function may be called, whichever it is: they compute, or draw.
_COMPUTING = words(
    """numpy numpy.random numpy.linalg numpy.fft math statistics scipy.stats scipy.special
    scipy.signal scipy.optimize scipy.spatial.distance sklearn.metrics sklearn.linear_model
    sklearn.ensemble sklearn.preprocessing torch.nn torch.nn.functional torch.optim seaborn
    plotly.express keras.layers tensorflow.keras.layers"""
)
_COMPUTED = ("pandas.", "numpy.", "polars.", "scipy.", "sklearn.", "matplotlib.axes.")
_SAFE_LOADERS = words("SafeLoader CSafeLoader BaseLoader CBaseLoader")
_UNSAFE_WHEN: dict[str, tuple[str, int | None, bool]] = {
    "numpy.load": ("allow_pickle", 2, True),
    "torch.load": ("weights_only", None, False),
    "keras.models.load_model": ("safe_mode", None, False),
    "tensorflow.keras.models.load_model": ("safe_mode", None, False),
    "keras.saving.load_model": ("safe_mode", None, False),
}
_BACKENDS = frozenset({"matplotlib.use", "matplotlib.pyplot.switch_backend"})
_NAMESPACES = frozenset({"globals()", "locals()", "vars()"})
_SETS_NAME = words("__setitem__ update")
_DELETES_NAME = words("__delitem__ pop")
FUNCTIONS = frozenset().union(RUNS_TEXT, _MAY_RUN_TEXT, CALLED_IMPORTS, _ATTRIBUTES, _UNSAFE_WHEN)


def dynamic_effects(site: CallSite) -> Iterator[Outcome]:
    """Read the code a call runs, or say that it cannot be read."""
    if site.target in RUNS_TEXT:
        code = site.text(0, "source", "raw_cell", "cmd", "expr")
        yield unknown(site.source) if code is None else _python(code, site)
    elif site.target in _MAY_RUN_TEXT:
        yield from _perhaps_text(site)
    elif _FORMULAS.search(site.target):
        yield from _formula(site)
    elif site.word in _EXPRESSIONS and isinstance(site.node.func, ast.Attribute):
        yield from _expression(site)
    elif site.target in CALLED_IMPORTS:
        if site.text(0, "name") is None:
            yield Finding("dynamic", f"imports a module whose name is computed: {site.source}")
    elif site.target in _ATTRIBUTES:
        name = site.text(_ATTRIBUTES[site.target])
        if name in REACHING or (name is None and not _computes(site)):
            yield Finding("dynamic", f"uses an attribute whose name is computed: {site.source}")
    elif site.target in _MADE_GETTERS or site.target in _LOOKS_THROUGH:
        if any(_is_powerful(site.resolve(each)) for each in site.arguments()):
            yield Finding("dynamic", f"looks through a module: {site.source}")
    elif site.target in {"setattr", "delattr"}:
        yield from _set(site)
    elif site.target.rpartition(".")[0] in _NAMESPACES:
        yield from _named_anew(site)
    elif site.target in {"yaml.load", "yaml.load_all"}:
        if not _is_safe(site.argument(1, "Loader")):
            yield unknown(site.source)
    elif site.target in _BACKENDS:
        if "module://" in (site.text(0, "backend", "newbackend") or ""):
            yield unknown(site.source)
    elif site.target in _UNSAFE_WHEN:
        keyword, position, unsafe = _UNSAFE_WHEN[site.target]
        argument = site.argument(position, keyword)
        plain = isinstance(argument, ast.Constant) and bool(argument.value) is not unsafe
        if site.unpacks if argument is None else not plain:
            yield unknown(site.source)


def unknown(source: str) -> Finding:
    """Put code that cannot be read into words."""
    return Finding("dynamic", f"runs code that cannot be read beforehand: {source}")


def passed_runner(dotted: str, node: ast.expr) -> Finding | None:
    """Judge `eval` and the like handed on rather than called, as in `column.apply(eval)`."""
    owner, _, word = dotted.rpartition(".")
    names = owner in _NAMESPACES and word in _SETS_NAME | _DELETES_NAME
    runs = dotted in RUNS_TEXT | CALLED_IMPORTS | _ATTRIBUTES.keys()
    return unknown(shown(node)) if runs or names else None


def _python(code: str, site: CallSite) -> Python:
    """The text as code; `@name` in an expression of pandas is a variable of the notebook."""
    if site.target == "pandas.eval":
        return Python(code.replace("@", ""), local=len(site.node.args) > 1)
    spaces = [*site.node.args[1:], *(item.value for item in site.node.keywords)]
    notebooks = any(_is_namespace(site.resolve(space)) for space in spaces)
    return Python(code, local=site.target in {"exec", "eval"} and bool(spaces) and not notebooks)


def _is_namespace(known: object) -> bool:
    return isinstance(known, Reference) and known.dotted in _NAMESPACES


def _named_anew(site: CallSite) -> Iterator[Outcome]:
    """Read what the methods of `globals()` set and delete as the statements that do so."""
    if site.word not in _SETS_NAME | _DELETES_NAME:
        return
    by_mapping = (name for name, _ in site.named())
    for name in by_mapping if site.word == "update" else [site.text(0)]:
        if not isinstance(name, str) or not name.isidentifier():
            yield unknown(site.source)
        else:
            yield Python(f"del {name}" if site.word in _DELETES_NAME else f"{name} = None")


def _perhaps_text(site: CallSite) -> Iterator[Outcome]:
    position = 1 if site.target == "sympy.lambdify" else 0
    argument = site.argument(position, "stmt", "statement", "a", "ex", "s", "source", "expr")
    known = site.resolve(argument)
    if site.target.startswith("timeit.") and (setup := site.argument(1, "setup")):
        code = site.resolve(setup)
        yield Python(code.value, local=True) if isinstance(code, Text) else unknown(site.source)
    if isinstance(known, Text) and known.complete:
        if site.target.startswith(("timeit.", "cProfile.", "profile.")):
            yield Python(known.value, local=True)
        elif _CALLS.search(known.value) and _is_python(known.value):
            yield Python(known.value, local=True)  # of sympy: its texts are evaluated
    elif isinstance(known, Reference) and known.dotted.startswith("sympy."):
        return
    elif isinstance(argument, ast.Name | ast.Subscript | ast.Call):
        yield unknown(site.source)


def _formula(site: CallSite) -> Iterator[Outcome]:
    """Judge the terms of a formula: those that patsy does not know are evaluated."""
    for side in (site.text(0, "formula", "formula_like") or "").split("~"):
        terms = side.replace(":", "*").strip()
        if _CALLS.search(terms) and _is_python(terms):
            yield Python(terms, local=True)


def _expression(site: CallSite) -> Iterator[Outcome]:
    """Judge `df.query(...)` and `df.eval(...)`: pandas runs what stands behind an `@`."""
    argument = site.argument(0, "expr")
    known = site.resolve(argument)
    if isinstance(known, Text):
        code = _BACKTICKS.sub("column", known.value).replace("@", "")
        if "@" in known.value or (_CALLS.search(code) and _is_python(code)):
            yield Python(code, local=True)
    elif isinstance(known, Concealed) or (
        isinstance(argument, ast.Name) and argument.id.islower() and _may_be_frames(site)
    ):
        yield unknown(site.source)


def _may_be_frames(site: CallSite) -> bool:
    """Say whether it may be a method of a frame: those of trees and indices take no text."""
    others = any(each.arg and each.arg not in _OF_FRAMES for each in site.node.keywords)
    owner = site.receiver.dotted if isinstance(site.receiver, Reference) else ""
    return not others and not _OF_OTHERS.search(owner)


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
    elif isinstance(owner, Reference) and owner.dotted == "__main__" and name:
        yield Python(f"del {name}" if site.target == "delattr" else f"{name} = None")
    elif isinstance(owner, Reference):
        finding = replaced(owner.dotted, name or "", site.source)
        if finding:
            yield finding


def _computes(site: CallSite) -> bool:
    """Say whether an attribute whose name is a variable is one of what only computes."""
    owner = site.argument(0)
    if site.target != "getattr" or isinstance(site.known(1), Text | Concealed):
        return False
    known = site.resolve(owner)
    if isinstance(known, Reference) and known.dotted in _COMPUTING:
        return True
    while isinstance(owner, ast.Attribute | ast.Subscript | ast.Call):
        owner = owner.func if isinstance(owner, ast.Call) else owner.value
    known = site.resolve(owner)
    dotted = known.dotted if isinstance(known, Reference) else ""
    return dotted.startswith(_COMPUTED) and "()" in dotted


def _is_powerful(known: object) -> bool:
    return isinstance(known, Reference) and known.dotted.partition(".")[0] in _POWERFUL


def _is_safe(loader: ast.expr | None) -> bool:
    name = getattr(loader, "attr", getattr(loader, "id", ""))
    return name in _SAFE_LOADERS
