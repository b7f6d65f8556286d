"""Frames that a kernel offers, checked: whoever runs code in it can make them say anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...notebook.frames import VERSION
from ...notebook.outputs import KEY

NAME = re.compile(r"[\w-]{1,64}\Z")
STATES = ("running", "waiting", "answered", "stopped", "limit", "failed", "interrupted")
# By type, the fields without which the log or the file could not take it.
FIELDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "run": {"state": str, "reason": str, "waiting": str, "task": str},
    "typed": {"step": int, "part": str, "text": str},
    "retrying": {"step": int},
    "step": {"step": int, "state": str},
    "asked": {"step": int, "code": str, "hash": str},
    "input": {"step": int, "request": str, "prompt": str},
    "answer": {"step": int, "text": str},
    "cell": {"after": str, "phase": str, "cell": Mapping},
    "session": {"metadata": Mapping},
    "removed": {"cell": str},
}


def is_frame(offered: Any) -> bool:
    """Whether this can be kept, followed and saved as a frame of a magic's run."""
    if not isinstance(offered, Mapping) or offered.get("version") != VERSION:
        return False
    run, number, kind = offered.get("run"), offered.get("number"), offered.get("type")
    if not (isinstance(run, str) and NAME.match(run) and type(number) is int and number > 0):
        return False
    fields = FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None or not all(isinstance(offered.get(k), t) for k, t in fields.items()):
        return False
    if kind == "run":
        return offered["state"] in STATES
    if kind == "removed":
        return str(offered["cell"]).startswith(f"{run}-")
    return kind != "cell" or _is_cell(offered["cell"], run)


def _is_cell(cell: Mapping[str, Any], run: str) -> bool:
    """Whether it is a cell of this run, as a notebook can hold it."""
    identity, metadata = cell.get("id"), cell.get("metadata")
    return (
        isinstance(identity, str)
        and bool(NAME.match(identity))
        and identity.startswith(f"{run}-")
        and cell.get("cell_type") in ("code", "markdown")
        and isinstance(cell.get("source"), str)
        and isinstance(metadata, Mapping)
        and isinstance(metadata.get(KEY), Mapping)
        and isinstance(cell.get("outputs", []), list)
    )
