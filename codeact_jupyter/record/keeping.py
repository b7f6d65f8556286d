"""Keeps one session's runs in the journal: beside the event loop, and whatever is cancelled.

A write waits for the disk, which the loop of a server with many runs must not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..engine import events
from ..engine.cancelling import taken_care_of
from ..engine.events import Event, RunFinished
from ..engine.trajectory import Trajectory
from ..errors import JournalError
from .journal import Journal

KEPT = (
    events.ApprovalAsked,
    events.StepStarted,
    events.StepFinished,
    events.LateOutput,
    events.RunFinished,
)


class Keeping:
    """What is kept of one session's runs; without a journal, nothing.

    `notebook` is the path of the notebook that they are in, and `placed` whether that notebook was
    seen to hold the last of them so far.
    """

    def __init__(self, journal: Journal | None, notebook: str) -> None:
        self.journal, self.notebook, self.placed = journal, notebook, False
        self._run, self._kept_placed = "", False

    async def begin(self, trajectory: Trajectory) -> str:
        """Keep that the last turn begins; returns why that cannot be, or nothing."""
        self._run, self.placed, journal = "", False, self.journal
        self._kept_placed = False
        if journal is None:
            return ""
        trouble = await _done(lambda: journal.begin(trajectory, self.notebook))
        self._run = "" if trouble else trajectory.turns[-1].run
        return trouble

    def take_notice(self) -> str:
        """What is to be said of where the journal is kept, once."""
        if self.journal is None:
            return ""
        notice, self.journal.notice = self.journal.notice, ""
        return notice

    @property
    def keeps(self) -> bool:
        """Whether a run is kept now."""
        return bool(self._run)

    async def take(self, event: Event) -> str:
        """Keep what an event says of the run; returns why that cannot be, or nothing."""
        journal, run, placed = self.journal, self._run, self.placed
        if journal is None or not run or not isinstance(event, KEPT):
            return ""
        if isinstance(event, RunFinished):
            self._run = ""
        self._kept_placed = placed
        return await _done(lambda: journal.append(run, event, placed=placed))

    async def settle(self, run: str) -> None:
        """The run is over; where its notebook holds it and that is not kept yet, keep it."""
        journal = self.journal
        if journal is not None and self.placed and not self._kept_placed:
            await _done(lambda: journal.settle([run], self.notebook))

    async def displace(self, run: str) -> bool:
        """Keep that the notebook lacks something of this run; returns whether that is kept."""
        self.placed, journal = False, self.journal
        return journal is not None and not await _done(lambda: journal.displace(run))


async def _done(work: Callable[[], None]) -> str:
    """Do it in a thread, to its end; returns why that cannot be, or nothing."""
    try:
        await to_its_end(asyncio.ensure_future(asyncio.to_thread(work)))
    except JournalError as error:
        return str(error)
    return ""


async def to_its_end(task: asyncio.Future[None]) -> None:
    """Wait until it is done; a cancellation that comes meanwhile is passed on after it."""
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        _cancel_again()
    task.result()


def _cancel_again() -> None:
    """Have the next thing that is waited for be cancelled, as this one was to be."""
    task = asyncio.current_task()
    assert task is not None
    taken_care_of()  # it counts once
    task.cancel()
