"""What the model is told of the notebook in which a conversation begins: the person's own cells."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...engine.telling import cut
from ...notebook.inline import trajectory_of
from ...notebook.outputs import KEY
from .log import text_of

if TYPE_CHECKING:
    from ...environments.attached import AttachedEnvironment
    from ...session import Session
    from .orders import Order

MOST_CELLS = 30
LONGEST_CELL, LONGEST = 2_000, 16_000
WORDS = "The person's cells in the notebook, in its order; not all may have run in this kernel:"


def go_on_from(order: Order, session: Session, place: AttachedEnvironment | None) -> None:
    """Go on with the conversation of the order's notebook; one that begins is told of its cells."""
    session.resume(trajectory_of(order.cells, order.metadata))
    if session.trajectory.turns or place is None:
        return
    if words := surroundings(order.cells, place.cells.codes):
        place.note(words)


def surroundings(cells: Sequence[Mapping[str, Any]], known: Collection[str] = ()) -> str:
    """The last of the person's cells, in words; empty when there are none.

    `known` are the texts of cells that the model is told of anyway.
    """
    theirs = [cell for cell in cells if KEY not in (cell.get("metadata") or {})]
    told = [cell for cell in theirs if _says_something(cell, known)]
    if not told:
        return ""
    left_out = len(told) - MOST_CELLS
    more = [f"({left_out} earlier ones are left out)"] if left_out > 0 else []
    parts = [WORDS, *more, *(_words(cell) for cell in told[-MOST_CELLS:])]
    return cut("\n\n".join(parts), LONGEST)


def _says_something(cell: Mapping[str, Any], known: Collection[str]) -> bool:
    text = text_of(cell).strip()
    return bool(text) and text not in known and not text.startswith(("%%codeact", "%codeact"))


def _words(cell: Mapping[str, Any]) -> str:
    if cell.get("cell_type") != "code":
        head = str(cell.get("cell_type") or "raw").capitalize()
    else:
        head = f"In [{cell.get('execution_count') or ' '}]"
    return f"{head}:\n{cut(text_of(cell), LONGEST_CELL)}"
