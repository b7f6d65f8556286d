"""An undo or a redo that the panel asks for: its preview, and what was done, as plain JSON.

Which cells go or come is said here, and done by the page, where Ctrl+Z takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...engine.trajectory import Turn
from ...engine.undoing import Undoable, parted
from ...errors import NotebookError, UndoError
from ...notebook.inline import conversations_of
from ...notebook.taking_back import Taken, cells_since, ended_anew, put_again
from ...record.signing import own_signature
from ...undoing import CHANGED, Undoing
from ...workspace.putting_back import known_points
from ...workspace.snapshot import Snapshot
from ...workspace.store import default_place
from .. import undo_words
from ..undo_targets import heading, to_redo, to_undo
from .orders import Reverting


async def preview(undoing: Undoing, run: str, wish: Reverting) -> dict[str, Any]:
    """What an undo will do, or a redo if the run is undone; raises UndoError when nothing can."""
    turns, named = _turns(run, wish), f"1.{wish.step}" if wish.step else ""
    point, seen = await _seen(undoing, run, wish)
    taken = cells_since(wish.cells, wish.metadata, seen.points)
    cells = len(undoing.cells(point)) if seen.undone else len(taken.cells)
    word = "Redo" if seen.undone else "Undo"
    return {
        "heading": heading(word, named, seen.points, turns),
        "undone": seen.undone,
        "shown": seen.digest,
        "lines": undo_words.change_lines(seen),
        "cells": cells,
        "edited": 0 if seen.undone else len(taken.stay),
        "conflicts": [each.name for each in seen.changes if each.conflict and not each.unsure],
        "unsure": [each.name for each in seen.changes if each.unsure],
        "gaps": [] if seen.undone else undo_words.gap_lines(seen.gaps, ()),
        "never": "" if seen.undone else undo_words.NEVER,
    }


async def revert(undoing: Undoing, run: str, wish: Reverting) -> dict[str, Any]:
    """Do it; `remove` are the ids of cells that go, `cells` those that come again."""
    point, seen = await _seen(undoing, run, wish)
    if wish.shown and wish.shown != seen.digest:
        raise UndoError(CHANGED)
    undone = seen.undone
    taken = cells_since(wish.cells, wish.metadata, seen.points)
    again = undoing.cells(point) if undone else []
    if not undone:
        _keep(undoing, point, taken)  # first: no cell goes that is not kept
    restored = await undoing.put_back(point, overwrite=wish.overwrite, shown=wish.shown)
    gone = () if undone else taken.cells
    return {
        "undone": not undone,
        **_of_cells(wish, seen.points, gone, again),
        "said": undo_words.outcome_lines(restored, undone=not undone),
        "told": undo_words.told(seen.points, _turns(run, wish), restored, undone=not undone),
    }


def undone_of(notebook: Path) -> dict[str, str]:
    """The run of this notebook that a redo would bring back now, and its task; empty if none is."""
    _, undone = known_points(default_place(), notebook.resolve())
    if not undone:
        return {"run": "", "task": ""}
    point = undone[-1][0]
    run, _ = parted(point)
    cells = [each["cell"] for each in Snapshot(point).cells]
    known = {turn.run: turn.task for turn in _held(cells, None)}
    return {"run": run, "task": known.get(run, "")}


def cells_of(points: Sequence[str], wish: Reverting, *, undone: bool) -> dict[str, Any]:
    """Which cells go with these points that a magic undid, or come again; raises UndoError."""
    if not points:
        raise UndoError("no point is named of which the cells are to go")
    if not undone:
        return _of_cells(wish, points, (), Snapshot(points[0]).cells)
    taken = cells_since(wish.cells, wish.metadata, points)
    _keep(Undoing(lambda: None), points[0], taken)
    return _of_cells(wish, points, taken.cells, ())


def _of_cells(
    wish: Reverting, points: Sequence[str], gone: Sequence[Any], again: Sequence[Any]
) -> dict[str, Any]:
    """What the page does: the cells that go and come, and metadata with the chain's end then."""
    remove = [each["cell"]["id"] for each in gone]
    left = [dict(cell) for cell in wish.cells if cell.get("id") not in remove]
    runs = {parted(point)[0] for point in points}
    cells = put_again(left, again)
    metadata = ended_anew(wish.metadata or {}, wish.cells, cells, runs, own_signature())
    return {"remove": remove, "cells": list(again), "metadata": metadata}


def _keep(undoing: Undoing, point: str, taken: Taken) -> None:
    try:
        undoing.keep_cells(point, taken.cells)
    except OSError as error:
        raise UndoError(f"the run's cells cannot be kept for a redo: {error}") from error


async def _seen(undoing: Undoing, run: str, wish: Reverting) -> tuple[str, Undoable]:
    """The point that is meant, the run's, the step's, or that of what is undone; and what is there
    to do."""
    points = await undoing.points()
    if wish.redo:
        point = to_redo(points, _turns(run, wish), run)
    elif run in {parted(point)[0] for point in points.kept}:
        point = to_undo(points, (Turn(run, wish.task),), f"1.{wish.step or 1}")
    else:
        point = run  # to look at it says why it cannot be undone
    seen = await undoing.look(point)
    if seen.undone is not wish.redo:
        raise UndoError(f"the run {run!r} is undone; a redo brings it back")
    return point, seen


def _held(cells: Sequence[Mapping[str, Any]], metadata: Any) -> list[Turn]:
    try:
        return [turn for each in conversations_of(cells, metadata) for turn in each.turns]
    except NotebookError:
        return []


def _turns(run: str, wish: Reverting) -> tuple[Turn, ...]:
    """The turns that the notebook holds, for words; and of a run that it lacks, the task."""
    turns = _held(wish.cells, wish.metadata)
    more = [] if any(turn.run == run for turn in turns) else [Turn(run, wish.task)]
    return (*turns, *more)
