"""System calls that Python has no name for (Linux)."""

from __future__ import annotations

import ctypes
import os
from typing import Any

SET_PARENT_DEATH_SIGNAL, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVILEGES = 1, 36, 38


def prctl(*arguments: Any) -> None:
    """Call `prctl`; raises OSError when it is refused."""
    library = ctypes.CDLL(None, use_errno=True)
    longs = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
    if library.prctl(*longs):
        raise OSError(ctypes.get_errno(), f"prctl: {os.strerror(ctypes.get_errno())}")


def syscall(number: int, *arguments: Any) -> int:
    """Make a system call by its number; raises OSError when it is refused."""
    library = ctypes.CDLL(None, use_errno=True)
    library.syscall.restype = ctypes.c_long
    result = int(library.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
