"""Whether the process that began a run still lives: it holds a lock that the system takes back.

A lock, because a number of a process says nothing on another machine, in another container, or once
it is given again. A child that a process forks does not hold its parent's.
"""

from __future__ import annotations

import os
import secrets
import sys
from contextlib import suppress
from pathlib import Path

from .place import private_file, private_folder

FOLDER = "processes"
_held: dict[Path, tuple[int, str]] = {}  # by folder: the process that holds it, and the name


def own_life(folder: Path) -> str:
    """The name of this process's lock in `folder`, made at the first call.

    Raises OSError where no lock can be had.
    """
    process, name = _held.get(folder, (0, ""))
    if process != os.getpid():
        name = _begun(private_folder(folder / FOLDER))
        _held[folder] = (os.getpid(), name)
    return name


def lives(folder: Path, name: str) -> bool:
    """Whether the process whose lock has this name still lives."""
    if _held.get(folder) == (os.getpid(), name):
        return True  # not to be tried: to close it again would give it back
    return not _is_free(folder / FOLDER / name)


def clear_away(folder: Path) -> None:
    """Remove the locks of processes that have ended: without one, a process counts as ended."""
    for path in (folder / FOLDER).glob("*.lock"):
        if _held.get(folder) != (os.getpid(), path.name) and _is_free(path):
            with suppress(OSError):
                path.unlink()


def _begun(place: Path) -> str:
    while True:
        path = place / f"{secrets.token_hex(8)}.lock"
        handle = os.open(private_file(path), os.O_RDWR)
        try:
            _lock(handle)
            if path.exists():  # else somebody cleared it away before it was locked
                return path.name  # the handle stays open as long as the process lives
        except BlockingIOError:
            pass
        os.close(handle)


def _is_free(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:
        return not path.exists()
    try:
        _lock(handle)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
