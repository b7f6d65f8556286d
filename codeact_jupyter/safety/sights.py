"""What a single piece of the code gives away wherever it stands: no name has to be followed.

Attributes that lead from any object to the interpreter, texts that would make a page load
something or run a script, format strings that walk through attributes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Set

from .kinds import Finding
from .pages import in_page
from .site import CallSite, shortened, shown
from .tables import words
from .values import Text

# Through these, code reaches any module and any variable from any object.
REACHING = words(
    """__self__ __objclass__ __globals__ __builtins__ __code__ __closure__ __subclasses__ __bases__
    __base__ __getattribute__ __reduce__ __reduce_ex__ __setstate__ gi_frame gi_code cr_frame
    cr_code ag_frame f_back f_globals f_locals f_builtins f_code tb_frame
    cell_contents __loader__ __spec__ _getframe connection_file"""
)
_SHOWING = words(
    """HTML Markdown Image IFrame Video Audio SVG display_html display_markdown add_layout_image
    Chart Map TileLayer"""
)
_PARSING = words("BeautifulSoup fromstring XML write_text")  # their text is not shown by that
_TOLD = words("co_varnames co_argcount co_kwonlyargcount co_name co_filename co_firstlineno")
_SET_ONLY = words("__defaults__ __kwdefaults__ __class__ __del__ __dict__")
_FIELD = re.compile(r"\{[^{}]*\}")
_PLAIN_FIELD = re.compile(r"\.__(class|name|qualname|doc|module)__")


def sights(nodes: Iterable[ast.AST], compared: Set[int]) -> Iterator[tuple[Finding, int]]:
    """Give what is found and its line; texts that are only `compared` are passed over.

    Of the nodes, what is around one comes before it.
    """
    passed = set(compared)
    for node in nodes:
        passed.update(map(id, _harmless_in(node)))
        if id(node) in passed:
            continue
        if isinstance(node, ast.Attribute | ast.Subscript) and _reaches(node):
            yield _reaching(shown(node)), node.lineno
        elif isinstance(node, ast.FunctionDef) and node.name == "_repr_javascript_":
            yield Finding("dynamic", f"may put a script into the page: {node.name}"), node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for finding in _in_text(node.value):
                yield finding, node.lineno


def shown_to_person(site: CallSite) -> Iterator[Finding]:
    """Judge a call that makes something a page shows, by the text or the address it is given."""
    if site.word not in _SHOWING:
        return
    for argument in site.arguments():
        known = site.resolve(argument)
        if isinstance(known, Text):
            yield from in_page(known.value)
            if known.value.startswith(("http://", "https://", "//")):
                yield Finding("network", f"makes the page load something: {site.source}")


def _in_text(text: str) -> Iterator[Finding]:
    if "<" in text or "!" in text or "url(" in text or ":" in text or "/javascript" in text:
        yield from in_page(text)
    if "{" in text and "_" in text and any(map(_walks, _FIELD.findall(text))):
        yield _reaching(shortened(text))


def _walks(field: str) -> bool:
    """Whether a field of a format string goes through attributes that are not for others."""
    field = _PLAIN_FIELD.sub("", field)
    return "._" in field or "[_" in field


def _harmless_in(node: ast.AST) -> list[ast.expr]:
    """The parts of a node that look as if they did something, and do not, used as they are."""
    if isinstance(node, ast.Attribute) and node.attr in _TOLD:
        return [node.value]  # `f.__code__` in `f.__code__.co_varnames`
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return node.args[:1] if name in _PARSING else []
    return []


def _reaches(node: ast.Attribute | ast.Subscript) -> bool:
    if isinstance(node, ast.Subscript):
        return getattr(node.slice, "value", None) == "connection_file"
    if node.attr == "__subclasses__" and isinstance(node.value, ast.Name):
        return not node.value.id[:1].isupper()  # of a class of the person's
    if node.attr in REACHING:
        return True
    return node.attr in _SET_ONLY and not isinstance(node.ctx, ast.Load)


def _reaching(source: str) -> Finding:
    return Finding("dynamic", f"reaches through an object into the interpreter: {source}")
