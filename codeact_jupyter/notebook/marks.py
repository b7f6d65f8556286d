"""The mark that a cell of a run carries: what tells it from the person's own cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, get_args

from ..errors import NotebookError
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
    if not {"run", "role", "step"} <= set(mark) or is_copy(cell, mark):
        return None
    return plain(mark)  # type: ignore[no-any-return]


def is_copy(cell: Mapping[str, Any], mark: object) -> bool:
    """Whether this mark says that it is of another cell: the person made a copy of that one."""
    if not isinstance(mark, Mapping) or not {"run", "role", "step"} <= set(mark):
        return False
    return bool(cell.get("id") != f"{mark['run']}-{mark['step']}-{mark['role']}")


def require_known(mark: object, of: str) -> None:
    """Raise NotebookError for a mark of a newer codeact: only that knows what it means.

    `of` names the notebook in which it is.
    """
    version = mark.get("version") if isinstance(mark, Mapping) else None
    if isinstance(version, int) and version > VERSION:
        raise NotebookError(
            f"{of} holds runs of a newer codeact (version {version} of the record); upgrade "
            "codeact-jupyter, or choose another notebook"
        )
