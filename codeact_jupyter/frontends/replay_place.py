"""Where a replay works: in the notebook's folder, or in a copy where a run wrote its own files.

A run that writes over what it wrote itself would find that from the first time on, and a replay in
place would write over what became of it since. In a copy it finds what was there before it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..record.recorded import Part
from ..workspace.entries import PASSED_OVER

MOST_FILES, MOST_BYTES = 20_000, 1 << 30
OVER = ("overwrites", "altered")
WRITES, OTHERS = ("writes", "changed", *OVER), ("reads", "deletes", "moves", "gone", *OVER)
TOLD = (
    "Replayed in a copy of {folder!r}, because the run wrote files that are there: {files}. "
    "Yours were left alone; --cwd DIR replays in a folder that you choose"
)
TOO_LARGE = (
    "The run wrote files that are there, and {folder!r} is too large to copy: what writes over "
    "them is skipped unless allowed"
)


@dataclass(frozen=True)
class Place:
    """The folder of a replay, and a word on it; what is in a copy `of` one may be written over."""

    folder: Path
    told: str = ""
    of: Path | None = None

    def exists(self, path: Path) -> bool:
        """Whether something is there that a replay must not write over."""
        return path.exists() and not (self.of and path.is_relative_to(self.folder))


@contextmanager
def place_of(parts: Sequence[Part], folder: Path, *, chosen: bool) -> Iterator[Place]:
    """Where these parts are replayed; the person's word for a folder, if `chosen`, counts."""
    folder = folder.resolve()
    there = [] if chosen else [path for path in written(parts, folder) if (folder / path).exists()]
    if not there:
        yield Place(folder)
    elif not _is_small(folder):
        yield Place(folder, TOO_LARGE.format(folder=str(folder)))
    else:
        beside = folder.parent if os.access(folder.parent, os.W_OK) else None  # ../data is the same
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-replay-", dir=beside) as scratch:
            copy = Path(scratch).resolve()
            _copy(folder, copy, leave_out={folder / path for path in made(parts, folder)})
            names = ", ".join(map(str, there[:5])) + (" …" if len(there) > 5 else "")
            yield Place(copy, TOLD.format(folder=str(folder), files=names), of=folder)


def written(parts: Sequence[Part], folder: Path) -> list[Path]:
    """The files in this folder that the record says these parts wrote, relative to it."""
    found = [path for part in parts for path in _of(part, WRITES, folder)]
    return list(dict.fromkeys(found))


def made(parts: Sequence[Part], folder: Path) -> set[Path]:
    """Those of them that the run made: the first that touched them wrote, and over nothing."""
    found: set[Path] = set()
    known: set[Path] = set()
    for part in parts:
        others = set(_of(part, OTHERS, folder))
        if "overwrite-file" not in part.effects:
            found |= set(_of(part, WRITES, folder)) - known - others
        known |= {*others, *_of(part, WRITES, folder)}
    return found


def _of(part: Part, kinds: Sequence[str], folder: Path) -> list[Path]:
    paths = [Path(os.path.normpath(folder / t.what)) for t in part.touched if t.kind in kinds]
    return [path.relative_to(folder) for path in paths if path.is_relative_to(folder)]


def _is_small(folder: Path) -> bool:
    files = size = 0
    for where, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in PASSED_OVER]
        files += len(names)
        for name in names:
            try:
                size += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                continue
        if files > MOST_FILES or size > MOST_BYTES:
            return False
    return True


def _copy(folder: Path, copy: Path, *, leave_out: set[Path]) -> None:
    """Links are copied as links: what they lead to is no part of the copy."""

    def ignored(where: str, names: list[str]) -> list[str]:
        return [
            name
            for name in names
            if name in PASSED_OVER or Path(where, name) in leave_out or Path(where, name) == copy
        ]

    shutil.copytree(folder, copy, symlinks=True, ignore=ignored, dirs_exist_ok=True)
