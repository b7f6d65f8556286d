"""What a single piece of the code gives away wherever it stands: no name has to be followed.

Attributes that lead from any object to the interpreter, texts that would make a page load
something or run a script, format strings that walk through attributes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from .kinds import Finding
from .site import CallSite, shortened, shown
from .tables import words
from .values import Text

# Through these, code reaches any module and any variable from any object.
REACHING = words(
    """__self__ __objclass__ __globals__ __builtins__ __code__ __closure__ __subclasses__ __bases__
    __base__ __getattribute__ __reduce__ __reduce_ex__ __setstate__ gi_frame gi_code cr_frame
    cr_code ag_frame f_back f_globals f_locals f_builtins f_code tb_frame
    cell_contents __loader__ __spec__ _getframe"""
)
_SHOWING = words(
    """HTML Markdown Image IFrame Video Audio SVG display_html display_markdown add_layout_image
    Chart Map TileLayer"""
)
_SET_ONLY = words("__defaults__ __kwdefaults__ __class__ __del__ __dict__")
_WALKING_FORMAT = re.compile(r"\{[^{}]*(\._|\[_|__)[^{}]*\}")
_LOADS = re.compile(
    r"""<(img|script|iframe|link|video|audio|source|object|embed|form|input|image|use|base)\b
    [^>]*?\b(src|srcset|href|data|action|poster|background)\s*=\s*["']?(?:[a-z]+:)?//
    |!\[[^\]]*\]\(\s*<?(?:https?:)?//
    |\burl\(\s*["']?(?:https?:)?// | @import\s+["'](?:https?:)?//""",
    re.IGNORECASE | re.VERBOSE,
)
_ACTS = re.compile(
    r"""<script\b | <[a-z]\w*\b[^>]*\son\w+\s*= | javascript:(?!;|\s*void) | <iframe\b
    | data-commandlinker | ^application/javascript$""",
    re.IGNORECASE | re.VERBOSE,
)
_ADDRESS = re.compile(r"//([^/\s\"'?]+)")


def sights(tree: ast.Module) -> Iterator[tuple[Finding, int]]:
    """Give what is found and its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _reaches(node):
            yield _reaching(shown(node)), node.lineno
        elif isinstance(node, ast.FunctionDef) and node.name == "_repr_javascript_":
            yield Finding("dynamic", f"may put a script into the page: {node.name}"), node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for finding in _in_text(node.value):
                yield finding, node.lineno


def in_page(text: str) -> Iterator[Finding]:
    """Judge a text by what a page would do that shows it as HTML or Markdown."""
    if _ACTS.search(text):
        detail = f"may put a script into the page: {shortened(text)}"
        yield Finding("dynamic", detail)
    elif found := _LOADS.search(text):
        host = _ADDRESS.search(text, found.start())
        where = host[1] if host else "another machine"
        yield Finding("network", f"makes the page load something from {where}: {shortened(text)}")


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
    if "{" in text and "_" in text and _WALKING_FORMAT.search(text):
        yield _reaching(shortened(text))


def _reaches(node: ast.Attribute) -> bool:
    if node.attr in REACHING:
        return True
    return node.attr in _SET_ONLY and not isinstance(node.ctx, ast.Load)


def _reaching(source: str) -> Finding:
    return Finding("dynamic", f"reaches through an object into the interpreter: {source}")
