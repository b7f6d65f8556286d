"""Hands what a piece of work says to the one who listens, in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

from .events import Event


class Unheard(BaseException):
    """The listener went away; raised in the work, so that nothing runs unrecorded."""


class Relay:
    """A queue between the work that says events and the generator that yields them."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[Event, asyncio.Future[None] | None] | None]
        self._queue = asyncio.Queue()
        self._open = True
        self._taken: asyncio.Future[None] | None = None  # of the event that is waited for

    def report(self, event: Event) -> None:
        """Say an event without waiting for anybody: progress, which is not part of the record."""
        self._queue.put_nowait((event, None))

    async def say(self, event: Event) -> None:
        """Say an event and wait until the listener is done with it."""
        if not self._open:
            raise Unheard
        self._taken = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((event, self._taken))
        await self._taken

    async def events(
        self, work: Coroutine[Any, Any, None], on_cancel: Callable[[], None]
    ) -> AsyncGenerator[Event, None]:
        """Do the work and yield what it says.

        When the listening task is cancelled, or the listener leaves, `on_cancel` must make the
        work end; in the first case what it still says is yielded.
        """
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: self._queue.put_nowait(None))
        try:
            while True:
                try:
                    item = await self._queue.get()
                except asyncio.CancelledError:
                    _taken_care_of()
                    on_cancel()
                    continue
                if item is None:
                    break
                event, taken = item
                yield event
                if taken is not None and not taken.done():
                    taken.set_result(None)
            task.result()
        finally:
            self._open = False
            if not task.done():
                on_cancel()
                if self._taken is not None and not self._taken.done():
                    self._taken.set_exception(Unheard())
                await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # seen: it was raised above, or is Unheard, which was ours


def _taken_care_of() -> None:
    """Tell the task that its cancellation was acted upon, where asyncio counts them (3.11)."""
    uncancel = getattr(asyncio.current_task(), "uncancel", None)
    if uncancel is not None:
        uncancel()
