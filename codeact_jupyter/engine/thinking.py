"""What may be called off while it is waited for: a call to the model, a question to the person."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Thinking:
    """Waits for one piece of work at a time, which can be cancelled from outside."""

    def __init__(self) -> None:
        self._task: asyncio.Future[Any] | None = None

    async def wait(self, work: Coroutine[Any, Any, T], *, ended: bool) -> T:
        """The work's result; `ended` cancels it at once, for an end that came before it began."""
        self._task = task = asyncio.ensure_future(work)
        if ended:
            task.cancel()
        try:
            return await task
        finally:
            self._task = None
            task.cancel()

    def cancel(self) -> None:
        """Call it off; does nothing while nothing is waited for."""
        if self._task is not None:
            self._task.cancel()

    def cancel_from_thread(self) -> None:
        """The same, called on any other thread than the event loop's."""
        if (task := self._task) is not None:
            with suppress(RuntimeError):  # the event loop is closed: nothing is left to end
                task.get_loop().call_soon_threadsafe(task.cancel)
