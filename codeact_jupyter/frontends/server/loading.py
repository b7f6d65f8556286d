"""The server's settings, loaded beside its loop: a locked keyring waits until its person is there.

Whoever loads them here lets the server go on meanwhile, and waits a bounded time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any

from ...errors import SettingsError
from ...settings import Settings

SECONDS = 20.0
Options = Mapping[str, Any]
LoadSettings = Callable[[Options], Awaitable[Settings]]


class Loading:
    """Gives the settings for options; `load` may block, and is called in one thread at a time."""

    def __init__(self, load: Callable[[Options], Settings], seconds: float = SECONDS) -> None:
        self._load = load
        self.seconds = seconds
        self._going: asyncio.Future[Settings] | None = None

    async def __call__(self, options: Options) -> Settings:
        """The settings; raises SettingsError as `load` does, and when it takes too long."""
        try:
            return await asyncio.wait_for(self._loaded(options), self.seconds)
        except (asyncio.TimeoutError, TimeoutError):
            raise SettingsError(
                f"the settings were not loaded within {self.seconds:g} s, as when the system's "
                "keyring is locked: unlock it, or store the key again (codeact key set), then retry"
            ) from None

    async def _loaded(self, options: Options) -> Settings:
        while self._going is not None and not self._going.done():
            await asyncio.wait({self._going})  # one that hangs is not begun again and again
        self._going = _in_thread(lambda: self._load(options))
        return await asyncio.shield(self._going)


def _in_thread(work: Callable[[], Settings]) -> asyncio.Future[Settings]:
    """What the work gives. A server that is told to end does not wait for it."""
    given: Future[Settings] = Future()

    def run() -> None:
        try:
            given.set_result(work())
        except BaseException as error:
            given.set_exception(error)

    threading.Thread(target=run, name="codeact-settings", daemon=True).start()
    waiting = asyncio.wrap_future(given)
    waiting.add_done_callback(asyncio.Future.exception)  # of one for which nobody waits any more
    return waiting
