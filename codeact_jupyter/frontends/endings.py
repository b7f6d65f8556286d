"""What tells this process to end, as an interrupt of it: a run ends in a named state all the same.

A terminal that is closed, a job that is called off, `kill`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NAMES = ("SIGTERM", "SIGHUP", "SIGBREAK")  # the last one is that of Windows
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))


@contextmanager
def ending_as_interrupts() -> Iterator[list[int]]:
    """While in here, each such signal is an interrupt; yields those that came.

    The same one again does nothing: a closed terminal sends its own twice, and a second interrupt
    is the person's. One that was ignored, as `nohup` has it, stays so.
    """
    came: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield came
        return

    def handler(number: int, frame: FrameType | None) -> None:
        if number in came:
            return
        came.append(number)
        interrupt = signal.getsignal(signal.SIGINT)
        if not callable(interrupt):  # as in the background of a script, where nobody presses Ctrl-C
            raise KeyboardInterrupt
        interrupt(signal.SIGINT, frame)

    heeded = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, handler) for each in heeded}
    try:
        yield came
    finally:
        for each, was in before.items():
            signal.signal(each, was)
