"""The person at this terminal: is asked, and answers; an interrupt never waits for Enter."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from rich.console import Console
from rich.text import Text

from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action
from ..environments.link import END_OF_INPUT
from .keys import forget_keys, read_keys
from .terminal import TerminalView, legible
from .words import answered, question, why_asked


class Person:
    """Answers a policy's questions and the code's `input()` from the keyboard."""

    def __init__(self, console: Console, view: TerminalView) -> None:
        self._console = console
        self._view = view
        self._typing: asyncio.Task[str] | None = None
        self.on_password: Callable[[str], None] | None = None

    async def ask_approval(self, action: Action, verdict: Verdict) -> Answered:
        """Show why it asks, and take the answer; the end of the input is a no."""
        self._view.pause()
        for why in why_asked(verdict.reasons):
            self._console.print(Text(f"  {why}", style="yellow"))
        _forget_what_was_typed()
        try:
            typed = await self._read(f"  {question(verdict.scopes)}")
            return answered(typed, verdict.scopes)
        except EOFError:
            return Answered("reject")

    async def ask_input(self, prompt: str, password: bool) -> str:
        """Answer the code's `input()` or `getpass()`."""
        self._view.pause()
        try:
            answer = await self._read(f"  the code asks: {legible(prompt)}", hidden=password)
        except EOFError:
            return END_OF_INPUT
        if password and self.on_password is not None:
            self.on_password(answer)
        return answer

    def leave(self) -> None:
        """Wait for no more typing: what was asked is over."""
        if self._typing is not None:
            self._typing.cancel()

    async def _read(self, prompt: str, *, hidden: bool = False) -> str:
        self.leave()
        self._typing = asyncio.ensure_future(read_line(prompt, hidden=hidden))
        try:
            return await self._typing
        finally:
            self._typing.cancel()
            self._typing = None
            self._view.resume()


async def read_line(prompt: str, *, hidden: bool = False) -> str:
    """A line typed at the terminal; raises EOFError at the end of the input. Can be cancelled."""
    print(prompt, end="", flush=True)
    if sys.platform == "win32":
        import msvcrt

        return await read_keys(msvcrt, hidden=hidden)
    loop, descriptor = asyncio.get_running_loop(), sys.stdin.fileno()
    typed: asyncio.Future[bytes] = loop.create_future()

    def ready() -> None:
        if not typed.done():
            typed.set_result(os.read(descriptor, 65_536))

    loop.add_reader(descriptor, ready)
    try:
        with _no_echo(descriptor) if hidden else _as_it_is():
            line = await typed
    except asyncio.CancelledError:
        print()
        raise
    finally:
        loop.remove_reader(descriptor)
    if not line:
        print()
        raise EOFError
    return line.decode(sys.stdin.encoding or "utf-8", "replace").rstrip("\r\n")


@contextmanager
def _as_it_is() -> Iterator[None]:
    yield


@contextmanager
def _no_echo(descriptor: int) -> Iterator[None]:
    """The terminal without showing what is typed, where it is one."""
    import termios

    before = termios.tcgetattr(descriptor)
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        print()


def _forget_what_was_typed() -> None:
    """Drop what was typed before the question stood there: it cannot be an answer to it."""
    if sys.platform == "win32":
        import msvcrt

        forget_keys(msvcrt)
        return
    import termios

    with suppress(termios.error, OSError, ValueError):
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
