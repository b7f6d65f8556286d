"""A notebook as text, as the format's own writer lays it out; a cell is made into text once.

Writing after every step of a long run stays cheap: what did not change since is not made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import compress
from operator import is_not
from typing import Any

from ..engine.wire import canonical
from .armour import is_sayable
from .marks import Cell

TEXTS = ("application/javascript", "image/svg+xml")  # beside those of text/*


class Layout:
    """The text of a notebook's cells, kept from one write to the next.

    The text of all cells is one buffer, which is cut where the first cell is another than before,
    so that a write takes no walk over the cells.
    """

    def __init__(self) -> None:
        self._cells: list[Cell] = []
        self._text = bytearray()  # of all cells, with commas between
        self._ends: list[int] = []  # where each cell's text ends in it

    def pieces(self, head: Mapping[str, Any], cells: list[Cell]) -> list[bytes | bytearray]:
        """The file's text, in pieces; `head` has the notebook's fields in their order.

        The pieces are good until the next call.
        """
        self._take(cells)
        pieces: list[bytes | bytearray] = [b"{"]
        for key, value in head.items():
            pieces.append(b"\n " if len(pieces) == 1 else b",\n ")
            if key == "cells":
                pieces += [b'"cells": [', self._text, b"\n ]" if cells else b"]"]
            else:
                pieces.append(f"{json.dumps(key)}: {_dumped(value, 1)}".encode())
        return [*pieces, b"\n}\n"]

    def _take(self, cells: list[Cell]) -> None:
        """Bring the text to these cells; one that stands elsewhere now keeps its text."""
        both = min(len(cells), len(self._cells))
        same = next(compress(range(both), map(is_not, cells, self._cells)), both)
        known = {
            id(self._cells[at]): bytes(self._text[self._start(at) : self._ends[at]])
            for at in range(same, len(self._cells))
        }
        del self._text[self._ends[same - 1] if same else 0 :], self._ends[same:]
        for cell in cells[same:]:
            self._text += b"," if self._text else b""
            self._text += known.get(id(cell)) or f"\n  {_dumped(cell, 2)}".encode()
            self._ends.append(len(self._text))
        self._cells = [*cells]  # held on to, so that an id means one cell

    def _start(self, at: int) -> int:
        return self._ends[at - 1] + 1 if at else 0


def in_lines(cell: Cell) -> Cell:
    """Our cell with its texts as lists of lines and its keys sorted, as Jupyter saves them.

    As `nbformat.v4.rwbase.split_lines` does it, which takes long to import; a test holds
    the two equal.
    """
    split = {**cell, "source": _lines(cell["source"])}
    if "attachments" in cell:
        split["attachments"] = {name: _split(data) for name, data in cell["attachments"].items()}
    if cell["cell_type"] == "code":
        split["outputs"] = [_split_output(output) for output in cell["outputs"]]
    lines: Cell = canonical(split)
    return lines


def _split_output(output: Mapping[str, Any]) -> Mapping[str, Any]:
    if output["output_type"] == "stream":
        return {**output, "text": _lines(output["text"])}
    return {**output, "data": _split(output["data"])} if "data" in output else output


def _split(bundle: Mapping[str, Any]) -> dict[str, Any]:
    """A MIME bundle with its texts as lines; not JSON, nor what is encoded."""
    return {
        mime: _lines(value) if mime.startswith("text/") or mime in TEXTS else value
        for mime, value in bundle.items()
    }


def _lines(text: Any) -> Any:
    return text.splitlines(True) if isinstance(text, str) else text


def _dumped(value: Any, depth: int) -> str:
    """JSON as the notebook format's writer has it, at this depth of the file."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    if not is_sayable(text):  # the person's file had it as an escape, and so it stays
        text = json.dumps(value, indent=1)
    return text.replace("\n", "\n" + " " * depth)
