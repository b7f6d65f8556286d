"""The agent of one notebook, in the server: takes tasks, runs them, and tells what happens.

A run belongs to the server: it goes on whoever looks, and waits for an answer as long as it takes.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import aclosing
from typing import Any

from ...engine.events import Event, RunFinished, RunStarted, StepFinished
from ...engine.trajectory import Trajectory
from ...environments.attached import AttachedEnvironment
from ...errors import CodeActError, SettingsError
from ...notebook.frames import Framing
from ...record.replaying import Outcome
from ...record.signing import own_signature
from ...session import Session
from ...settings import Settings
from .hub import Hub
from .kernels import Kernels
from .loading import LoadSettings
from .orders import Order
from .questions import Questions
from .rebuilds import Rebuilding, goes_on, rebuilt_and_told, require_none, require_rest
from .recovering import Recovery
from .saving import Saver
from .surroundings import go_on_from

MOST_NOTES = 100
DEMO_PACE = 0.015
log = logging.getLogger(__name__)


class Hosted:
    """The agent of the notebook at `path`; `settings` gives the settings for an order's options."""

    def __init__(
        self,
        path: str,
        kernels: Kernels,
        hub: Hub,
        saver: Saver,
        settings: LoadSettings,
        *,
        recovery: Recovery,
    ) -> None:
        self.path, self.kernel = path, ""
        self._recovery = recovery
        self._kernels = kernels
        self.hub = hub
        self._saver = saver
        self._settings = settings
        self._session: Session | None = None
        self._environment: AttachedEnvironment | None = None
        self._framing: Framing | None = None
        self._running: asyncio.Task[None] | None = None
        self._rebuilding: asyncio.Task[tuple[Outcome, ...]] | None = None
        self._begun: asyncio.Future[str] | None = None
        self._queue: list[Order] = []
        self._preparing = self._called_off = self._finishing = False
        self.notes: deque[str] = deque(maxlen=MOST_NOTES)  # to be told at the next turn
        self.questions = Questions()
        self.reverting = asyncio.Lock()  # held while a run is taken back

    @property
    def run(self) -> str:
        """The id of the run that goes on; empty when none does."""
        session = self._session if goes_on(self._running) else None
        return session.turn.run if session is not None and session.trajectory.turns else ""

    @property
    def is_busy(self) -> bool:
        """Whether something goes on in it, or is to be told."""
        return goes_on(self._running) or goes_on(self._rebuilding) or bool(self.notes)

    async def start(self, order: Order) -> str:
        """Begin a run and return its id; or queue the task behind the one that goes on.

        Raises CodeActError when the run cannot begin: no model, no kernel, not Python.
        """
        if await self.hub.told_run_after_a_moment(self.path):
            raise SettingsError(
                "a %%codeact run is going on in this notebook; wait for its end, or stop it, then "
                "send the task again"
            )
        while (unclear := self._unclear) is not None:
            await asyncio.wait({unclear})  # whether there is something to wait behind
        require_none(self._rebuilding)
        if goes_on(self._running):
            self._queue.append(order)
            self._tell_queue()
            return ""
        self._finishing = False
        self._begun = begun = asyncio.get_running_loop().create_future()
        self._running = asyncio.ensure_future(self._work(order, begun))
        self._running.add_done_callback(lambda _: begun.cancel())  # nobody waits for it for ever
        return await asyncio.shield(begun)

    async def rebuild(self, rebuilding: Rebuilding) -> tuple[Outcome, ...]:
        """Run again in the notebook's kernel what the notebook holds; the next turn is told of it.

        It goes on when who asked for it is gone. Raises CodeActError when it cannot begin.
        """
        await self.settled()
        self._rebuilding = asyncio.ensure_future(self._rebuilt(rebuilding))
        return await asyncio.shield(self._rebuilding)

    def stop_rebuild(self) -> None:
        """Interrupt the cell that is run again, and run no more."""
        if goes_on(self._rebuilding) and self._environment is not None:
            self._environment.interrupt()

    def stop(self) -> None:
        """Stop thinking; the kernel is left alone. What is queued is dropped."""
        self._call_off()
        if self._session is not None and self._environment is not None:
            self._session.stop()
            self._environment.stop_waiting()

    def interrupt(self) -> None:
        """Interrupt the agent's running cell; while it thinks, stop thinking."""
        self._call_off()
        if self._session is not None:
            self._session.interrupt()

    async def settled(self) -> None:
        """Wait until nothing is left to do of a run that is told to be over.

        Raises SettingsError while a run goes on, or a rebuilding.
        """
        if self._finishing and self._running is not None:
            await asyncio.wait({self._running})
        if self._session is not None and not goes_on(self._running):
            await self._session.undoing.settled()
        told = await self.hub.told_run_after_a_moment(self.path)
        require_rest(self._running, self._rebuilding, told)

    async def close(self) -> None:
        """End what goes on, and let go of the kernel, which goes on."""
        self.stop_rebuild()
        if self._running is not None:
            self.interrupt()
            await asyncio.wait({self._running}, timeout=2)
            self._running.cancel()
            await asyncio.wait({self._running}, timeout=2)
        if self._session is not None:
            await self._session.close()
        if self._environment is not None:
            await self._environment.close()

    @property
    def _unclear(self) -> asyncio.Future[Any] | None:
        """A run that begins or is told to be over: it is not known yet what a task follows."""
        if self._begun is not None and not self._begun.done():
            return self._begun
        return self._running if self._finishing and goes_on(self._running) else None

    async def _rebuilt(self, rebuilding: Rebuilding) -> tuple[Outcome, ...]:
        session = await self._prepared(Order(rebuilding.path, rebuilding.kernel, task=""))
        place = self._environment
        assert place is not None
        return await rebuilt_and_told(rebuilding, session, place, self.hub, lambda: self.path)

    async def _work(self, order: Order, begun: asyncio.Future[str]) -> None:
        """Run a task, and then those that were queued meanwhile."""
        queued = False
        while True:
            try:
                session = await self._prepared(order)
                if not queued:
                    go_on_from(order, session, self._environment)
                await self._do(order, session, begun)
            except Exception as error:
                if begun.done():
                    self._fail(error)
                else:
                    begun.set_exception(error)
            if not self._queue:
                return
            order, queued = self._queue.pop(0), True
            self._tell_queue()

    async def _do(self, order: Order, session: Session, begun: asyncio.Future[str]) -> None:
        after = self._framing.last if begun.done() and self._framing else order.after
        framing = Framing(limits=session.settings.limits, after=after, sign=own_signature())
        async with aclosing(session.run(order.words, order.pictures)) as happenings:
            async for event in happenings:
                if isinstance(event, RunStarted):
                    self._framing = framing
                    framing.notice, session.notice = session.notice, ""
                    framing.context_tokens = session.context_tokens
                self._tell(event)
                if not begun.done():
                    begun.set_result(session.turn.run)
                if isinstance(event, StepFinished):
                    self._saver.begin(self.path)
                elif isinstance(event, RunFinished):
                    self._finishing = not self._queue
                    await self._saver.keep(self.path)
        await self._recovery.settle(self.path)

    def _fail(self, error: Exception) -> None:
        """Say that a run, or a queued task, came to nothing: it never ends silently."""
        assert self._session is not None and self._framing is not None
        if isinstance(error, CodeActError):  # the person sees it where the last run ended
            self._framing.notice = f"The queued task was not begun: {error}"
            self._tell_waiting("")
            return
        log.error("codeact: a fault of ours in a run", exc_info=error)
        why = f"a fault of codeact itself: {error!r}"
        self.hub.end(self.path, self._session.turn.run, "failed", why)

    async def _prepared(self, order: Order) -> Session:
        """The session, in the notebook's kernel as it is now, with the settings of this order."""
        self.kernel = order.kernel
        settings, environment = await self._connected(order)
        if self._environment is not None and self._environment.link is environment.link:
            await environment.close()  # the one that there is knows what the model knows
        else:
            if self._environment is not None:
                await self._environment.close()
            self._environment = environment
        file, cells = self._kernels.file_of(self.path), order.cells
        policy = self.questions.gate(settings.approve, file, cells, history=self._so_far)
        if self._session is None:
            journal = self._recovery.journal
            self._session = Session(
                settings, self._environment, policy, journal=journal, demo_pace=DEMO_PACE
            )
            self._session.undoing.is_awaited = False  # the next task may come at once
        self._session.use(settings)
        self._session.notebook = file
        self._session.undoing.files_are_here = not self._kernels.is_remote(order.kernel)
        self._session.keeping.notebook = self._recovery.place(self.path)
        self._session.environment, self._session.policy = self._environment, policy
        while self.notes:
            self._environment.note(self.notes.popleft())
        return self._session

    def _so_far(self) -> Trajectory:
        return self._session.trajectory if self._session else Trajectory()

    async def _connected(self, order: Order) -> tuple[Settings, AttachedEnvironment]:
        """The settings and the kernel; SettingsError when the task is called off before both."""
        self._preparing, self._called_off = True, False
        try:
            settings = await self._settings(order.options)
            environment = await self._kernels.environment(
                order.kernel,
                self.path,
                ask_input=self._ask_input,
                on_wait=lambda waits: self._tell_waiting("kernel" if waits else ""),
            )
        finally:
            self._preparing = False
        if self._called_off:
            await environment.close()
            raise SettingsError("it was stopped before it began")
        return settings, environment

    def _tell(self, event: Event) -> None:
        assert self._session is not None and self._framing is not None
        self.hub.publish_all(self.path, self._framing.take(event, self._session.trajectory))

    def _call_off(self) -> None:
        self._called_off = self._preparing
        if self._queue:
            self._queue.clear()
            self._tell_queue()

    def _tell_queue(self) -> None:
        self.hub.queued(self.path, [order.task for order in self._queue])

    def _tell_waiting(self, why: str) -> None:
        if self._session is None or self._framing is None or goes_on(self._rebuilding):
            return
        self.hub.publish_all(self.path, self._framing.waits(why, self._session.trajectory))

    async def _ask_input(self, prompt: str, password: bool) -> str:
        if goes_on(self._rebuilding):
            raise EOFError("nobody is asked while a kernel is rebuilt")
        session, framing = self._session, self._framing
        assert session is not None and framing is not None

        def ask(request: str) -> None:
            step = session.turn.steps[-1].number
            self.hub.publish_all(self.path, framing.asks_input(step, request, prompt, password))

        self._tell_waiting("input")
        try:
            answer = await self.questions.input(ask)
        finally:
            self._tell_waiting("")
        if password:
            session.hide(answer)
        return answer
