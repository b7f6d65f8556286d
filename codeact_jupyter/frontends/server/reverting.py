"""An undo or a redo that the panel asks for: its preview, and what was done, as plain JSON.

Which cells go or come is said here, and done by the page, where Ctrl+Z takes it back.
"""

from __future__ import annotations

from typing import Any

from ...errors import UndoError
from ...notebook.taking_back import cells_of_run, ended_anew, put_again
from ...record.signing import own_signature
from ...undoing import CHANGED, Undoing
from .. import undo_words
from .orders import Reverting


async def preview(undoing: Undoing, run: str, wish: Reverting) -> dict[str, Any]:
    """What an undo will do, or a redo if the run is undone; raises UndoError when nothing can."""
    seen = await undoing.look(run)
    taken = cells_of_run(wish.cells, wish.metadata, run)
    cells = len(undoing.cells(run)) if seen.undone else len(taken.cells)
    return {
        "undone": seen.undone,
        "shown": seen.digest,
        "lines": undo_words.change_lines(seen),
        "cells": cells,
        "edited": 0 if seen.undone else len(taken.stay),
        "conflicts": [change.name for change in seen.changes if change.conflict],
        "gaps": [] if seen.undone else undo_words.gap_lines(seen.gaps, ()),
        "never": "" if seen.undone else undo_words.NEVER,
    }


async def revert(undoing: Undoing, run: str, wish: Reverting) -> dict[str, Any]:
    """Do it; `remove` are the ids of cells that go, `cells` those that come again."""
    seen = await undoing.look(run)
    if wish.shown and wish.shown != seen.digest:
        raise UndoError(CHANGED)
    undone = seen.undone
    taken = cells_of_run(wish.cells, wish.metadata, run)
    again = undoing.cells(run) if undone else []
    if not undone:
        try:  # first: no cell goes that is not kept
            undoing.keep_cells(run, taken.cells)
        except OSError as error:
            raise UndoError(f"the run's cells cannot be kept for a redo: {error}") from error
    restored = await undoing.put_back(run, overwrite=wish.overwrite, shown=wish.shown)
    gone = [] if undone else [each["cell"]["id"] for each in taken.cells]
    left = [cell for cell in wish.cells if cell.get("id") not in gone]
    cells = put_again([dict(cell) for cell in left], again)
    return {
        "undone": not undone,
        "remove": gone,
        "metadata": ended_anew(wish.metadata or {}, cells, run, own_signature()),
        "cells": again,
        "said": undo_words.outcome_lines(restored, undone=not undone),
        "told": undo_words.told(wish.task, restored, undone=not undone),
    }
