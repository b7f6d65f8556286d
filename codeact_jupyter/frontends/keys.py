"""A line typed key by key, on a console that a loop cannot wait for: that of Windows.

There a thread in `input()` cannot be cancelled, so an interrupt would wait for Enter.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Protocol

KEY_SECONDS = 0.03
END_OF_INPUT = "\x1a"
INTERRUPT = "\x03"


class Keyboard(Protocol):
    """What this needs of a console: the module `msvcrt` has it."""

    def kbhit(self) -> bool:
        """Whether a key waits to be read."""

    def getwch(self) -> str:
        """The next key, without showing it."""


async def read_keys(keyboard: Keyboard, *, hidden: bool = False) -> str:
    """The line up to Enter, shown unless `hidden`; raises EOFError for Ctrl-Z. Can be cancelled."""
    typed = ""
    try:
        while True:
            while not keyboard.kbhit():
                await asyncio.sleep(KEY_SECONDS)
            key = keyboard.getwch()
            if key in "\x00\xe0":
                keyboard.getwch()  # an arrow or function key comes as two
            elif key in "\r\n":
                return typed
            elif key == END_OF_INPUT:
                raise EOFError
            elif key == INTERRUPT:
                signal.raise_signal(signal.SIGINT)
            elif key == "\b":
                print("\b \b" if typed and not hidden else "", end="", flush=True)
                typed = typed[:-1]
            elif key.isprintable():
                print("" if hidden else key, end="", flush=True)
                typed += key
    finally:
        print()


def forget_keys(keyboard: Keyboard) -> None:
    """Drop the keys that wait to be read."""
    while keyboard.kbhit():
        keyboard.getwch()
