"""An interrupt of this process, for the time of a run, as an interrupt of the agent."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def interruptible(interrupt: Callable[[], None]) -> Iterator[None]:
    """While in here, SIGINT calls `interrupt` on the event loop, and wakes it if it waits.

    ipykernel's own handler does not wake a loop that awaits (measured: a plain
    `await asyncio.sleep(8)` was interrupted after 8 s).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def handler(*_: object) -> None:
        loop.call_soon_threadsafe(interrupt)

    with _waking(loop):
        before = signal.signal(signal.SIGINT, handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def _waking(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Have any signal wake the loop, also one that comes just before it goes to sleep.

    Without this a signal between the interpreter's last look and the system call is noticed only
    when the call ends (measured: once in 16 loaded runs an `await asyncio.sleep(60)` was not
    interrupted). On Windows the loop does it itself; what somebody else has set up stays.
    """
    reader, writer = socket.socketpair()
    with reader, writer:
        reader.setblocking(False)
        writer.setblocking(False)
        before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        if before != -1 or sys.platform == "win32":
            signal.set_wakeup_fd(before)
            yield
            return
        loop.add_reader(reader, reader.recv, 4096)
        try:
            yield
        finally:
            loop.remove_reader(reader)
            signal.set_wakeup_fd(before)
