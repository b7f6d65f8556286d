"""A link to a kernel that others use too: it also says what else goes on there.

Nothing that a kernel or a listener does ends the reading: whoever waits would wait for ever.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import EnvironmentFailure
from .exchange import Message, OnMessage
from .link import GONE, KernelLink, send

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_client.manager import AsyncKernelManager

PREFIX = "codeact:"  # of the ids of the requests that are actions
INFO_SECONDS = 30.0
CHECK_SECONDS = 1.0
CONNECTING_SECONDS, CONNECTING_ROUNDS = 0.2, 20
BEFORE_WE_CAME = "unknown"
log = logging.getLogger(__name__)


class WatchedLink(KernelLink):
    """One for all who look at a kernel and act in it.

    `executing` is the request of the cell that runs now, whoever sent it. `listeners` get all
    messages of IOPub, `late` what comes of our requests that are over, and `on_restart` is called
    when the kernel has forgotten everything.
    """

    def __init__(self, client: AsyncKernelClient, manager: AsyncKernelManager) -> None:
        super().__init__(client, self._is_there)
        self.listeners: list[OnMessage] = []
        self.late: list[OnMessage] = []
        self.on_late = self.tell_late
        self.on_restart: Callable[[], None] = lambda: None
        self._is_closed = False
        self._manager = manager
        self._asking = asyncio.Lock()
        self._heard = asyncio.Event()
        self._language: tuple[str, tuple[int, ...]] | None = None
        # What began before we came is known to the server's manager only.
        self.executing = BEFORE_WE_CAME if self._seems_busy() else ""
        self._changed = asyncio.Event()

    def tell_late(self, message: Message) -> None:
        """Hand on what came of a request of ours that is over."""
        for listener in tuple(self.late):
            listener(message)

    async def close(self) -> None:
        self._is_closed = True
        await super().close()

    async def request(self, content: Mapping[str, Any], **options: Any) -> tuple[Message, bool]:
        # Else the kernel drops what the person has queued behind, when this fails.
        return await super().request({**content, "stop_on_error": False}, **options)

    async def free(self) -> None:
        """Wait until the kernel executes nothing, or is there no more."""
        doubted = ""
        while self.executing:
            self._changed.clear()  # before the look, during which the cell may end
            if not await self._is_there():
                return
            try:
                await asyncio.wait_for(self._changed.wait(), CHECK_SECONDS)
            except (asyncio.TimeoutError, TimeoutError):
                # Its `idle` may have been lost: then the server's manager knows better.
                if not self._seems_busy() and doubted == self.executing:
                    self.executing = ""
                doubted = "" if self._seems_busy() else self.executing

    async def language(self) -> tuple[str, tuple[int, ...]]:
        """The kernel's language and its version.

        Raises EnvironmentFailure when the kernel does not answer.
        """
        if self._language is None:
            info = (await self._info())["content"].get("language_info") or {}
            await self._until_heard()
            if self._seems_busy() and not self.executing:  # it began while we were connecting
                self.executing = BEFORE_WE_CAME
            if self.executing == BEFORE_WE_CAME:
                await self._look_whether_busy()
            parts = str(info.get("version", "0.0")).split(".")[:2]
            version = tuple(int(part) for part in parts if part.isdigit())
            self._language = (str(info.get("name", "")), version)
        return self._language

    async def identify(self) -> str:
        """Which incarnation of the kernel answers now: another one after each restart.

        Raises EnvironmentFailure when none does.
        """
        await self._info()
        return self.incarnation

    def restarted(self) -> None:
        """The kernel was restarted or shut down: nothing that was asked will be answered."""
        self.executing = ""
        self._changed.set()
        self._give_up_all()
        self.on_restart()

    async def _until_heard(self) -> None:
        """Wait until IOPub is connected: what a kernel publishes before that never comes here."""
        for _ in range(CONNECTING_ROUNDS):
            try:
                await asyncio.wait_for(self._heard.wait(), CONNECTING_SECONDS)
                return
            except (asyncio.TimeoutError, TimeoutError):
                await self._info()

    async def _look_whether_busy(self) -> None:
        """See whether something of before we came executes: the server's manager hears late of its
        end, and never of what it heard before. A kernel that executes answers on the control
        channel only.
        """
        asking = asyncio.ensure_future(self._until_answering())
        self._tasks.append(asking)
        await asyncio.wait({asking}, timeout=CONNECTING_SECONDS)

    async def _until_answering(self) -> None:
        await self._answer_to_probe()
        if self.executing == BEFORE_WE_CAME:
            self.executing = ""
            self._changed.set()

    async def _info(self) -> Message:
        """Ask what the kernel is, on the channel that a busy kernel answers too."""
        async with self._asking:
            message = self.client.session.msg("kernel_info_request", {})
            message["channel"] = "control"
            send(self.client.control_channel, message)
            deadline = time.monotonic() + INFO_SECONDS
            while (left := deadline - time.monotonic()) > 0:
                try:
                    reply = await self.client.get_control_msg(timeout=left)
                except Exception:  # the queue's own `Empty`, of one of two modules
                    break
                except asyncio.CancelledError:
                    if self._is_closed:  # which cancels what waits for a socket
                        raise EnvironmentFailure(GONE) from None
                    raise
                if (reply.get("parent_header") or {}).get("msg_id") == message["msg_id"]:
                    self._note_incarnation(str(reply["header"].get("session") or ""))
                    return reply
        raise EnvironmentFailure(
            f"the notebook's kernel did not answer within {INFO_SECONDS:.0f} s; restart it, "
            "or choose another kernel for the notebook"
        )

    def _lose(self) -> None:
        super()._lose()
        self._changed.set()

    def _on_iopub(self, message: Message) -> None:
        self._heard.set()
        kind, state = message["msg_type"], message["content"].get("execution_state")
        if kind == "status" and _is_of_a_front_end(message.get("parent_header") or {}):
            return
        if kind == "status" and state in ("restarting", "dead"):
            self.restarted()
        elif kind == "status":
            self._follow(str(state), message.get("parent_header") or {})
        elif self.incarnation:  # what a server puts in between is not signed by the kernel
            header = {**message["header"], "session": self.incarnation}
            message = {**message, "header": header}
        if kind != "status":
            self._note_running(str((message.get("parent_header") or {}).get("msg_id") or ""))
        for listener in tuple(self.listeners):
            try:
                listener(message)
            except Exception as error:
                log.error("codeact: a fault with a kernel's message", exc_info=error)
        super()._on_iopub(message)

    def _note_running(self, request: str) -> None:
        """An action that shows something executes, also where its `busy` was lost."""
        exchange = self._exchanges.get(request) if request.startswith(PREFIX) else None
        if exchange is not None and not exchange.reply.done() and not exchange.idle.is_set():
            self.executing = request
            self._changed.set()

    def _follow(self, state: str, parent: Message) -> None:
        request = str(parent.get("msg_id") or "")
        ours = parent.get("session") == self.client.session.session
        a_look = ours and not request.startswith(PREFIX)
        if state == "starting":
            self.executing = ""
        elif a_look or parent.get("msg_type") != "execute_request" or parent.get("subshell_id"):
            return
        elif state == "busy":
            self.executing = request
        elif self.executing in (request, BEFORE_WE_CAME):
            self.executing = ""
        self._changed.set()

    def _note_incarnation(self, session: str) -> None:
        changed = bool(self.incarnation and session and session != self.incarnation)
        super()._note_incarnation(session)
        if changed:
            self.executing = ""
            self._changed.set()
            self.on_restart()

    async def _death(self) -> None:
        try:
            await super()._death()
        except EnvironmentFailure:  # what is dead executes nothing, whether or not it said so
            self.executing = ""
            self._changed.set()
            raise

    def _seems_busy(self) -> bool:
        return getattr(self._manager, "execution_state", "idle") == "busy"

    async def _is_there(self) -> bool:
        return not self.is_lost and bool(await self._manager.is_alive())


def _is_of_a_front_end(parent: Message) -> bool:
    """Whether this is about a request under an action's id that a front end sent to adopt it."""
    request = str(parent.get("msg_id") or "")
    return request.startswith(PREFIX) and parent.get("msg_type") != "execute_request"


def language_of(manager: Any) -> str:
    """The language that the kernel's specification names; empty when it is not known."""
    return str(getattr(getattr(manager, "kernel_spec", None), "language", "") or "")
