"""Stops the action that runs in this process, at any moment, and nothing else.

Code that awaits is cancelled. Code that blocks the event loop can only be stopped by an exception
that the signal handler raises in it, as in any cell; so that is what SIGINT does while the action's
own code is what executes, and at no other time.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from collections.abc import Awaitable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any

from ..engine.cancelling import taken_care_of


class Stopping:
    """How one action is stopped; `requested` says whether somebody asked for it."""

    def __init__(self) -> None:
        self.requested = False
        self._executing = False
        self._task: asyncio.Task[Any] | None = None

    async def blocking(self, work: Awaitable[Any]) -> Any:
        """Run code that never awaits; that it cancels the task that runs it ends nothing."""
        with self._handling_signals():
            self._executing = True
            try:
                return await work
            finally:
                self._executing = False
                await _take_back_cancellation()

    async def awaiting(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run code that awaits, as a task that can be cancelled."""
        task = self._task = asyncio.ensure_future(_contained(work))
        with self._handling_signals():
            try:
                return await task
            finally:
                self._task = None

    def request(self) -> None:
        """Stop the action; may be called from any thread."""
        self.requested = True
        task = self._task
        if self._is_executing():
            _signal_main_thread()
        elif task is not None:
            task.get_loop().call_soon_threadsafe(task.cancel)

    def _is_executing(self) -> bool:
        """Whether the action's own code is what the main thread executes, or is blocked by."""
        task = self._task
        return self._executing or (
            task is not None and asyncio.current_task(task.get_loop()) is task
        )

    @contextmanager
    def _handling_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handler(number: int, frame: Any) -> None:
            if self._is_executing():
                self.requested = True
                raise KeyboardInterrupt
            if callable(before):
                before(number, frame)

        before = signal.signal(signal.SIGINT, handler)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def keyboard_interrupts() -> Iterator[None]:
    """Let SIGINT raise KeyboardInterrupt in here, where the event loop is blocked on purpose."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_at_action(traceback: TracebackType | None) -> None:
    """Cut what this module adds to the traceback of an action that it interrupted."""
    while traceback is not None and (inner := traceback.tb_next) is not None:
        if inner.tb_next is None and inner.tb_frame.f_code.co_filename == __file__:
            traceback.tb_next = None
        traceback = traceback.tb_next


async def _take_back_cancellation() -> None:
    """Let the task of now go on that code cancelled which never awaits: nobody else could have."""
    if getattr(asyncio.current_task(), "_must_cancel", False):
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        taken_care_of()


async def _contained(work: Coroutine[Any, Any, Any]) -> Any:
    """Do the work; a KeyboardInterrupt that left its task would end the event loop."""
    try:
        return await work
    except KeyboardInterrupt:
        raise asyncio.CancelledError from None


def _signal_main_thread() -> None:
    """Interrupt the main thread even where it sleeps, which `_thread.interrupt_main` does not."""
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:
        identity = threading.main_thread().ident
        assert identity is not None
        signal.pthread_kill(identity, signal.SIGINT)
