"""The words the model reads, as files; frozen within a conversation."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any


@cache
def prompt(name: str) -> str:
    """The text of a prompt file, without its last newline."""
    return (files(__name__) / f"{name}.md").read_text(encoding="utf-8").rstrip("\n")


def python_tool() -> dict[str, Any]:
    """The one tool: run Python in the person's kernel."""
    code = {
        "type": "string",
        "description": "The code of one cell: Python, with IPython syntax where it serves.",
    }
    return {
        "description": prompt("tool"),
        "input_schema": {"properties": {"code": code}, "required": ["code"], "type": "object"},
        "name": "python",
    }
