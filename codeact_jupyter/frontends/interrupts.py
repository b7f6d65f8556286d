"""An interrupt of this process, for the time of a run, as an interrupt of the agent."""

from __future__ import annotations

import asyncio
import signal
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

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
