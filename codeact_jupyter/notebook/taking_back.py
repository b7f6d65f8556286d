"""Which cells an undo takes out of a notebook: those of the run that nobody edited or locked. Pure.

Each goes with the id of the cell above it, so that a redo can put it there again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import NotebookError
from .growing import to_cells
from .inline import conversations_of
from .marks import mark_of
from .reading import joined


class Taken(NamedTuple):
    """The cells that can go, each with the one above it; and the ids of those that stay."""

    cells: tuple[dict[str, Any], ...]
    stay: tuple[str, ...]


def cells_of_run(
    cells: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any] | None, run: str
) -> Taken:
    """The cells of this run in a notebook; a text that is not the record's is the person's."""
    recorded = _recorded(cells, metadata)
    taken, stay, above = [], [], ""
    for cell in cells:
        mark, identity = mark_of(cell), str(cell.get("id") or "")
        if mark is not None and mark["run"] == run:
            whole = joined(dict(cell))
            locked = (cell.get("metadata") or {}).get("deletable") is False
            if not locked and recorded.get(identity) == whole["source"]:
                taken.append({"after": above, "cell": whole})
            else:
                stay.append(identity)
        above = identity
    return Taken(tuple(taken), tuple(stay))


def put_again(
    cells: Sequence[dict[str, Any]], taken: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The cells with those that were taken, each below the one it was below, or at the end."""
    there = list(cells)
    for each in taken:
        ids = [str(cell.get("id") or "") for cell in there]
        if each["cell"]["id"] not in ids:
            above = each["after"]
            place = ids.index(above) + 1 if above in ids else 0 if not above else len(there)
            there.insert(place, dict(each["cell"]))
    return there


def _recorded(
    cells: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any] | None
) -> dict[str, str]:
    """By id, the texts that the record gives the cells of runs."""
    try:
        held = conversations_of(cells, metadata)
    except NotebookError:  # what cannot be read is nobody's to take away
        return {}
    return {cell["id"]: cell["source"] for each in held for cell in to_cells(each)}
