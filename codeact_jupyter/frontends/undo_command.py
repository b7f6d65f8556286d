"""`codeact undo` and `redo`: a run's files and cells; its variables are where its kernel is."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..engine.undoing import Gap, Restored, Undoable, parted
from ..errors import UndoError
from ..notebook.document import Document
from ..notebook.layout import in_lines
from ..notebook.lock import only_run_on
from ..notebook.marks import Cell
from ..notebook.taking_back import Taken, cells_since, put_again
from ..record.journal import Journal
from ..record.mending import require_over
from ..record.signing import own_signature
from ..undoing import NO_VARIABLES, Undoing
from . import undo_words
from .exits import BAD_INPUT
from .open_elsewhere import server_with
from .terminal import legible
from .undo_targets import heading, to_redo, to_undo
from .words import counted

OPEN = (
    "they are in its kernel at {}, which this command does not reach: undo the run there, "
    "and they are taken back with the rest"
)
GONE = "this command reaches no kernel: where one still holds them, undo the run there"


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
        told, names = _told(seen, options.file), undo_words.mentioned(turns)
        print(legible(undo_words.preview(first, told, names, cells=cells)))
        overwrite = _confirmed(options, seen, word)
        if overwrite is None:
            print("Nothing was changed.")
            return BAD_INPUT
        restored = _revert(document, undoing, point, taken, seen, overwrite=overwrite)
    print(legible("\n".join(undo_words.outcome_lines(restored, undone=undone))))
    return 0


def _told(seen: Undoable, notebook: Path) -> Undoable:
    """The same, with what becomes of the variables said as it is for a command."""
    if seen.undone or NO_VARIABLES not in seen.gaps:
        return seen
    address = server_with(notebook)
    here = Gap(NO_VARIABLES.what, OPEN.format(address) if address else GONE)
    return replace(seen, gaps=tuple(here if gap == NO_VARIABLES else gap for gap in seen.gaps))


def _revert(
    document: Document,
    undoing: Undoing,
    point: str,
    taken: Taken,
    seen: Undoable,
    *,
    overwrite: bool,
) -> Restored:
    undone, runs = not seen.undone, {parted(each)[0] for each in seen.points}
    again = [{**each, "cell": in_lines(each["cell"])} for each in undoing.cells(point)]
    if undone:
        undoing.keep_cells(point, taken.cells)  # first: no cell goes that is not kept
    restored = asyncio.run(undoing.put_back(point, overwrite=overwrite, shown=seen.digest))

    def without(cells: list[Cell]) -> list[Cell]:
        """What the person saved while they were asked counts: it is read, and kept, anew."""
        now = cells_since(cells, document.content["metadata"].get("codeact"), seen.points)
        undoing.keep_cells(point, now.cells)
        gone = {each["cell"]["id"] for each in now.cells}
        return [cell for cell in cells if cell["id"] not in gone]

    document.revise(runs, without if undone else lambda cells: put_again(cells, again))
    return restored


def _cells(document: Document, points: Sequence[str]) -> Taken:
    content = document.content
    return cells_since(content["cells"], content["metadata"].get("codeact"), points)


def _cell_words(taken: Taken, again: list[object], *, undone: bool) -> str:
    if not undone:
        return f"there again: {len(again)}"
    stay = f"; {len(taken.stay)} that you edited stay" if taken.stay else ""
    return f"removed: {counted(len(taken.cells), 'cell')}{stay}"


def _confirmed(options: argparse.Namespace, seen: Undoable, word: str) -> bool | None:
    """Whether what was changed since is put back too; None when nothing is to be done."""
    if options.yes:
        return bool(options.all)
    if sys.stdin is None or not sys.stdin.isatty():
        raise UndoError(f"nobody can be asked here; add --yes: codeact {word} FILE --yes")
    if input(f"{word.capitalize()} this? [y/N] ").strip().lower() not in ("y", "yes"):
        return None
    if options.all or not any(change.conflict for change in seen.changes):
        return bool(options.all)
    return input(undo_words.ALSO).strip().lower() in ("y", "yes")
