"""The numbers of an answer as links to the cells that they rest on, in Markdown and HTML.

A number that stands in no output is marked, with the reason in words when one points at it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ..engine.figure import Figure
from ..engine.wire import decode
from ..notebook.armour import bared
from ..notebook.marks import Cell, mark_of

UNSUPPORTED = "This number stands in no output that the agent saw"
ONLY_CODE = "This number stands only in code that ran, in no output"
# What is left alone: code, links and pictures, HTML, formulas.
ALONE = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|!?\[[^\[\]\n]*\]\([^()\n]*\)|<[^<>\n]*>|\$\$.*?\$\$|(?<!\\)\$[^$\n]+\$",
    re.DOTALL,
)


def anchored(cells: Iterable[Cell], *, markdown: bool) -> list[Cell]:
    """The cells with links in their answers; in Markdown, with the anchors that these lead to."""
    cells = list(cells)
    names = {str(cell.get("id")) for cell in cells}
    aims = {name for cell in cells for figure in _figures(cell) for name in figure.cells} & names
    done: list[Cell] = []
    for cell in cells:
        if markdown and cell.get("id") in aims:
            done.append(_anchor(str(cell["id"])))
        if figures := _figures(cell):
            text = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            cell = {**cell, "source": linked(text, figures, aims, "#" if markdown else "#cell-id=")}
        done.append(cell)
    return done


def linked(text: str, figures: Iterable[Figure], aims: set[str], to: str) -> str:
    """Markdown with its numbers, which are in the order of the text, as links and marks."""
    alone = [found.span() for found in ALONE.finditer(text)]
    parts: list[str] = []
    at = 0
    for figure in figures:
        place = _find(text, figure.text, at, alone)
        if place < 0:
            continue
        parts += [text[at:place], _marked(figure, aims, to)]
        at = place + len(figure.text)
    return "".join([*parts, text[at:]])


def _find(text: str, words: str, at: int, alone: list[tuple[int, int]]) -> int:
    pattern = re.compile(rf"(?<![\w.,]){re.escape(words)}(?!\w|[.,]\d)")
    for found in pattern.finditer(text, at):
        if not any(start <= found.start() < end for start, end in alone):
            return found.start()
    return -1


def _marked(figure: Figure, aims: set[str], to: str) -> str:
    known = [cell for cell in figure.cells if cell in aims]
    if figure.support == "output" and known:
        return f"[{figure.text}]({to}{known[-1]})"
    if figure.support in ("none", "code"):
        why = UNSUPPORTED if figure.support == "none" else ONLY_CODE
        return f'<abbr title="{why}">{figure.text}</abbr>'
    return figure.text


def _figures(cell: Mapping[str, Any]) -> list[Figure]:
    mark = mark_of(cell)
    given = mark.get("figures") if mark is not None and mark["role"] == "answer" else None
    return [decode(Figure, bared(each)) for each in given or ()]


def _anchor(name: str) -> Cell:
    source = f'<a id="{name}"></a>'
    return {"id": f"to-{name}", "cell_type": "markdown", "metadata": {}, "source": source}
