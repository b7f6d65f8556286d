"""HTML as what a person reads of it: tables cell by cell, and the rest as words and tags.

Of a tag only what it refers to and its size are said; of one in a drawing (SVG) all but its id,
which is another in each run: what refers to it says which it is of the ids in their order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

Table = list[list[str]]
KEPT = ("href", "src", "alt", "width", "height")
NAMING = ("id", "aria-labelledby", "aria-describedby")
REFERENCE = re.compile(r"#([\w.:-]+)")


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
    tables = [
        [[reader.text(" ".join(pieces)) for pieces in row] for row in table]
        for table in reader.tables
    ]
    return Page(tables, reader.text("".join(reader.rest)))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[list[str]]]] = []  # of rows of cells of pieces
        self.rest: list[str] = []
        self._open: list[list[list[list[str]]]] = []
        self._silent = self._drawings = 0
        self._ids: dict[str, int] = {}

    def text(self, said: str) -> str:
        """What was read, with the ids by their order instead of their names."""
        plain = REFERENCE.sub(lambda found: f"#{self._ids.get(found[1], found[1])}", said)
        return " ".join(plain.split())

    def _is_unseen(self, tag: str) -> bool:
        return tag == ("metadata" if self._drawings else "style")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._drawings += tag == "svg"
        if self._is_unseen(tag):
            self._silent += 1
        elif tag == "table":
            self.tables.append([])
            self._open.append(self.tables[-1])
        elif self._open and tag == "tr":
            self._open[-1].append([])
        elif self._open and tag in ("td", "th"):
            if not self._open[-1]:
                self._open[-1].append([])
            self._open[-1][-1].append([])
        elif not self._silent:
            self._tag(tag, attrs)

    def _tag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = "".join(f" {name}={value}" for name, value in attrs if self._is_said(name, value))
        if self._drawings:
            for name, value in attrs:
                if name == "id" and value:
                    self._ids.setdefault(value, len(self._ids))
        if said or self._drawings or not self._open:
            self._say(f"<{tag}{said}>")

    def _is_said(self, name: str, value: str | None) -> bool:
        if self._drawings:
            return name not in NAMING
        return name in KEPT and not (value or "").startswith("#")

    def handle_endtag(self, tag: str) -> None:
        if self._is_unseen(tag):
            self._silent = max(0, self._silent - 1)
        elif tag == "table" and self._open:
            self._open.pop()
        elif tag == "svg":
            self._drawings = max(0, self._drawings - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._say(data)

    def _say(self, words: str) -> None:
        in_cell = self._open and self._open[-1] and self._open[-1][-1]
        (self._open[-1][-1][-1] if in_cell else self.rest).append(words)
