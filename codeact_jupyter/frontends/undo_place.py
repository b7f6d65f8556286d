"""Where a command undoes a run: here, or in the server that has the notebook's kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ..engine.trajectory import Turn
from ..engine.undoing import Gap, Undoable, parted
from ..errors import UndoError
from ..undoing import NO_VARIABLES, Undoing
from . import undo_words
from .open_elsewhere import OpenNotebook, open_notebook

NOT_SERVED = (
    "they are in its kernel at {}, where codeact-jupyter is not loaded: undo the run there with "
    "`%codeact undo`, and they are taken back with the rest"
)
GONE = "this command reaches no kernel: where one still holds them, undo the run there"
RELOAD = "The notebook is open at {}: load it from disk there, as its cells are others now."


class Place(Protocol):
    """Says what an undo does, or a redo, and does it."""

    @property
    def has_conflicts(self) -> bool:
        """Whether something was changed again since."""

    def preview(self, first: str, *, cells: str) -> str:
        """What it will do, below its `first` line; `cells` says what becomes of the cells."""

    def put_back(self, *, overwrite: bool) -> list[str]:
        """Do it, but for the cells, and say what was done; raises UndoError."""


@dataclass(frozen=True)
class Here:
    """Of the files alone: this process holds no variables."""

    undoing: Undoing
    point: str
    seen: Undoable
    turns: Sequence[Turn]
    lacks: str

    @property
    def has_conflicts(self) -> bool:
        """Whether something was changed again since."""
        return any(change.conflict for change in self.seen.changes)

    def preview(self, first: str, *, cells: str) -> str:
        """See Place."""
        here = Gap(NO_VARIABLES.what, self.lacks)
        gaps = tuple(here if gap == NO_VARIABLES else gap for gap in self.seen.gaps)
        names = undo_words.mentioned(self.turns)
        return undo_words.preview(first, replace(self.seen, gaps=gaps), names, cells=cells)

    def put_back(self, *, overwrite: bool) -> list[str]:
        """See Place."""
        work = self.undoing.put_back(self.point, overwrite=overwrite, shown=self.seen.digest)
        restored = asyncio.run(work)
        return undo_words.outcome_lines(restored, undone=not self.seen.undone)


@dataclass(frozen=True)
class There:
    """Of variables, settings and files, by the server that has the notebook's kernel."""

    notebook: OpenNotebook
    run: str
    fields: Mapping[str, Any]
    seen: Mapping[str, Any]

    @property
    def has_conflicts(self) -> bool:
        """Whether something was changed again since."""
        return bool(self.seen["conflicts"] or self.seen["unsure"])

    def preview(self, first: str, *, cells: str) -> str:
        """See Place."""
        return undo_words.preview_of(
            [first, *self.seen["lines"]],
            cells=cells,
            again=self.seen["conflicts"],
            unsure=self.seen["unsure"],
            gaps=self.seen["gaps"],
            never=self.seen["never"],
        )

    def put_back(self, *, overwrite: bool) -> list[str]:
        """See Place."""
        wish = {"confirmed": True, "overwrite": overwrite, "shown": self.seen["shown"]}
        done = self.notebook.revert(self.run, {**self.fields, **wish})
        if done is None:
            raise UndoError(f"the server at {self.notebook.address} undoes nothing any more")
        return [*done["said"], RELOAD.format(self.notebook.address)]


def place_of(
    notebook: Path,
    undoing: Undoing,
    point: str,
    seen: Undoable,
    turns: Sequence[Turn],
    content: Mapping[str, Any],
) -> Place:
    """Where the run of this point is undone, or brought back; `content` is the notebook's."""
    opened = open_notebook(notebook)
    if opened is None:
        return Here(undoing, point, seen, turns, GONE)
    run, step = parted(point)
    task = next((turn.task for turn in turns if turn.run == run), "")
    about = {"task": task, "step": step if step > 1 else 0, "redo": seen.undone}
    metadata = content["metadata"].get("codeact") or {}
    fields = {**about, "cells": content["cells"], "metadata": metadata}
    told = opened.revert(run, fields)
    if told is None:
        return Here(undoing, point, seen, turns, NOT_SERVED.format(opened.address))
    return There(opened, run, fields, told)
