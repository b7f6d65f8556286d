"""Actions in the kernel of the person's own notebook, side by side with what they run there.

The kernel is somebody else's: it is neither started nor shut down here, and an interrupt is sent
only while it executes an action of ours, because it would hit whatever executes then.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..engine.environment import News, OnOutput
from ..engine.trajectory import Action, Observation, Variable
from ..errors import EnvironmentFailure
from .kernel import KernelEnvironment
from .link import AskInput, KernelLink, Message, OnMessage
from .names import Names
from .observed_cells import ObservedCells

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_client.manager import AsyncKernelManager

INFO_SECONDS = 10.0
BUSY = "The kernel is busy with a cell of the person's, so its variables could not be looked at."
NOT_RUN = "not run: stopped while the kernel was busy with another cell"


class WatchedLink(KernelLink):
    """A link that also says what else goes on in the kernel: one for all who look at it."""

    def __init__(self, client: AsyncKernelClient, manager: AsyncKernelManager) -> None:
        super().__init__(client, manager.is_alive)
        self.listeners: list[OnMessage] = []
        self.executing = ""
        self._free = asyncio.Event()
        # What began before we came is known to the server's manager only.
        if getattr(manager, "execution_state", "idle") == "busy":
            self.executing = "unknown"
        else:
            self._free.set()

    async def free(self) -> None:
        """Wait until the kernel executes nothing."""
        await self._free.wait()

    async def language(self) -> tuple[str, tuple[int, ...]]:
        """The kernel's language and its version, asked on the channel that a busy kernel answers.

        Raises EnvironmentFailure when it does not answer.
        """
        message = self.client.session.msg("kernel_info_request", {})
        message["channel"] = "control"
        self.client.control_channel.send(message)
        deadline = time.monotonic() + INFO_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                reply = await self.client.get_control_msg(timeout=left)
            except Exception:  # the queue's own `Empty`, of one of two modules
                break
            if (reply.get("parent_header") or {}).get("msg_id") == message["msg_id"]:
                info = reply["content"].get("language_info") or {}
                parts = str(info.get("version", "0.0")).split(".")[:2]
                return str(info.get("name", "")), tuple(int(p) for p in parts if p.isdigit())
        raise EnvironmentFailure(
            f"the notebook's kernel did not answer within {INFO_SECONDS:.0f} s; restart it, "
            "or choose another kernel for the notebook"
        )

    def _on_iopub(self, message: Message) -> None:
        parent = message.get("parent_header") or {}
        if message["msg_type"] == "status":
            self._follow(str(message["content"].get("execution_state")), parent)
        for listener in tuple(self.listeners):
            listener(message)
        super()._on_iopub(message)

    def _follow(self, state: str, parent: Message) -> None:
        request = str(parent.get("msg_id") or "")
        if state == "busy" and parent.get("msg_type") == "execute_request":
            self.executing = request
            self._free.clear()
        elif state in ("starting", "restarting", "dead") or (
            state == "idle" and self.executing in (request, "unknown")
        ):
            self.executing = ""
            self._free.set()


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
        self._watched = link
        self._on_wait = on_wait
        self._ours = ""
        self._waiting: asyncio.Future[None] | None = None
        self._given_up = False
        self._to_interrupt = False  # the action stands behind another cell, and is not to run
        self.cells = ObservedCells(link.client.session.session)
        link.listeners += [self.cells, self._when_begun]

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        self._given_up = self._to_interrupt = False
        if self._watched.executing and not await self._wait_for_kernel():
            return Observation("interrupted", lost=NOT_RUN)
        self._ours = f"codeact:{action.cell.split('-')[0]}:{action.cell}"
        try:
            return await super().execute(action, on_output=on_output)
        finally:
            self._ours = ""

    async def news(self) -> News:
        ran = self.cells.take()
        if self._watched.executing:
            return News(ran=ran, notes=(BUSY,))
        return _with_cells(await super().news(), ran)

    async def close(self) -> None:
        """Look at the kernel no more; it goes on."""
        for listener in (self.cells, self._when_begun):
            if listener in self._watched.listeners:
                self._watched.listeners.remove(listener)

    async def _wait_for_kernel(self) -> bool:
        """Wait until the person's cell is over; False when somebody stops the waiting."""
        self._waiting = asyncio.ensure_future(self._watched.free())
        self._on_wait(True)
        try:
            await self._waiting
        except asyncio.CancelledError:
            if not self._given_up:
                raise
            return False
        finally:
            self._waiting = None
            self._on_wait(False)
        return True

    async def variables(self) -> tuple[Variable, ...]:
        """The names in the namespace now; none while the kernel is busy. Counts as no look."""
        look = None if self._watched.executing else await self._look()
        return () if look is None else Names(self._workspace).after_person(look)[0]

    async def _interrupt(self) -> None:
        if self._waiting is not None:
            self._given_up = True
            self._waiting.cancel()
        elif self._ours and self._watched.executing == self._ours:
            await super()._interrupt()
        else:
            self._to_interrupt = bool(self._ours)

    def _when_begun(self, message: Message) -> None:
        """Interrupt an action that was to be interrupted while it stood behind another cell."""
        if self._to_interrupt and self._watched.executing == self._ours:
            self._to_interrupt = False
            self.interrupt()


def _with_cells(news: News, ran: tuple[Any, ...]) -> News:
    return News(news.variables, news.omitted, deleted=news.deleted, ran=ran, notes=news.notes)
