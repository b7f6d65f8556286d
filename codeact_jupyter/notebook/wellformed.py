"""What in a notebook's JSON is of another type than all that reads it relies on, in words.

A file is checked against the format's schema where it is used; verifying reads damaged ones too,
and the cells that a display's metadata hold are in no schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = {dict: "an object", list: "a list", str: "text", type(None): "null", bool: "true or false"}
CELL_TYPES = ("code", "markdown", "raw")


def misshapen(content: Mapping[str, Any]) -> str:
    """What of a notebook of the format's version 4 keeps it from being read; empty when nothing."""
    if words := _other(content, "metadata", dict):
        return words
    if words := _other(content, "cells", list):
        return words
    for place, cell in enumerate(content.get("cells", ()), 1):
        if not isinstance(cell, Mapping):
            return f"its cell {place} is {_named(cell)}, not an object"
        if words := _other(cell, "metadata", dict, f"its cell {place}: "):
            return words
    return ""


def misshapen_part(cell: object) -> str:
    """What of a cell that is kept in a display's metadata is not as we wrote it."""
    if not isinstance(cell, Mapping):
        return f"a cell is {_named(cell)}, not an object"
    if lacks := [key for key in ("id", "cell_type", "source", "metadata") if key not in cell]:
        return f"a cell has no `{lacks[0]}`"
    if words := _other(cell, "id", str) or _other(cell, "metadata", dict):
        return words
    lines = cell["source"] if isinstance(cell["source"], list) else [cell["source"]]
    if strange := [line for line in lines if not isinstance(line, str)]:
        return f"its `source` is or holds {_named(strange[0])}, not text"
    if cell["cell_type"] not in CELL_TYPES:
        return f"`cell_type` is {cell['cell_type']!r}"
    metadata = cell["metadata"]
    if words := _other(metadata, "jupyter", dict) or _other(metadata, "tags", list):
        return words
    strange = [tag for tag in metadata.get("tags", ()) if not isinstance(tag, str)]
    return f"a tag is {_named(strange[0])}, not text" if strange else ""


def _other(holder: Mapping[str, Any], key: str, kind: type, where: str = "its ") -> str:
    """That what is under this key is of another type; empty where it is not, or is missing."""
    if key not in holder or isinstance(holder[key], kind):
        return ""
    return f"{where}`{key}` is {_named(holder[key])}, not {NAMES[kind]}"


def _named(value: object) -> str:
    return NAMES.get(type(value), "a number")
