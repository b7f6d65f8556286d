"""Files that are written whole or not at all, and whether a file can be."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import NotebookError

BUFFER = 1 << 20
WRITING = ".writing"  # ends the name of what is not there yet: an undo passes it over
# Windows replaces no file that another program has open; most, as scanners, close it soon.
WAITS = (0.01, 0.05, 0.2, 0.5) if os.name == "nt" else ()  # seconds
WRITE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
# What a file was when it was last looked at: another value means that somebody wrote it.
Signature = tuple[int, int, int]


def write_atomically(
    path: Path,
    pieces: Iterable[bytes | bytearray],
    *,
    may_replace: Callable[[], bool] = lambda: True,
    durable: bool = True,
) -> Signature | None:
    """Write these pieces as a new file and put it in the place of the old one.

    At any instant, and after a crash, the path holds the old content or the new; without `durable`
    a crash of the machine may bring back the old one also after this has returned. Its mode, and
    where we may its owner, stay; a link stays a link: what it points to is replaced. The last thing
    before that is to ask `may_replace`: when it says no, nothing changes. Returns what the path now
    is, which somebody may have written again by then; None when it was left. Raises OSError.
    """
    path = _followed(path)
    old = path.stat() if path.exists() else None
    handle, temporary = tempfile.mkstemp(
        prefix=f".{path.name[:80]}.", suffix=WRITING, dir=path.parent
    )
    try:
        with os.fdopen(handle, "wb", buffering=BUFFER) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        _dress(temporary, old)
        written = signature(Path(temporary))
        if not may_replace():
            Path(temporary).unlink()
            return None
        _put_in_place(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if durable:
        _sync_folder(path.parent)
    return written


def require_writable(path: Path) -> None:
    """Raise NotebookError when no file can be written in the place of `path`, or none should be.

    A file that is marked as read-only could be replaced all the same; that is not what its owner
    wants.
    """
    try:
        folder, old = _followed(path).parent, path.stat() if path.exists() else None
    except (OSError, ValueError) as error:
        raise unwritable(path, error) from error
    if old is not None and stat.S_ISDIR(old.st_mode):
        raise NotebookError(f"cannot write {str(path)!r}: it is a directory; name a file in it")
    if old is not None and not stat.S_ISREG(old.st_mode):
        raise NotebookError(
            f"cannot write {str(path)!r}: it is a pipe or a device, no file; choose another name"
        )
    if old is not None and not (old.st_mode & WRITE and os.access(path, os.W_OK)):
        raise NotebookError(
            f"cannot write {str(path)!r}: it is read-only; choose another file, or make it writable"
        )
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


def signature(path: Path) -> Signature | None:
    """The file's signature; None when there is no such file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _followed(path: Path) -> Path:
    """The path with its links followed; raises OSError where the system finds no such file.

    To resolve `missing/../file` drops the folder that is not there, and leads to a file of which
    who asked the system before, whether something would be overwritten, was told nothing.
    """
    place = path.resolve()
    if place.exists() and not path.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    return place


def _put_in_place(temporary: str, path: Path) -> None:
    for wait in WAITS:
        try:
            return os.replace(temporary, path)
        except PermissionError:
            time.sleep(wait)
    os.replace(temporary, path)


def _dress(temporary: str, old: os.stat_result | None) -> None:
    """Give the new file the mode and, where we may, the owner of the old one."""
    if old is not None and hasattr(os, "chown"):
        with suppress(OSError):
            os.chown(temporary, old.st_uid, old.st_gid)
    os.chmod(temporary, stat.S_IMODE(old.st_mode) if old is not None else 0o666 & ~_umask())


def _sync_folder(folder: Path) -> None:
    """Make the new name durable, where the system lets a folder be opened."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        with suppress(OSError):
            os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
