"""A notebook file on disk: read with care, written whole or not at all.

The person may have the same file open: what they changed on disk since we last read it is read
again before each write. Their cells keep their bytes, their edits of our cells win, and a cell of
ours that they deleted stays deleted. A cell is made, and turned into text, once: writing after
every step of a long run stays cheap.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..engine.trajectory import Trajectory
from ..engine.wire import canonical
from ..errors import NotebookError
from .armour import is_sayable
from .cells import (
    VERSION,
    Cell,
    fragments,
    from_cells,
    mark_of,
    session_metadata,
    to_cells,
)
from .files import signature, write_atomically
from .inline import session_of, unfolded
from .outputs import KEY
from .reading import joined, parsed_notebook

READ_ATTEMPTS = 5  # another program may be in the middle of writing the file
READ_PAUSE = 0.05


class Document:
    """A notebook and the file it is kept in."""

    def __init__(self, path: Path, *, kernel: str = "python3") -> None:
        self.path = path
        self._seen = signature(path)
        self._shown: dict[str, tuple[Any, ...]] = {}
        self._sources: dict[str, str] = {}
        self._texts: dict[int, tuple[Cell, bytes]] = {}
        self._head, self._cells = self._split(self._read() or new_notebook(kernel=kernel))
        self._remember()

    @property
    def content(self) -> dict[str, Any]:
        """The notebook as JSON."""
        return {**self._head, "cells": list(self._cells)}

    @property
    def trajectory(self) -> Trajectory:
        """The conversation that the notebook holds; an empty one when it holds none."""
        parts = [part for cell in self._cells for part in unfolded(cell)]
        session = self._head["metadata"].get(KEY)
        if not isinstance(session, Mapping):
            session = session_of(self._cells)
        return from_cells(parts, session)

    @property
    def persons_cells(self) -> list[str]:
        """The sources of the code cells that are not of a run, in order."""
        codes = (joined(cell) for cell in self._cells if cell["cell_type"] == "code")
        return [
            cell["source"] for cell in codes if mark_of(cell) is None and cell["source"].strip()
        ]

    @property
    def edits(self) -> dict[str, str]:
        """By id, the sources of our code cells that the person changed."""
        ours = (joined(cell) for cell in self._cells if cell["cell_type"] == "code")
        changed = (cell for cell in ours if mark_of(cell) and self._is_edited(cell))
        return {cell["id"]: cell["source"] for cell in changed}

    def show(self, trajectory: Trajectory) -> None:
        """Put the trajectory's cells where they belong and write the file, atomically.

        Raises NotebookError when it cannot be written; the old file is then unharmed.
        """
        self._read_again()
        metadata = {KEY: None, **self._head["metadata"]}
        self._head["metadata"] = {**metadata, KEY: canonical(session_metadata(trajectory))}
        for fragment in fragments(trajectory):
            if self._shown.get(fragment.name) != fragment.values:
                for cell in fragment.cells():
                    self._put(cell)
            self._shown[fragment.name] = fragment.values
        self._write()

    def _put(self, cell: Cell) -> None:
        """Take a new state of one of our cells; what the person did to it wins."""
        place = self._place(cell["id"])
        if place is not None:
            self._cells[place] = self._merged(joined(self._cells[place]), cell)
        elif cell["id"] not in self._sources:
            self._cells.insert(self._end_of_run(cell["metadata"][KEY]["run"]), _in_lines(cell))
        self._sources[cell["id"]] = cell["source"]

    def _place(self, name: str) -> int | None:
        places = range(len(self._cells) - 1, -1, -1)
        return next((place for place in places if self._cells[place].get("id") == name), None)

    def _end_of_run(self, run: str) -> int:
        """Where the run's next cell goes: after its last one, or at the notebook's end."""
        for place in range(len(self._cells) - 1, -1, -1):
            mark = self._cells[place]["metadata"].get(KEY)
            if isinstance(mark, Mapping) and mark.get("run") == run:
                return place + 1
        return len(self._cells)

    def _merged(self, old: Cell, new: Cell) -> Cell:
        source = old["source"] if self._is_edited(old) else new["source"]
        metadata = {**old["metadata"], **new["metadata"]}
        if "jupyter" in old["metadata"]:
            metadata["jupyter"] = {
                **new["metadata"].get("jupyter", {}),
                **old["metadata"]["jupyter"],
            }
        kept = {**old, **new, "metadata": metadata, "source": source}
        if new["cell_type"] != "code":  # what was about to run was not run after all
            kept = {key: kept[key] for key in kept if key not in ("outputs", "execution_count")}
        return _in_lines(kept)

    def _is_edited(self, cell: Cell) -> bool:
        return bool(cell["source"] != self._sources.get(cell["id"], cell["source"]))

    def _remember(self) -> None:
        """Take what the file's own record says as shown: only what is new is written later."""
        mark = self._head["metadata"].get(KEY)
        version = mark.get("version") if isinstance(mark, Mapping) else VERSION
        if isinstance(version, int) and version > VERSION:
            raise NotebookError(
                f"{str(self.path)!r} holds runs of a newer codeact (version {version} of the "
                "record); upgrade codeact-jupyter, or choose another notebook"
            )
        trajectory = self.trajectory
        self._shown |= {part.name: part.values for part in fragments(trajectory)}
        self._sources |= {cell["id"]: cell["source"] for cell in to_cells(trajectory)}

    def _read_again(self) -> None:
        """Take over what the person changed on disk; a file that they removed is made again."""
        now = signature(self.path)
        if now in (self._seen, None):
            return
        for attempt in range(READ_ATTEMPTS):
            try:
                content = self._read()
                break
            except NotebookError:
                if attempt == READ_ATTEMPTS - 1:
                    raise
                time.sleep(READ_PAUSE)
        if content is not None:
            self._head, self._cells = self._split(content)

    def _read(self) -> dict[str, Any] | None:
        """The file's content; None when there is no file, or an empty one."""
        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise NotebookError(
                f"cannot read the notebook {str(self.path)!r}: {why}. Choose another file."
            ) from error
        return parsed_notebook(raw, self.path) if raw.strip() else None

    @staticmethod
    def _split(content: dict[str, Any]) -> tuple[dict[str, Any], list[Cell]]:
        return {**content, "cells": None}, content["cells"]

    def _write(self) -> None:
        try:
            write_atomically(self.path, self._pieces())
        except (OSError, ValueError) as error:
            raise unwritable(self.path, error) from error
        self._seen = signature(self.path)

    def _pieces(self) -> list[bytes]:
        """The file's text, in pieces, as the format's own writer lays it out."""
        kept, self._texts = self._texts, {}
        pieces = [b"{"]
        for key, value in self._head.items():
            pieces.append(b"\n " if len(pieces) == 1 else b",\n ")
            if key == "cells":
                texts = (self._cell_text(cell, kept) for cell in self._cells)
                pieces.append(b'"cells": [')
                pieces += [piece for text in texts for piece in (text, b",")][:-1]
                pieces.append(b"\n ]" if self._cells else b"]")
            else:
                pieces.append(f"{json.dumps(key)}: {_dumped(value, 1)}".encode())
        return [*pieces, b"\n}\n"]

    def _cell_text(self, cell: Cell, kept: Mapping[int, tuple[Cell, bytes]]) -> bytes:
        """The cell's text, made once as long as the same cell stands there."""
        known = kept.get(id(cell))
        if known is None or known[0] is not cell:
            known = (cell, f"\n  {_dumped(cell, 2)}".encode())
        self._texts[id(cell)] = known
        return known[1]


def new_notebook(
    trajectory: Trajectory | None = None, *, kernel: str = "python3"
) -> dict[str, Any]:
    """A notebook, in the format's JSON, that holds just this trajectory."""
    title = "Python 3 (ipykernel)" if kernel == "python3" else kernel
    spec = {"display_name": title, "language": "python", "name": kernel}
    metadata: dict[str, Any] = {"kernelspec": spec, "language_info": {"name": "python"}}
    if trajectory is not None:
        metadata = {KEY: session_metadata(trajectory), **metadata}
    cells = to_cells(trajectory) if trajectory is not None else []
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def require_writable(path: Path) -> None:
    """Raise NotebookError when no file can be written in the place of `path`."""
    folder = path.resolve().parent
    if path.is_dir():
        raise NotebookError(f"cannot write {str(path)!r}: it is a directory; name a file in it")
    if not folder.is_dir():
        raise NotebookError(
            f"cannot write {str(path)!r}: there is no directory {str(folder)!r}; make it first"
        )
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: Path, error: Exception) -> NotebookError:
    """The error for a file that could not be written, with the way on."""
    why = getattr(error, "strerror", None) or error
    return NotebookError(f"cannot write {str(path)!r}: {why}. Choose another place, or make room.")


def _in_lines(cell: Cell) -> Cell:
    """Our cell with its texts as lists of lines and its keys sorted, as Jupyter saves them."""
    import nbformat
    from nbformat.v4.rwbase import split_lines

    notebook = split_lines(nbformat.from_dict({"cells": [cell]}))
    lines: Cell = canonical(notebook["cells"][0])
    return lines


def _dumped(value: Any, depth: int) -> str:
    """JSON as the notebook format's writer has it, at this depth of the file."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    if not is_sayable(text):  # the person's file had it as an escape, and so it stays
        text = json.dumps(value, indent=1)
    return text.replace("\n", "\n" + " " * depth)
