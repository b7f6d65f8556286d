"""Where the snapshots are: a private folder for each run, in the user's Jupyter data directory."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..errors import UndoError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
MOST_RUNS = 10
MOST_DAYS = 7
MANIFEST, CELLS = "manifest.json", "cells.json"
UNDONE = "undone.mark"  # stands beside the manifest of what is undone: so few need be read
NUMBER = "number.mark"  # beside each, which of all it is: to count on, no manifest need be read
VERSION = 1
POINT = re.compile(r"[\w-]{1,64}\Z")


def default_place() -> Path:
    """The folder of all snapshots of this user; it need not exist."""
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "codeact" / "undo"


class Store:
    """The private folder of the snapshot of one point: of a run's beginning, or of a step's.

    Raises UndoError when it cannot be private: another user's, or a link.
    """

    def __init__(self, place: Path, point: str) -> None:
        if not POINT.match(point):
            raise UndoError(f"{point!r} is no id of a run")
        self.folder = place / point
        self._place = place

    @property
    def exists(self) -> bool:
        return (self.folder / MANIFEST).is_file()

    def make(self) -> None:
        """Make the folder, for this user alone."""
        self._place.parent.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for folder in (self._place, self.folder):
            with suppress(FileExistsError):
                folder.mkdir(mode=PRIVATE_FOLDER)
            found = folder.lstat()
            if folder.is_symlink() or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
                raise UndoError(f"{str(folder)!r} is a link or somebody else's; remove it")
            folder.chmod(PRIVATE_FOLDER)

    def count(self) -> None:
        """Be the last of all snapshots of this user, whatever the clock says; raises OSError."""
        last = max(map(_number, _snapshots(self._place)), default=0)
        mark = self.folder / NUMBER
        mark.touch(PRIVATE_FILE)
        mark.write_text(str(last + 1), "utf-8")

    def write(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, whole or not at all."""
        mark = self.folder / UNDONE
        if manifest.get("undone"):
            mark.touch(PRIVATE_FILE)
        handle, temporary = tempfile.mkstemp(dir=self.folder)  # private by itself
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"version": VERSION, **manifest}, file)
        os.replace(temporary, self.folder / MANIFEST)
        if not manifest.get("undone"):
            mark.unlink(missing_ok=True)

    def write_cells(self, cells: list[Any]) -> None:
        """Keep the cells that an undo takes out of the notebook; raises OSError."""
        self.make()
        handle, temporary = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(cells, file)
        os.replace(temporary, self.folder / CELLS)

    def read_cells(self) -> list[Any]:
        """The cells that an undo took; none when there are none."""
        try:
            cells = json.loads((self.folder / CELLS).read_text("utf-8"))
        except (OSError, ValueError):
            return []
        return cells if isinstance(cells, list) else []

    @property
    def taken(self) -> float:
        """When the manifest was written last, in seconds since 1970."""
        return _age(self.folder)

    def read(self) -> dict[str, Any]:
        """The manifest; raises UndoError when it cannot be read."""
        try:
            manifest = json.loads((self.folder / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UndoError(f"the snapshot of this run cannot be read: {error}") from error
        if manifest.get("version") != VERSION:
            raise UndoError("the snapshot of this run is of another version of codeact")
        return dict(manifest)

    def content(self, name: str) -> Path:
        """Where the copy of this name is; a name is a number, whoever wrote the manifest."""
        if not name.isalnum():
            raise UndoError(f"the snapshot names a copy {name!r}, which is none of ours")
        return self.folder / name

    def newest_other(self) -> Store | None:
        """The newest other snapshot: what did not change since is there already."""
        others = (each for each in _snapshots(self._place) if each != self.folder)
        newest = max(others, key=_age, default=None)
        return Store(self._place, newest.name) if newest is not None else None

    def remove(self) -> None:
        """Forget the snapshot."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def prune(self) -> None:
        """Remove what is old, and the oldest of too many runs; never this one's."""
        runs: dict[str, list[Path]] = {}
        for folder in sorted(_snapshots(self._place), key=_age, reverse=True):
            runs.setdefault(_run_of(folder), []).append(folder)
        oldest = time.time() - MOST_DAYS * 86_400
        for number, (run, folders) in enumerate(runs.items()):
            old = number >= MOST_RUNS or _age(folders[0]) < oldest
            for folder in folders if old and run != _run_of(self.folder) else ():
                shutil.rmtree(folder, ignore_errors=True)


def all_points(place: Path, *, undone: bool = False) -> list[tuple[str, dict[str, Any]]]:
    """All points with what is written of them, in the order of time; the damaged are left out.

    That is the order in which they were counted; what older versions did not count, by its clock,
    comes before. With `undone` only those that are marked as such are read.
    """
    found = []
    for folder in _snapshots(place):
        if undone and not (folder / UNDONE).exists():
            continue
        try:
            found.append((folder.name, Store(place, folder.name).read()))
        except UndoError:
            continue
    return sorted(found, key=lambda each: (_number(place / each[0]), each[1].get("taken", 0)))


def _snapshots(place: Path) -> list[Path]:
    try:
        found = list(place.iterdir())
    except OSError:
        return []
    return [each for each in found if not each.is_symlink() and POINT.match(each.name)]


def _run_of(folder: Path) -> str:
    return folder.name.partition("-")[0]


def _number(folder: Path) -> int:
    """Which of all it is; 0 for what was not counted."""
    try:
        return int((folder / NUMBER).read_text("utf-8"))
    except (OSError, ValueError):
        return 0


def _age(folder: Path) -> float:
    """When something was written of it last."""
    for each in (folder / MANIFEST, folder):
        try:
            return each.stat().st_mtime
        except OSError:
            continue
    return 0.0
