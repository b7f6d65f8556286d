"""One run at a time on a notebook: a lock that the system takes back when its process ends.

The lock is on a file beside the notebook, because the notebook itself is replaced at each write.
What a dead process left of it locks nothing.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import NotebookError

TAKEN = (errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK)
ATTEMPTS = 100  # on a file system where no two looks at a file agree, there is no lock


@contextmanager
def only_run_on(path: Path) -> Iterator[None]:
    """Be the only run on this notebook; raises NotebookError when another one is on it.

    Where no lock can be made, in a folder or on a file system that has none, there is none.
    """
    target = path.resolve()
    place = target.with_name(f".{target.name}.lock")
    try:
        handle = _locked(place)
    except BlockingIOError as error:
        raise NotebookError(
            f"another run of codeact is writing {str(path)!r}; wait for its end, or choose "
            "another file with --notebook"
        ) from error
    try:
        yield
    finally:
        if handle is not None:
            _given_back(handle, place)


def _locked(place: Path) -> int | None:
    """The locked file; None where there can be none. Raises BlockingIOError when it is taken."""
    for _ in range(ATTEMPTS):
        try:
            handle = os.open(place, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError:
            return None
        try:
            _lock(handle)
        except OSError as error:
            os.close(handle)
            if error.errno in TAKEN:
                raise BlockingIOError(error.errno, "locked") from error
            return None
        if _is_at(handle, place):
            return handle
        os.close(handle)  # who had it removed the file between our opening and locking it
    return None


def _is_at(handle: int, place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(place))
    except OSError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _given_back(handle: int, place: Path) -> None:
        os.close(handle)  # an open file cannot be removed here, and one that is taken neither
        with suppress(OSError):
            place.unlink()

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _given_back(handle: int, place: Path) -> None:
        with suppress(OSError):
            place.unlink()  # while it is ours: nobody else can have locked what is removed
        os.close(handle)
