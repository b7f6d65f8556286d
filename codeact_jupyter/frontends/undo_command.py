"""`codeact undo` and `redo`: a run's files and cells; variables, where their kernel is."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence

from ..engine.undoing import Undoable, parted
from ..errors import UndoError
from ..notebook.document import Document
from ..notebook.layout import in_lines
from ..notebook.lock import only_run_on
from ..notebook.marks import Cell
from ..notebook.taking_back import Taken, cells_since, put_again
from ..record.journal import Journal
from ..record.mending import require_over
from ..record.signing import own_signature
from ..undoing import Undoing
from . import undo_words
from .exits import BAD_INPUT
from .terminal import legible
from .undo_place import Place, place_of
from .undo_targets import heading, to_redo, to_undo
from .words import counted


def undo_in(options: argparse.Namespace, *, undone: bool) -> int:
    """Undo a run in its notebook, or redo it; returns the exit code."""
    word = "undo" if undone else "redo"
    if not options.file.is_file():
        raise UndoError(f"there is no notebook {str(options.file)!r}; look for a typing error")
    with only_run_on(options.file):
        require_over(Journal(), options.file)
        document = Document(options.file, sign=own_signature())
        undoing = Undoing(lambda: None, notebook=lambda: str(options.file))
        turns = document.trajectory.turns
        points = asyncio.run(undoing.points())
        point = (to_undo if undone else to_redo)(points, turns, options.run)
        seen = asyncio.run(undoing.look(point))
        taken = _cells(document, seen.points)
        first = heading(word.capitalize(), options.run, seen.points, turns)
        cells = _cell_words(taken, undoing.cells(point), undone=undone)
        place = place_of(options.file, undoing, point, seen, turns, document.content)
        print(legible(place.preview(first, cells=cells)))
        overwrite = _confirmed(options, place, word)
        if overwrite is None:
            print("Nothing was changed.")
            return BAD_INPUT
        said = _revert(
            document, undoing, point, taken, seen, lambda: place.put_back(overwrite=overwrite)
        )
    print(legible("\n".join(said)))
    return 0


def _revert(
    document: Document,
    undoing: Undoing,
    point: str,
    taken: Taken,
    seen: Undoable,
    put_back: Callable[[], list[str]],
) -> list[str]:
    undone, runs = not seen.undone, {parted(each)[0] for each in seen.points}
    again = [{**each, "cell": in_lines(each["cell"])} for each in undoing.cells(point)]
    if undone:
        undoing.keep_cells(point, taken.cells)  # first: no cell goes that is not kept
    said = put_back()

    def without(cells: list[Cell]) -> list[Cell]:
        """What the person saved while they were asked counts: it is read, and kept, anew."""
        now = cells_since(cells, document.content["metadata"].get("codeact"), seen.points)
        undoing.keep_cells(point, now.cells)
        gone = {each["cell"]["id"] for each in now.cells}
        return [cell for cell in cells if cell["id"] not in gone]

    document.revise(runs, without if undone else lambda cells: put_again(cells, again))
    return said


def _cells(document: Document, points: Sequence[str]) -> Taken:
    content = document.content
    return cells_since(content["cells"], content["metadata"].get("codeact"), points)


def _cell_words(taken: Taken, again: list[object], *, undone: bool) -> str:
    if not undone:
        return f"there again: {len(again)}"
    stay = f"; {len(taken.stay)} that you edited stay" if taken.stay else ""
    return f"removed: {counted(len(taken.cells), 'cell')}{stay}"


def _confirmed(options: argparse.Namespace, place: Place, word: str) -> bool | None:
    """Whether what was changed since is put back too; None when nothing is to be done."""
    if options.yes:
        return bool(options.all)
    if sys.stdin is None or not sys.stdin.isatty():
        raise UndoError(f"nobody can be asked here; add --yes: codeact {word} FILE --yes")
    if input(f"{word.capitalize()} this? [y/N] ").strip().lower() not in ("y", "yes"):
        return None
    if options.all or not place.has_conflicts:
        return bool(options.all)
    return input(undo_words.ALSO).strip().lower() in ("y", "yes")
