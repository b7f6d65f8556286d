"""Copies of files, into a private folder and back: no link is followed, no file left in parts."""

from __future__ import annotations

import glob
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from .entries import Entry, entry_of
from .store import PRIVATE_FILE

NOT_FOLLOWED = getattr(os, "O_NOFOLLOW", 0)
BINARY = getattr(os, "O_BINARY", 0)
CHUNK = 1 << 20
UNFINISHED = ".codeact-undo"  # how the names of files end that are not written yet


def copy_in(path: Path, to: Path) -> None:
    """Copy a file's content, which is ours alone from then on; raises OSError."""
    source = os.open(path, os.O_RDONLY | NOT_FOLLOWED | BINARY)
    with os.fdopen(source, "rb") as read:
        target = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, PRIVATE_FILE)
        with os.fdopen(target, "wb") as write:
            shutil.copyfileobj(read, write, CHUNK)


def same_content(path: Path, other: Path) -> bool:
    """Whether two files hold the same bytes; raises OSError."""
    source = os.open(path, os.O_RDONLY | NOT_FOLLOWED | BINARY)
    with os.fdopen(source, "rb") as one, other.open("rb") as two:
        while True:
            piece, another = one.read(CHUNK), two.read(CHUNK)
            if piece != another:
                return False
            if not piece:
                return True


def put(path: Path, entry: Entry, content: Path | None) -> None:
    """Put a file, folder or link there as it was, in the place of what is there; raises OSError.

    A file with another name (a hard link) is written in place, so that it stays one.
    """
    if entry.kind == "folder":
        path.mkdir(exist_ok=True)
        os.chmod(path, entry.mode)
        return
    if content is not None and _has_other_names(path, entry):
        _write_in_place(path, entry, content)
        return
    start = f".{path.name[:80]}."
    for left in path.parent.glob(f"{glob.escape(start)}*{UNFINISHED}"):
        left.unlink()  # by a process that was killed while it wrote here
    handle, temporary = tempfile.mkstemp(UNFINISHED, start, path.parent)
    os.close(handle)
    try:
        if entry.kind == "link":
            os.unlink(temporary)
            os.symlink(entry.target, temporary)
        else:
            assert content is not None
            shutil.copyfile(content, temporary)
            os.chmod(temporary, entry.mode)
            os.utime(temporary, ns=(entry.modified, entry.modified))
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _has_other_names(path: Path, entry: Entry) -> bool:
    try:
        there = os.lstat(path)
    except OSError:
        return False
    return there.st_nlink > 1 and stat.S_ISREG(there.st_mode) and there.st_ino == entry.node


def _write_in_place(path: Path, entry: Entry, content: Path) -> None:
    target = os.open(path, os.O_WRONLY | NOT_FOLLOWED | BINARY)
    with os.fdopen(target, "wb") as write, content.open("rb") as read:
        os.truncate(target if os.truncate in os.supports_fd else path, 0)
        shutil.copyfileobj(read, write, CHUNK)
    os.chmod(path, entry.mode)
    os.utime(path, ns=(entry.modified, entry.modified))


def take_away(path: Path) -> None:
    """Remove a file or a link, or a folder that is empty; raises OSError."""
    found = entry_of(path)
    if found is not None and found.kind == "folder":
        path.rmdir()
    elif found is not None:
        path.unlink()


def stays_inside(root: Path, path: str) -> bool:
    """Whether a path below the root is really there: no folder on the way is a link."""
    parts = path.split("/")
    if not all(part and part not in (".", "..") for part in parts):
        return False
    folder = root
    for part in parts[:-1]:
        folder = folder / part
        if folder.is_symlink():
            return False
    return True
