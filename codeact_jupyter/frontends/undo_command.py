"""`codeact undo` and `redo`: a run's files and cells; its variables went with its kernel."""

from __future__ import annotations

import argparse
import asyncio
import sys

from ..engine.trajectory import Turn
from ..engine.undoing import Restored, Undoable
from ..errors import UndoError
from ..notebook.document import Document
from ..notebook.layout import in_lines
from ..notebook.lock import only_run_on
from ..notebook.taking_back import Taken, cells_of_run, put_again
from ..record.signing import own_signature
from ..undoing import Undoing
from . import undo_words
from .exits import BAD_INPUT
from .terminal import legible
from .words import counted


def undo_in(options: argparse.Namespace, *, undone: bool) -> int:
    """Undo a run in its notebook, or redo it; returns the exit code."""
    word = "undo" if undone else "redo"
    if not options.file.is_file():
        raise UndoError(f"there is no notebook {str(options.file)!r}; look for a typing error")
    with only_run_on(options.file):
        document, undoing = Document(options.file, sign=own_signature()), Undoing(lambda: None)
        turn = _turn(document, undoing, options.run, undone=undone)
        seen = asyncio.run(undoing.look(turn.run))
        if seen.undone is undone:
            is_so = "undone already" if undone else "not undone"
            raise UndoError(f"the run {turn.run} is {is_so}")
        taken = _cells(document, turn.run)
        print(legible(undo_words.preview(turn, seen)))
        print(_cell_words(taken, undoing.cells(turn.run), undone=undone))
        overwrite = _confirmed(options, seen, word)
        if overwrite is None:
            print("Nothing was changed.")
            return BAD_INPUT
        restored = _revert(document, undoing, turn.run, taken, seen, overwrite=overwrite)
    print(legible("\n".join(undo_words.outcome_lines(restored, undone=undone))))
    return 0


def _revert(
    document: Document,
    undoing: Undoing,
    run: str,
    taken: Taken,
    seen: Undoable,
    *,
    overwrite: bool,
) -> Restored:
    undone = not seen.undone
    again = [{**each, "cell": in_lines(each["cell"])} for each in undoing.cells(run)]
    if undone:
        undoing.keep_cells(run, taken.cells)  # first: no cell goes that is not kept
    restored = asyncio.run(undoing.put_back(run, overwrite=overwrite, shown=seen.digest))
    gone = {each["cell"]["id"] for each in taken.cells}
    if undone:
        document.revise(run, lambda cells: [cell for cell in cells if cell["id"] not in gone])
    else:
        document.revise(run, lambda cells: put_again(cells, again))
    return restored


def _turn(document: Document, undoing: Undoing, run: str, *, undone: bool) -> Turn:
    """The run of this id, or the last one that acted; after an undo its cells are not there."""
    turns = document.trajectory.turns
    acted = [turn for turn in turns if any(step.observation is not None for step in turn.steps)]
    known = {turn.run: turn for turn in acted}
    if run:
        return known.get(run, Turn(run, "a run that was undone"))
    if not undone and (last := undoing.undone_last(document.path)):
        return known.get(last, Turn(last, "the run that was undone last"))
    if not acted:
        raise UndoError(f"no run in {str(document.path)!r} did anything that could be undone")
    return acted[-1]


def _cells(document: Document, run: str) -> Taken:
    content = document.content
    return cells_of_run(content["cells"], content["metadata"].get("codeact"), run)


def _cell_words(taken: Taken, again: list[object], *, undone: bool) -> str:
    if not undone:
        return f"  {'cells':<17} there again: {len(again)}"
    stay = f"; {len(taken.stay)} that you edited stay" if taken.stay else ""
    return f"  {'cells':<17} removed: {counted(len(taken.cells), 'cell')}{stay}"


def _confirmed(options: argparse.Namespace, seen: Undoable, word: str) -> bool | None:
    """Whether what was changed since is put back too; None when nothing is to be done."""
    if options.yes:
        return bool(options.all)
    if sys.stdin is None or not sys.stdin.isatty():
        raise UndoError(f"nobody can be asked here; add --yes: codeact {word} --yes")
    if input(f"{word.capitalize()} this? [y/N] ").strip().lower() not in ("y", "yes"):
        return None
    if options.all or not any(change.conflict for change in seen.changes):
        return bool(options.all)
    asked = "Also what was changed again since? [y/N] "
    return input(asked).strip().lower() in ("y", "yes")
