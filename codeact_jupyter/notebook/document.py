"""A notebook file on disk: read with care, written whole or not at all.

The person may have the same file open: what they changed on disk since we last read it is read
again before each write, their cells are never touched, and their edits of ours win.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

from ..engine.trajectory import Trajectory
from ..errors import NotebookError
from .cells import KEY, Cell, from_cells, mark_of, session_metadata, to_cells
from .inline import session_of, unfolded


class Document:
    """A notebook and the file it is kept in."""

    def __init__(self, path: Path, *, kernel: str = "python3") -> None:
        self.path = path
        self._kernel = kernel
        self._digest = b""
        self._shown: dict[str, str] = {}
        self.content = self._read()

    @property
    def trajectory(self) -> Trajectory:
        """The conversation that the notebook holds; an empty one when it holds none."""
        cells = [part for cell in self.content["cells"] for part in unfolded(cell)]
        session = self.content["metadata"].get(KEY) or session_of(self.content["cells"])
        return from_cells(cells, session)

    @property
    def persons_cells(self) -> list[str]:
        """The sources of the code cells that are not of a run, in order."""
        return [
            cell["source"]
            for cell in self.content["cells"]
            if cell["cell_type"] == "code" and mark_of(cell) is None and cell["source"].strip()
        ]

    def show(self, trajectory: Trajectory) -> None:
        """Put the trajectory's cells where they belong and write the file, atomically.

        Raises NotebookError when it cannot be written; the old file is then unharmed.
        """
        if self._digest and _digest(self.path) not in (self._digest, b""):
            self.content = self._read()
        self.content["metadata"][KEY] = session_metadata(trajectory)
        cells: list[Cell] = self.content["cells"]
        places = {cell.get("id"): index for index, cell in enumerate(cells)}
        last: int | None = None
        for cell in to_cells(trajectory):
            place = places.get(cell["id"])
            if place is not None:
                cells[place] = self._merged(cells[place], cell)
                last = place
                continue
            last = len(cells) if last is None else last + 1
            cells.insert(last, cell)
            places = {cell.get("id"): index for index, cell in enumerate(cells)}
            self._shown[cell["id"]] = cell["source"]
        self._write()

    def _merged(self, old: Cell, new: Cell) -> Cell:
        """Our cell as it is now, under the person's text if they changed it."""
        before = self._shown.get(new["id"], new["source"])
        edited = old["source"] not in (before, new["source"])
        self._shown[new["id"]] = old["source"] if edited else new["source"]
        metadata = {**old["metadata"], **new["metadata"]}
        source = old["source"] if edited else new["source"]
        return {**new, "metadata": metadata, "source": source}

    def _read(self) -> dict[str, Any]:
        import nbformat

        try:
            raw = self.path.read_bytes()
        except FileNotFoundError:
            return new_notebook(kernel=self._kernel)
        except OSError as error:
            raise NotebookError(f"cannot read {str(self.path)!r}: {error.strerror}") from error
        self._digest = hashlib.sha256(raw).digest()
        if not raw.strip():
            return new_notebook(kernel=self._kernel)
        try:
            content = nbformat.reads(raw.decode("utf-8"), as_version=4)
            content = nbformat.from_dict(json.loads(nbformat.writes(content)))
            nbformat.validate(content)
        except Exception as error:  # nbformat raises many kinds for a file that is no notebook
            raise NotebookError(
                f"{str(self.path)!r} is not a notebook that can be read ({_first_line(error)}); "
                "it was left as it is. Choose another file."
            ) from error
        read: dict[str, Any] = json.loads(nbformat.writes(content, split_lines=False))
        for cell in read["cells"]:
            cell["source"] = "".join(cell["source"])
        return read

    def _write(self) -> None:
        text = json.dumps(self.content, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
        raw = text.encode("utf-8")
        try:
            write_atomically(self.path, raw)
        except OSError as error:
            raise NotebookError(f"cannot write {str(self.path)!r}: {error.strerror}") from error
        self._digest = hashlib.sha256(raw).digest()


def new_notebook(
    trajectory: Trajectory | None = None, *, kernel: str = "python3"
) -> dict[str, Any]:
    """A notebook, in the format's JSON, that holds just this trajectory."""
    spec = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": kernel}
    metadata: dict[str, Any] = {"kernelspec": spec, "language_info": {"name": "python"}}
    if trajectory is not None:
        metadata[KEY] = session_metadata(trajectory)
    cells = to_cells(trajectory) if trajectory is not None else []
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def write_atomically(path: Path, raw: bytes) -> None:
    """Write a whole new file and put it in the place of the old one, keeping its mode.

    At any instant, and after a crash, the path holds the old content or the new. A link stays a
    link: what it points to is replaced.
    """
    path = path.resolve()
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o666 & ~_umask()
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:80]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system lets a folder be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
