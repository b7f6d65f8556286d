"""Hands what a piece of work says to the one who listens, in order.

What an action puts out faster than it is listened to waits here, in bounds: the record has all of
it when the step is over, whatever of its progress was left out. Words that the model writes
meanwhile are said at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from .cancelling import taken_care_of
from .events import Event, OutputProduced, Streamed
from .trajectory import Stream

StreamName: TypeAlias = Literal["stdout", "stderr"]
MOST_CHARACTERS = 200_000
MOST_OUTPUTS = 1_000


class Unheard(BaseException):
    """The listener went away; raised in the work, so that nothing runs unrecorded."""


@dataclass(frozen=True)
class Said:
    """An event that waits to be heard, and what is to be told when it was."""

    event: Event
    taken: asyncio.Future[None] | None = None


class Flow:
    """Text of one stream that waits to be heard, and grows meanwhile.

    With `crowded` it takes all that the step puts out: text as text, the rest as a number. Of much
    text the end is kept, because that is how the action stands.
    """

    taken = None

    def __init__(self, step: int, name: StreamName, *, crowded: bool) -> None:
        self._step, self._name, self._crowded = step, name, crowded
        self._texts: deque[str] = deque()
        self._characters = self._left_out = self._outputs = 0

    def takes(self, event: OutputProduced) -> bool:
        """Take this event, if it can be said along with what is here."""
        output = event.output
        if event.step != self._step:
            return False
        if isinstance(output, Stream) and (self._crowded or output.name == self._name):
            self._add(output.text)
        elif self._crowded:
            self._outputs += 1
        else:
            return False
        return True

    @property
    def event(self) -> Event:
        """All of it as one event."""
        left_out = [f"{self._left_out:,} characters"] * (self._left_out > 0)
        left_out += [f"{self._outputs:,} outputs"] * (self._outputs > 0)
        words = f"⟦ {' and '.join(left_out)} left out here; the finished step has them ⟧\n"
        text = "".join((words if left_out else "", *self._texts))
        return OutputProduced(self._step, Stream(text, self._name))

    def _add(self, text: str) -> None:
        self._texts.append(text)
        self._characters += len(text)
        while self._characters > MOST_CHARACTERS and len(self._texts) > 1:
            length = len(self._texts.popleft())
            self._characters -= length
            self._left_out += length


class Relay:
    """A queue between the work that says events and the generator that yields them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a finalizer that prints may come in between
        self._queue: deque[Said | Flow | None] = deque()
        self._last: Flow | None = None  # may take what follows
        self._outputs = 0
        self._more = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._open = True
        self._taken: asyncio.Future[None] | None = None  # of the event that is waited for

    def report(self, event: Event) -> None:
        """Say an event without waiting for anybody: progress, which is not part of the record.

        May be called from any thread.
        """
        if not self._open:
            return
        with self._lock:
            if isinstance(event, Streamed) and self._is_said_along(event):
                return
            if not isinstance(event, OutputProduced):
                self._put(Said(event))
            elif self._last is None or not self._last.takes(event):
                self._put_output(event)

    async def say(self, event: Event) -> None:
        """Say an event and wait until the listener is done with it."""
        if not self._open:
            raise Unheard
        self._taken = asyncio.get_running_loop().create_future()
        with self._lock:
            self._put(Said(event, self._taken))
        await self._taken

    async def events(
        self, work: Coroutine[Any, Any, None], on_cancel: Callable[[], None]
    ) -> AsyncGenerator[Event, None]:
        """Do the work and yield what it says.

        When the listening task is cancelled, or the listener leaves, `on_cancel` must make the
        work end; in the first case what it still says is yielded.
        """
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._end)
        try:
            while True:
                try:
                    item = await self._next()
                except asyncio.CancelledError:
                    taken_care_of()
                    on_cancel()
                    continue
                if item is None:
                    break
                yield item.event
                if item.taken is not None and not item.taken.done():
                    item.taken.set_result(None)
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

    def _is_said_along(self, event: Streamed) -> bool:
        """Add words of the model to those before them, where these still wait to be heard."""
        last = self._queue[-1] if self._queue else None
        if not isinstance(last, Said) or not isinstance(last.event, Streamed):
            return False
        waits = last.event
        if (waits.step, waits.part) != (event.step, event.part):
            return False
        self._queue[-1] = Said(replace(waits, text=waits.text + event.text))
        return True

    def _put_output(self, event: OutputProduced) -> None:
        output, crowded = event.output, self._outputs >= MOST_OUTPUTS
        self._outputs += 1
        if not crowded and not isinstance(output, Stream):
            self._put(Said(event))
            return
        flow = Flow(
            event.step, output.name if isinstance(output, Stream) else "stdout", crowded=crowded
        )
        flow.takes(event)
        self._put(flow)
        self._last = flow

    def _put(self, item: Said | Flow | None) -> None:
        self._queue.append(item)
        self._last = None
        if len(self._queue) > 1 or self._loop is None:
            return  # it will be come to without being woken
        if threading.get_ident() == self._thread:
            self._more.set()
        else:
            with suppress(RuntimeError):  # the event loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._more.set)

    async def _next(self) -> Said | Flow | None:
        while True:
            with self._lock:
                if self._queue:
                    return self._take()
                self._more.clear()
            await self._more.wait()

    def _take(self) -> Said | Flow | None:
        item = self._queue.popleft()
        if item is self._last:
            self._last = None
        if isinstance(item, Flow) or (item and isinstance(item.event, OutputProduced)):
            self._outputs -= 1
        return item

    def _end(self, _: object) -> None:
        with self._lock:
            self._put(None)
