"""A notebook as text, as the format's own writer lays it out; a cell is made into text once.

Writing after every step of a long run stays cheap: what did not change since is not made again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..engine.wire import canonical
from .armour import is_sayable
from .marks import Cell


class Layout:
    """The texts of a notebook's cells, kept from one write to the next."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Cell, bytes]] = {}

    def pieces(self, head: Mapping[str, Any], cells: list[Cell]) -> list[bytes]:
        """The file's text, in pieces; `head` has the notebook's fields in their order."""
        kept, self._texts = self._texts, {}
        pieces = [b"{"]
        for key, value in head.items():
            pieces.append(b"\n " if len(pieces) == 1 else b",\n ")
            if key == "cells":
                texts = (self._cell_text(cell, kept) for cell in cells)
                pieces.append(b'"cells": [')
                pieces += [piece for text in texts for piece in (text, b",")][:-1]
                pieces.append(b"\n ]" if cells else b"]")
            else:
                pieces.append(f"{json.dumps(key)}: {_dumped(value, 1)}".encode())
        return [*pieces, b"\n}\n"]

    def _cell_text(self, cell: Cell, kept: Mapping[int, tuple[Cell, bytes]]) -> bytes:
        """The cell's text, made once as long as the same cell stands there."""
        known = kept.get(id(cell))
        if known is None or known[0] is not cell:
            known = (cell, f"\n  {_dumped(cell, 2)}".encode())
        self._texts[id(cell)] = known
        return known[1]


def in_lines(cell: Cell) -> Cell:
    """Our cell with its texts as lists of lines and its keys sorted, as Jupyter saves them."""
    import nbformat
    from nbformat.v4.rwbase import split_lines

    notebook = split_lines(nbformat.from_dict({"cells": [cell]}))
    lines: Cell = canonical(notebook["cells"][0])
    return lines


def _dumped(value: Any, depth: int) -> str:
    """JSON as the notebook format's writer has it, at this depth of the file."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    if not is_sayable(text):  # the person's file had it as an escape, and so it stays
        text = json.dumps(value, indent=1)
    return text.replace("\n", "\n" + " " * depth)
