"""A kernel of which a test says, message by message, what it says: no process runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from jupyter_client.session import Session

Message = dict[str, Any]
CHANNELS = ("shell", "iopub", "stdin", "control")


class Channel:
    """Hands what is sent to the kernel on."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self.send = send


class SpokenKernel:
    """The client of such a kernel and its manager, in one; it answers what we look for by itself.

    `interrupts` counts those that were sent to it.
    """

    execution_state = "idle"

    def __init__(self) -> None:
        self.session, self._own = Session(key=b"key"), Session(key=b"key")
        self.interrupts = 0
        self._ours: list[Message] = []
        self._said = {name: asyncio.Queue[Message]() for name in CHANNELS}
        self.get_shell_msg, self.get_iopub_msg, self.get_stdin_msg = (
            self._said[name].get for name in CHANNELS[:3]
        )
        self.shell_channel = Channel(self._asked)
        self.control_channel = Channel(self._told)

    async def get_control_msg(self, timeout: float) -> Message:
        return await self._said["control"].get()

    async def is_alive(self) -> bool:
        return True

    async def interrupt_kernel(self) -> None:
        self.interrupts += 1

    def stop_channels(self) -> None:
        """There are none."""

    async def action(self) -> Message:
        """The action that it is sent, once it is."""
        while not self._ours:
            await asyncio.sleep(0)
        return self._ours[0]

    def cell(self) -> Message:
        """A cell that the person has sent it."""
        return Session(key=b"key").msg("execute_request", {"code": "1"})

    async def says(self, state: str, of: Message) -> None:
        """Say that it is `busy` with a request, or `idle` after it."""
        self._say("iopub", "status", {"execution_state": state}, of)
        await self._heard()

    async def replies(self, to: Message, **content: Any) -> None:
        """Reply to a request."""
        self._say("shell", "execute_reply", {"execution_count": 1, **content}, to)
        await self._heard()

    async def _heard(self) -> None:
        while any(not queue.empty() for queue in self._said.values()):
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    def _asked(self, message: Message) -> None:
        if message["msg_type"] != "execute_request":
            return  # what wakes it, or probes it while it is busy
        if not message["content"]["silent"]:
            self._ours.append(message)
            return
        self._say("shell", "execute_reply", {"status": "ok", "user_expressions": {}}, message)
        self._say("iopub", "status", {"execution_state": "idle"}, message)

    def _told(self, message: Message) -> None:
        self._say("control", "kernel_info_reply", {"status": "ok"}, message)

    def _say(self, channel: str, kind: str, content: Message, to: Message) -> None:
        self._said[channel].put_nowait(self._own.msg(kind, content, parent=to))
