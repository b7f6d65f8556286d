"""The memory of this process as it was, held by a copy of the process that never does anything.

Its source is also sent into kernels. A fork shares all its pages until one side
writes; it is read from outside, at the same addresses, with `process_vm_readv` (Linux). It closes
everything that it was given, and ends with the kernel, when it is dropped, or when what the run has
rewritten since takes more memory than it may.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import sys
import warnings
from contextlib import suppress
from typing import Any

DIE_WITH_PARENT, MAY_READ_ME = 1, 0x59616D61  # of prctl
WATCH_SECONDS = 0.5
STEP = 1 << 20
TOO_MUCH = 3  # what it exits with when it holds more than it may
EVERYTHING = 0x7FFFFFFF


class _Piece(ctypes.Structure):
    _fields_ = (("start", ctypes.c_void_p), ("length", ctypes.c_size_t))


def can_park() -> bool:
    """Tell whether this system lets a process be forked and the fork's memory be read."""
    if not sys.platform.startswith("linux") or not hasattr(os, "fork"):
        return False
    probe = ctypes.create_string_buffer(b"12345678")
    into = ctypes.create_string_buffer(8)
    try:
        _read(os.getpid(), ctypes.addressof(probe), ctypes.addressof(into), 8)
    except (OSError, AttributeError):
        return False
    return into.raw[:8] == b"12345678"


def same_memory(address: int, other: int, size: int) -> bool:
    """Compare two stretches of this process's memory."""
    compare = _library().memcmp
    compare.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
    return bool(compare(address, other, size) == 0)


class Parked:
    """A fork that holds the memory of now; `most` is how many bytes of its own it may come to.

    Raises OSError when there cannot be one.
    """

    def __init__(self, most: int) -> None:
        parent = os.getpid()
        ends, self._keep = os.pipe()
        masked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            with warnings.catch_warnings():  # that there are threads: the fork uses no lock
                warnings.simplefilter("ignore", DeprecationWarning)
                self.pid = os.fork()
            if self.pid == 0:
                _stay(parent, ends, most, masked)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        os.close(ends)
        self.is_over = False
        self.too_much = False
        check = ctypes.create_string_buffer(b"12345678")
        self._check(ctypes.addressof(check))

    def _check(self, address: int) -> None:
        try:
            self.read(address, 8)
        except OSError:
            self.close()
            raise

    def is_there(self) -> bool:
        """Tell whether it still holds the memory; `too_much` says why when it does not."""
        if self.is_over:
            return False
        try:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:  # somebody else waited for it
            ended, status = self.pid, 0
        if ended:
            self.is_over = True
            self.too_much = os.WIFEXITED(status) and os.WEXITSTATUS(status) == TOO_MUCH
            os.close(self._keep)
        return not self.is_over

    def read(self, address: int, size: int) -> Any:
        """Return the bytes that were there; raises OSError when they cannot be had."""
        into = ctypes.create_string_buffer(size)
        _read(self.pid, address, ctypes.addressof(into), size)
        return into

    def differs(self, address: int, size: int) -> bool:
        """Tell whether this memory is not as it was."""
        step = min(STEP, size)
        into = ctypes.create_string_buffer(step)
        there = ctypes.addressof(into)
        for at in range(address, address + size, STEP):
            length = min(STEP, address + size - at)
            _read(self.pid, at, there, length)
            if not same_memory(at, there, length):
                return True
        return False

    def differing(self, address: int, size: int) -> list[tuple[int, bytes]]:
        """The pieces of this memory that are not as they were: as they were, by address."""
        found = []
        for at in range(address, address + size, STEP):
            length = min(STEP, address + size - at)
            held = self.read(at, length)
            if not same_memory(at, ctypes.addressof(held), length):
                found.append((at, held.raw))
        return found

    def restore(self, address: int, size: int) -> list[tuple[int, bytes]]:
        """Put this memory back as it was; return what was there instead, by address."""
        replaced = []
        for at in range(address, address + size, STEP):
            length = min(STEP, address + size - at)
            held = self.read(at, length)
            if not same_memory(at, ctypes.addressof(held), length):
                replaced.append((at, ctypes.string_at(at, length)))
                ctypes.memmove(at, held, length)
        return replaced

    def close(self) -> None:
        """Let the memory go."""
        if self.is_there():
            self.is_over = True
            os.close(self._keep)
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(self.pid, 0)


def _stay(parent: int, ends: int, most: int, masked: Any) -> None:
    """All that the fork does: nothing, until it is to end."""
    try:
        signal.set_wakeup_fd(-1)
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            signal.signal(sign, signal.SIG_IGN)
        library = _library()
        library.prctl(DIE_WITH_PARENT, int(signal.SIGKILL), 0, 0, 0)
        library.prctl(MAY_READ_ME, parent, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)
        # Closed as descriptors only: sockets and their threads are shared with the parent.
        os.closerange(3, ends)
        _close_above(library, ends)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nowhere, number)
        size = os.open("/proc/self/smaps_rollup", os.O_RDONLY)
        while not select.select([ends], [], [], WATCH_SECONDS)[0]:
            if _own_bytes(size) > most:
                os._exit(TOO_MUCH)
    finally:
        os._exit(0)


def _close_above(library: Any, number: int) -> None:
    close = getattr(library, "close_range", None)
    if close is None or close(number + 1, EVERYTHING, 0) != 0:
        os.closerange(number + 1, os.sysconf("SC_OPEN_MAX"))


def _own_bytes(size: int) -> int:
    """The bytes that this process does not share any more."""
    for line in os.pread(size, 4096, 0).splitlines():
        if line.startswith(b"Private_Dirty:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(pid: int, address: int, into: int, size: int) -> None:
    read = _library().process_vm_readv
    read.restype = ctypes.c_ssize_t
    read.argtypes = (ctypes.c_int, *[ctypes.c_void_p, ctypes.c_ulong] * 2, ctypes.c_ulong)
    here, there = _Piece(into, size), _Piece(address, size)
    done = read(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    if done != size:
        raise OSError(ctypes.get_errno(), "the memory of before cannot be read")


def _library() -> Any:
    return ctypes.CDLL(None if os.name == "posix" else "msvcrt", use_errno=True)


def shared_stretches() -> list[tuple[int, int]]:
    """The stretches of memory that a fork shares for good: mapped files and shared memory."""
    found = []
    try:
        with open("/proc/self/maps", "rb") as maps:
            for line in maps:
                span, mode, *_ = line.split(None, 2)
                if mode[3:4] == b"s":
                    start, end = span.split(b"-")
                    found.append((int(start, 16), int(end, 16)))
    except OSError:
        pass
    return found
