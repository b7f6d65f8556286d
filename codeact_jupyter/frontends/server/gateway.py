"""Kernels behind a gateway (`--gateway-url`): their channels and managers, made to be used as ours.

The server's own client for them loses answers to `input()`, because messages say no channel, waits
in a busy loop, and takes a gateway that is away for a kernel that lives.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from queue import Empty
from typing import Any

from jupyter_core.utils import ensure_async

POLL_SECONDS = 0.01
MOST_FAILURES = 3
log = logging.getLogger(__name__)


def is_remote(manager: Any) -> bool:
    """Whether this kernel is behind a gateway."""
    return hasattr(manager, "kernel_url")


class Channel:
    """One channel, whose messages say that they are of it."""

    def __init__(self, name: str, queue: Any) -> None:
        self._name = name
        self._queue = queue

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        self._queue.send({**message, "channel": self._name})

    async def get(self, timeout: float | None = None) -> Any:
        """The next message; raises Empty when none comes in time, RuntimeError at the end."""
        waited = 0.0
        while True:
            try:
                return self._queue.get(block=False)
            except Empty:
                if self._queue.response_router_finished:
                    raise RuntimeError("the gateway closed the channel") from None
                if timeout is not None and waited >= timeout:
                    raise
                await asyncio.sleep(POLL_SECONDS)
                waited += POLL_SECONDS


class GatewayClient:
    """What a link needs of a client, for a kernel behind a gateway."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.session = client.session
        self.shell_channel = Channel("shell", client.shell_channel)
        self.control_channel = Channel("control", client.control_channel)
        self.stdin_channel = Channel("stdin", client.stdin_channel)
        self.get_shell_msg = self.shell_channel.get
        self.get_control_msg = self.control_channel.get
        self.get_stdin_msg = self.stdin_channel.get
        self.get_iopub_msg = Channel("iopub", client.iopub_channel).get

    @classmethod
    async def open(cls, manager: Any) -> GatewayClient:
        """Connect to the kernel; it blocks, so it is done in a thread."""
        client = manager.client(session=manager.session.clone())
        await asyncio.to_thread(lambda: asyncio.run(ensure_async(client.start_channels())))
        return cls(client)

    def stop_channels(self) -> None:
        """Close the connection: its thread would keep the server from ending."""
        self._client.stop_channels()


class GatewayManager:
    """A kernel's manager whose word on life and death can be relied on."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager
        self._failures = 0
        self.interrupt_kernel: Callable[[], Any] = manager.interrupt_kernel

    @property
    def execution_state(self) -> str:
        """As the gateway had it when it was last asked."""
        return str(self._manager.execution_state)

    @property
    def kernel_spec(self) -> Any:
        """The kernel's specification, if the server has it."""
        return getattr(self._manager, "kernel_spec", None)

    async def is_alive(self) -> bool:
        """Ask the gateway; one that does not answer several times in a row is taken for dead."""
        try:
            await self._manager.is_alive()
        except Exception as error:  # of HTTP, of the network
            self._failures += 1
            log.warning("codeact: the gateway does not answer: %r", error)
            return self._failures < MOST_FAILURES
        self._failures = 0
        return self._manager.kernel is not None and self.execution_state != "dead"
