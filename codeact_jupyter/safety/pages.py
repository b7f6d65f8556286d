"""What a page would do that shows a text as HTML or Markdown: load from elsewhere, or run a script.

A text of code may be as long as an answer, and the server waits meanwhile: each expression reads
it once, however many tags and brackets stay open in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .kinds import Finding
from .site import shortened

_TAG = re.compile(r"<[a-z]\w*\b", re.IGNORECASE)
# What acts when something happens, and not `only=` or `once =`.
_HANDLER = re.compile(r"\son(?!(ly|ce|set|e)\b)\w+\s*=", re.IGNORECASE)
_LOADING_TAG = re.compile(
    r"<(img|script|iframe|link|video|audio|source|object|embed|form|input|image|use|base)\b",
    re.IGNORECASE,
)
_LOADED = re.compile(
    r"""\b(src|srcset|href|data|action|poster|background)\s*=\s*["']?(?:[a-z]+:)?//""",
    re.IGNORECASE,
)
_LINKED = re.compile(r"\]\(\s*<?(?:https?:)?//", re.IGNORECASE)
_STYLED = re.compile(
    r"""\burl\(\s*["']?(?:https?:)?//|@import\s+["'](?:https?:)?//""", re.IGNORECASE
)
_ACTS = re.compile(
    r"""<script\b | javascript:(?!;|\s*void) | <iframe\b
    | data-commandlinker | ^application/javascript$""",
    re.IGNORECASE | re.VERBOSE,
)
_ADDRESS = re.compile(r"//([^/\s\"'?]+)")


def in_page(text: str) -> Iterator[Finding]:
    """Judge a text by what a page would do that shows it as HTML or Markdown."""
    if _ACTS.search(text) or _in_tag(text, _TAG, _HANDLER):
        yield Finding("dynamic", f"may put a script into the page: {shortened(text)}")
    elif found := _in_tag(text, _LOADING_TAG, _LOADED) or _picture(text) or _STYLED.search(text):
        host = _ADDRESS.search(text, found.start())
        where = host[1] if host else "another machine"
        yield Finding("network", f"makes the page load something from {where}: {shortened(text)}")


def _in_tag(text: str, tag: re.Pattern[str], part: re.Pattern[str]) -> re.Match[str] | None:
    """The first such part of a tag that begins so; of those that are not closed, all are one."""
    at = 0
    while (opened := tag.search(text, at)) is not None:
        closed = text.find(">", opened.end())
        at = len(text) if closed < 0 else closed
        if found := part.search(text, opened.end(), at):
            return found
    return None


def _picture(text: str) -> re.Match[str] | None:
    """The address of the first picture in Markdown."""
    for found in _LINKED.finditer(text):
        begins = text.rfind("]", 0, found.start()) + 1
        if text.find("![", begins, found.start()) >= 0:
            return found
    return None
