"""HTML as what a person reads of it: tables cell by cell, and the rest as words and tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

Table = list[list[str]]
KEPT = ("href", "src", "alt", "d", "points", "x", "y", "width", "height")


@dataclass
class Page:
    """The tables of a piece of HTML, and what stands around them."""

    tables: list[Table] = field(default_factory=list)
    rest: str = ""


def page_of(html: str) -> Page:
    """Read HTML; broken HTML is read as a browser would, and never refused."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Page(reader.tables, " ".join("".join(reader.rest).split()))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[Table] = []
        self.rest: list[str] = []
        self._open: list[Table] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "style":
            self._silent += 1
        elif tag == "table":
            self.tables.append([])
            self._open.append(self.tables[-1])
        elif self._open and tag == "tr":
            self._open[-1].append([])
        elif self._open and tag in ("td", "th"):
            if not self._open[-1]:
                self._open[-1].append([])
            self._open[-1][-1].append("")
        elif not self._open:
            said = "".join(f" {name}={value}" for name, value in attrs if _is_said(name, value))
            self.rest.append(f"<{tag}{said}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._silent = max(0, self._silent - 1)
        elif tag == "table" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._open and self._open[-1] and self._open[-1][-1]:
            self._open[-1][-1][-1] += data.strip()
        else:
            self.rest.append(data)


def _is_said(name: str, value: str | None) -> bool:
    return name in KEPT and not (value or "").startswith("#")
