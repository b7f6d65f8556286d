"""Actions in the kernel of the person's own notebook, side by side with what they run there.

The kernel is somebody else's: it is neither started nor shut down here, and an interrupt is sent
only for an action of ours that has begun and has no reply, while no cell of the person's is known
to execute, because it would hit whatever executes then.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..engine.environment import News, OnOutput
from ..engine.trajectory import Action, Observation, StepState, Variable
from ..errors import EnvironmentFailure
from .checkpoints import KernelCheckpoints
from .exchange import AskInput, Message
from .kernel import KernelEnvironment
from .names import Names
from .observed_cells import ObservedCells
from .watched import PREFIX, WatchedLink

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

QUICK_SECONDS = 0.3  # a wait this short is not worth a word
LOOK_SECONDS = 2.0
READING_SECONDS = 0.03  # in which what a kernel has said by now is read
# In which the reply to what is said to be over comes, since a kernel sends that before.
DOUBTED_SECONDS = 1.0
BUSY = "The kernel is busy with a cell of the person's, so its variables could not be looked at."
NOT_RUN = "not run: stopped while the kernel was busy with another cell"
BEHIND = (
    "it was stopped before it was seen to begin, and the kernel still has it: if it begins, it is "
    "interrupted then, and what it does until that is not recorded"
)
NEW_KERNEL = (
    "not run: the kernel was restarted before it; all variables and imports of before are gone"
)


class AttachedEnvironment(KernelEnvironment):
    """Runs actions in a kernel that somebody else started, and `close` leaves running.

    `on_wait` is told when an action waits for the kernel (True), and when it waits no more.
    """

    def __init__(
        self,
        manager: AsyncKernelManager,
        link: WatchedLink,
        *,
        workspace: str,
        python: tuple[int, ...],
        ask_input: AskInput | None = None,
        on_wait: Callable[[bool], None] = lambda waits: None,
    ) -> None:
        super().__init__(
            manager, link, io.BytesIO(), workspace=workspace, python=python, ask_input=ask_input
        )
        self.link = link
        self.cells = ObservedCells(link.client.session.session)
        self._on_wait = on_wait
        self._waits = False
        self._ours = ""
        self._waiting: asyncio.Future[None] | None = None
        self._given_up = False
        self._to_interrupt = False  # the action stands behind another cell, and is not to run on
        self._begun = self._aborted = False
        self._unwanted: set[str] = set()  # given up before they began, and the kernel has them
        self._ending: asyncio.Future[None] | None = None  # else it may be collected
        link.on_late = link.tell_late
        link.late.append(super()._take_late)
        link.listeners += [self.cells, self._when_begun]

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        self._given_up = self._to_interrupt = False
        while True:
            if self.link.executing and not await self._wait_for_kernel():
                return Observation("interrupted", lost=NOT_RUN)
            if await self._is_new_kernel():
                return Observation("rejected", lost=NEW_KERNEL)
            if self._to_interrupt:
                return Observation("interrupted", lost=NOT_RUN)
            await self.checkpoints.catch_up()
            self._aborted = self._begun = False
            self._ours = f"{PREFIX}{action.cell.split('-')[0]}:{action.cell}"
            try:
                seen = await super().execute(action, on_output=on_output)
            finally:
                self._ours = ""
                self._tell_wait(False)
            # The person's cell before it failed, and the kernel dropped what stood behind: ours.
            if not (self._aborted and seen.status == "error"):
                return seen

    async def news(self, *, anew: bool = False, mentioned: Collection[str] = ()) -> News:
        if self.link.executing:
            return News(ran=self.cells.take(), notes=(BUSY,))
        # May be called off: then no cell counts as told.
        news = await super().news(anew=anew, mentioned=mentioned)
        return replace(news, ran=self.cells.take())

    async def renew(self) -> None:
        await self.link.identify()
        await super().renew()

    async def close(self) -> None:
        """Look at the kernel no more; it goes on."""
        for listeners in (self.link.listeners, self.link.late):
            ours = (self.cells, self._when_begun, super()._take_late)
            listeners[:] = [each for each in listeners if each not in ours]

    async def variables(self) -> tuple[Variable, ...] | None:
        """The names in the namespace now; None while the kernel is busy. Counts as no look."""
        if self.link.executing:  # maybe what ended just now
            await asyncio.wait(
                {waiting := asyncio.ensure_future(self.link.free())}, timeout=QUICK_SECONDS
            )
            waiting.cancel()
        look = None if self.link.executing else await self._look()
        return None if look is None else Names(self._workspace).after_person(look)[0]

    def stop_waiting(self) -> None:
        """Run no action that still waits for the person's cell."""
        if self._waiting is not None:
            self._given_up = True
            self._waiting.cancel()

    def _made_checkpoints(self) -> KernelCheckpoints:
        return KernelCheckpoints(
            self._evaluated,
            lambda: self.namespace().workspace,
            cells_run=lambda: self.cells.begun,
            busy=lambda: bool(self.link.executing),
        )

    async def _wait_for_kernel(self) -> bool:
        """Wait until the person's cell is over; False when somebody stops the waiting."""
        self._waiting = asyncio.ensure_future(self.link.free())
        try:
            await asyncio.wait({self._waiting}, timeout=QUICK_SECONDS)
            self._tell_wait(not self._waiting.done())
            await self._waiting
        except asyncio.CancelledError:
            if not self._given_up:
                raise
            return False
        finally:
            self._waiting.cancel()
            self._waiting = None
            self._tell_wait(False)
        return True

    async def _is_new_kernel(self) -> bool:
        """Whether the kernel forgot what the model knows of it; from now on, that is known."""
        known, self._incarnation = self._incarnation, await self.link.identify()
        if known in ("", self._incarnation):
            return False
        self._names = Names(self._workspace)
        return True

    async def _look(self) -> Mapping[str, Any] | None:
        """Look at the namespace, unless a cell of the person's stands before."""
        looking = asyncio.ensure_future(super()._look())
        deadline = time.monotonic() + LOOK_SECONDS
        while not looking.done():
            await asyncio.wait({looking}, timeout=QUICK_SECONDS)
            if self.link.executing not in ("", self._ours) and time.monotonic() > deadline:
                looking.cancel()
                return None
        return looking.result()

    def _take_late(self, message: Message) -> None:
        """What comes while one of us looks at the namespace is of whoever acts here."""
        self.link.tell_late(message)

    def _status(self, reply: Message) -> StepState:
        self._aborted = reply["content"]["status"] == "aborted" and not self._to_interrupt
        return "interrupted" if self._to_interrupt else super()._status(reply)

    @property
    def _was_interrupted(self) -> bool:
        return self._to_interrupt or super()._was_interrupted

    def _lost(self, error: Exception) -> str:
        if self._begun or isinstance(error, EnvironmentFailure):
            return super()._lost(error)
        self._unwanted.add(self._ours)
        return BEHIND

    async def _interrupt(self) -> None:
        if self._waiting is not None:
            self.stop_waiting()
        elif not self._ours:
            self._to_interrupt = True
        elif self.link.awaits_reply(self._ours):  # else what executes by now may be the person's
            assert self._interrupted is not None
            self._interrupted.set()  # the run ends in a while, whatever the kernel says
            if self._begun:
                await self._interrupt_running(self._ours)
            else:
                self._to_interrupt = True

    async def _interrupt_running(self, ours: str) -> None:
        """Interrupt this action of ours, unless it is over, or something of the person's executes.

        Code may say that it is over and go on, and whether it is comes here by another channel.
        """
        executing = None
        while executing != self.link.executing:
            executing = self.link.executing
            if executing not in ("", ours):
                return
            await asyncio.sleep(READING_SECONDS if executing else DOUBTED_SECONDS)
            if not self.link.awaits_reply(ours):
                return
        await self._send_interrupt()

    async def _interrupt_unwanted(self, ours: str) -> None:
        await asyncio.sleep(READING_SECONDS)  # its end may have come already
        if self.link.executing == ours:
            await self._send_interrupt()

    def _when_begun(self, message: Message) -> None:
        """Say when our action stands behind another cell; interrupt it then, if it is to be."""
        executing = self.link.executing
        if executing in self._unwanted:
            self._unwanted.remove(executing)
            self._ending = asyncio.ensure_future(self._interrupt_unwanted(executing))
        if not self._ours:
            return
        self._begun = self._begun or executing == self._ours
        self._tell_wait(not self._begun and executing != "")
        goes_on = executing == self._ours and self.link.awaits_reply(self._ours)
        if self._to_interrupt and goes_on:
            self._to_interrupt = False
            self.interrupt()

    def _tell_wait(self, waits: bool) -> None:
        if waits != self._waits:
            self._waits = waits
            self._on_wait(waits)
