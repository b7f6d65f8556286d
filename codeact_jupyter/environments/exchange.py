"""One request to a kernel, while it goes on: what comes back for it, and when that is all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Message = Mapping[str, Any]
OnMessage = Callable[[Message], None]
AskInput = Callable[[str, bool], Awaitable[str]]

QUIET_SECONDS = 1.0
DRAIN_SECONDS = 30.0


class Exchange:
    """One request and what came back for it."""

    def __init__(self, on_message: OnMessage, ask_input: AskInput | None) -> None:
        self.on_message = on_message
        self.ask_input = ask_input
        self.reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self.idle = asyncio.Event()
        self.last_heard = time.monotonic()
        self.heard = False
        self.answers: list[asyncio.Future[None]] = []

    async def drained(self) -> bool:
        """Wait for the rest of the output; False when its end was never announced."""
        deadline = time.monotonic() + DRAIN_SECONDS
        while not self.idle.is_set() and time.monotonic() < deadline:
            left = self.last_heard + QUIET_SECONDS - time.monotonic()
            if left <= 0:
                return False
            try:
                await asyncio.wait_for(self.idle.wait(), left)
            except (asyncio.TimeoutError, TimeoutError):
                continue
        return self.idle.is_set()
