"""The mark that a cell of a run carries: what tells it from the person's own cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from .outputs import KEY, plain

VERSION = 1
Role = Literal["task", "thought", "action", "answer"]
ROLES = get_args(Role)
# The id of a cell of a run: run, step and role.
OF_A_RUN = re.compile(rf"[0-9a-zA-Z]+-\d+-({'|'.join(ROLES)})")
Cell: TypeAlias = dict[str, Any]


def mark_of(cell: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record of a cell of a run; None for the person's cells, and for copies of ours."""
    mark = (cell.get("metadata") or {}).get(KEY)
    if not isinstance(mark, Mapping) or mark.get("version") != VERSION:
        return None
    if not {"run", "role", "step"} <= set(mark):
        return None
    expected = f"{mark['run']}-{mark['step']}-{mark['role']}"
    return plain(mark) if cell.get("id") == expected else None
