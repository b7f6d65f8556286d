"""A notebook file on disk: read with care, written whole or not at all.

The person may have the same file open: what they saved since we last read it is read again before
each write, and taken in. Their cells keep their bytes, their edits of our cells win, and a cell
stays deleted when the version that they saved from had it; what a save from an older version lacks
is put back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..engine.trajectory import Trajectory, Turn
from ..engine.wire import canonical
from ..errors import NotebookError
from .beginning import new_notebook
from .cells import session_metadata
from .chain import Sign, with_chains
from .changes import Changes, changes
from .files import require_writable as require_writable
from .files import signature, unwritable, write_atomically
from .growing import Growing
from .inline import Held, require_readable
from .layout import Layout, in_lines
from .marks import Cell, mark_of
from .merging import merged, with_missing
from .outputs import KEY
from .reading import joined, parsed_notebook
from .taking_back import ended_anew
from .versions import WRITTEN, Version, covers, has_ended, later, reached_by, version_of

ATTEMPTS = 20  # another program may be in the middle of writing the file, or write it again
PAUSE = 0.05
UNKNOWN_END = "how this ended was deleted from the notebook"
KEEPS_WRITING = "cannot write {!r}: another program keeps writing it; choose another file"


class Document:
    """A notebook and the file it is kept in."""

    def __init__(self, path: Path, *, kernel: str = "python3", sign: Sign | None = None) -> None:
        """`sign` signs the end of the chain in each version that is written."""
        self.path = path
        self._sign, self._growing = sign, Growing()
        self._layout, self._changes = Layout(), Changes()
        # By id: our cells as last made; each type and text that we gave them; for the person's,
        # the version of the save that first had them (not of one that brought them back).
        self._ours: dict[str, Cell] = {}
        self._texts: dict[str, set[tuple[str, str]]] = {}
        self._brought: dict[str, Version] = {}
        self._named, self._names = list[Cell](), set[Any]()
        self._seen = signature(path)
        self._head, self._cells = _split(self._read() or new_notebook(kernel=kernel))
        self._version = version_of(self._head["metadata"], self._cells)
        self._brought |= {cell["id"]: {} for cell in self._cells}
        self._remember()

    @property
    def is_new(self) -> bool:
        """Whether there is no file yet."""
        return self._seen is None

    @property
    def content(self) -> dict[str, Any]:
        """The notebook as JSON."""
        return {**self._head, "cells": list(self._cells)}

    @property
    def trajectory(self) -> Trajectory:
        """The conversation that the notebook holds; an empty one when it holds none."""
        return self.conversation()

    def conversation(self, name: str = "") -> Trajectory:
        """The conversation of this name that the notebook holds; without one, the last."""
        held = self._held.conversation(name)
        return replace(held, turns=tuple(self._with_end(turn) for turn in held.turns))

    @property
    def version(self) -> Version:
        """By run, how far the notebook's cells of it went, also those that are deleted."""
        return later(self._version, self._held.version)

    @property
    def undone(self) -> set[str]:
        """The runs of which an undo took cells out."""
        return self._held.undone

    @property
    def persons_cells(self) -> list[str]:
        """The sources of the code cells that are not of a run, in order."""
        codes = (joined(cell) for cell in self._cells if cell["cell_type"] == "code")
        return [
            cell["source"] for cell in codes if mark_of(cell) is None and cell["source"].strip()
        ]

    @property
    def edits(self) -> dict[str, str]:
        """By id, the sources of our cells that the person changed."""
        ours = (joined(cell) for cell in self._cells if mark_of(cell) is not None)
        return {cell["id"]: cell["source"] for cell in ours if self._is_edited(cell)}

    def news(self, trajectory: Trajectory) -> tuple[str, ...]:
        """What the person did to this conversation's cells since this was last asked, in words."""
        self._read_again()
        now = changes(trajectory, self._cells, self._version, self.edits)
        return self._changes.told(trajectory, now)

    def show(self, trajectory: Trajectory, *, durable: bool = True) -> None:
        """Put the trajectory's cells where they belong and write the file, atomically.

        What the person saves meanwhile is taken in and written with it; `durable` as for
        `write_atomically`. Raises NotebookError when it cannot be written; the old file is whole.
        """
        for _ in range(ATTEMPTS):
            self._read_again()
            self._take(trajectory)
            if self._write(durable=durable):
                return
            time.sleep(PAUSE)
        raise NotebookError(KEEPS_WRITING.format(str(self.path)))

    def revise(self, runs: Collection[str], change: Callable[[list[Cell]], list[Cell]]) -> None:
        """Write the file with its newest cells as `change` gives them, which is about these runs.

        The chain ends where it then does. Raises as `show` does.
        """
        for _ in range(ATTEMPTS):
            self._read_again()
            before = self._head, self._cells
            self._cells = change(self._cells)
            metadata = self._head["metadata"]
            if isinstance(own := metadata.get(KEY), Mapping):
                own = canonical(ended_anew(own, before[1], self._cells, runs, self._sign))
                self._head = {**self._head, "metadata": {**metadata, KEY: own}}
            try:
                if self._write():
                    return
            except NotebookError:
                self._head, self._cells = before
                raise
            self._head, self._cells = before
            time.sleep(PAUSE)
        raise NotebookError(KEEPS_WRITING.format(str(self.path)))

    @property
    def _held(self) -> Held:
        return Held(self._cells, self._head["metadata"].get(KEY))

    def _take(self, trajectory: Trajectory) -> None:
        """Put what is new in the trajectory into our cells."""
        for fragment in self._growing.changed(trajectory):
            for cell in fragment.cells:
                self._put(cell)
        written = {WRITTEN: self._version} if self._version else {}
        session = {**session_metadata(trajectory, self._growing.link, self._sign), **written}
        metadata = {KEY: None, **self._head["metadata"]}
        self._head["metadata"] = {**metadata, KEY: canonical(with_chains(session, metadata[KEY]))}

    def _put(self, cell: Cell) -> None:
        """Take a new state of one of our cells; what the person did to it wins."""
        name = cell["id"]
        place, before = self._place(name), self._ours.get(name)
        self._own(cell)
        if place is not None:
            theirs = joined(self._cells[place])
            new = merged(theirs, cell, before, edited=self._is_edited(theirs))
            self._cells[place] = in_lines(new)
        elif before is None:
            self._cells.insert(self._end_of_run(cell["metadata"][KEY]["run"]), in_lines(cell))
            self._names.add(name)
        self._version = later(self._version, reached_by(cell))

    def _own(self, cell: Cell) -> None:
        self._ours[cell["id"]] = cell
        self._texts.setdefault(cell["id"], set()).add((cell["cell_type"], cell["source"]))

    def _place(self, name: str) -> int | None:
        if self._named is not self._cells:  # the walk that a new cell would need is made once
            self._named, self._names = self._cells, {cell.get("id") for cell in self._cells}
        if name not in self._names:
            return None
        places = range(len(self._cells) - 1, -1, -1)
        return next((place for place in places if self._cells[place].get("id") == name), None)

    def _end_of_run(self, run: str) -> int:
        """Where the run's next cell goes: after its last one, or at the notebook's end."""
        for place in range(len(self._cells) - 1, -1, -1):
            mark = self._cells[place]["metadata"].get(KEY)
            if isinstance(mark, Mapping) and mark.get("run") == run:
                return place + 1
        return len(self._cells)

    def _is_edited(self, cell: Cell) -> bool:
        texts = self._texts.get(cell["id"])
        return texts is not None and (cell["cell_type"], cell["source"]) not in texts

    def _with_end(self, turn: Turn) -> Turn:
        """A turn that goes on only because the cell of its end was deleted, with an end."""
        if turn.state == "running" and has_ended(self._version.get(turn.run, "")):
            return replace(turn, state="stopped", reason=UNKNOWN_END)
        return turn

    def _remember(self) -> None:
        """Take what the file's own record says as shown: only what is new is written later."""
        for fragment in self._growing.changed(self.trajectory):
            for cell in fragment.cells:
                self._own(cell)

    def _read_again(self) -> None:
        """Take in what the person saved; a file that they removed or emptied is made again."""
        for attempt in range(ATTEMPTS):
            now = signature(self.path)
            if now in (self._seen, None):
                return
            try:
                content = self._read()
            except NotebookError:
                if attempt == ATTEMPTS - 1:
                    raise
                content = None
            if content is not None or attempt == ATTEMPTS - 1:
                break
            time.sleep(PAUSE)  # an editor may have emptied the file and not filled it again yet
        self._seen = now
        if content is not None:
            self._merge(*_split(content))

    def _merge(self, head: dict[str, Any], saved: list[Cell]) -> None:
        """Take over what was saved; what it lacks because it is of an older version is put back."""
        base = version_of(head["metadata"], saved)
        known = {cell["id"]: cell for cell in self._cells}
        self._brought = {**{cell["id"]: base for cell in saved}, **self._brought}
        caught_up = [self._caught_up(cell, known.get(cell["id"])) for cell in saved]
        self._head = head
        self._cells = with_missing(
            caught_up, self._cells, lambda cell: covers(base, self._came_with(cell))
        )
        self._version = later(self._version, base)

    def _came_with(self, cell: Cell) -> Version:
        """The version of which on a notebook had this cell."""
        return reached_by(self._ours.get(cell["id"], cell)) or self._brought.get(cell["id"], {})

    def _caught_up(self, saved: Cell, known: Cell | None) -> Cell:
        """The saved cell with the record and outputs of the last version, if it has older ones."""
        ours = self._ours.get(saved["id"])
        last = known or ours
        mark = mark_of(last) if last else None
        if last is None or mark is None or saved["metadata"].get(KEY) == mark:
            return saved
        theirs, new = joined(saved), joined(last)
        if ours is not None:
            new = {**new, "cell_type": ours["cell_type"], "source": ours["source"]}
        edited = ours is None or self._is_edited(theirs)
        return in_lines(merged(theirs, new, None, edited=edited))

    def _read(self) -> dict[str, Any] | None:
        """The file's content; None when there is no file, or an empty one.

        Raises NotebookError for what is no notebook, and for runs of a newer version.
        """
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise NotebookError(
                f"cannot read the notebook {str(self.path)!r}: {why}. Choose another file."
            ) from error
        content = parsed_notebook(raw, self.path) if raw.strip() else None
        if content is not None:
            own = content["metadata"].get(KEY)
            require_readable(content["cells"], own, of=repr(str(self.path)))
        return content

    def _write(self, *, durable: bool = True) -> bool:
        """Write the file; False when somebody else wrote it first, and it is left as it is."""
        text = self._layout.pieces(self._head, self._cells)
        try:
            written = write_atomically(
                self.path, text, may_replace=self._is_as_read, durable=durable
            )
        except (OSError, ValueError) as error:
            raise unwritable(self.path, error) from error
        if written is not None:
            self._seen = written
        return written is not None

    def _is_as_read(self) -> bool:
        return signature(self.path) in (self._seen, None)


def _split(content: dict[str, Any]) -> tuple[dict[str, Any], list[Cell]]:
    return {**content, "cells": None}, content["cells"]
