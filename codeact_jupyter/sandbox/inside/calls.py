"""System calls that Python has no name for (Linux)."""

from __future__ import annotations

import ctypes
import os
import struct
from contextlib import suppress
from typing import Any

SET_PARENT_DEATH_SIGNAL, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVILEGES = 1, 36, 38
DROP_FROM_BOUNDS, AMBIENT, CLEAR_ALL = 24, 47, 4
CAPABILITIES, CAPABILITIES_VERSION = 64, 0x20080522


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


def give_up_capabilities() -> None:
    """Keep of root's rights none, also not over what this process starts; raises OSError."""
    for capability in range(CAPABILITIES):
        with suppress(OSError):  # there is none of this number, or it may drop none and has none
            prctl(DROP_FROM_BOUNDS, capability, 0, 0, 0)
    with suppress(OSError):
        prctl(AMBIENT, CLEAR_ALL, 0, 0, 0)
    library = ctypes.CDLL(None, use_errno=True)
    header, none = struct.pack("Ii", CAPABILITIES_VERSION, 0), bytes(24)
    if library.capset(header, none):
        raise OSError(ctypes.get_errno(), f"capset: {os.strerror(ctypes.get_errno())}")
