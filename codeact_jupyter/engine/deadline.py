"""A clock that calls when its seconds are over, even while the event loop is blocked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AGAIN = 3.0  # seconds between calls: an interrupt may come too early, or be swallowed


class Deadline:
    """Calls `on_expire` on a thread of its own after `seconds`, and again until it is left.

    None never expires.
    """

    def __init__(
        self, seconds: float | None, on_expire: Callable[[], None], *, again: float = AGAIN
    ) -> None:
        self._left = seconds
        self._on_expire = on_expire
        self._again = again
        self._over = threading.Event()
        self._started = 0.0

    def __enter__(self) -> Deadline:
        self._start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._halt()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not count the time in here: a person is being waited for."""
        self._halt()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        if self._left is None:
            return
        self._started, self._over = time.monotonic(), threading.Event()
        wait = (max(0.0, self._left), self._over)
        threading.Thread(
            target=self._watch, args=wait, name="codeact-deadline", daemon=True
        ).start()

    def _halt(self) -> None:
        if self._left is not None and not self._over.is_set():
            self._over.set()
            self._left -= time.monotonic() - self._started

    def _watch(self, seconds: float, over: threading.Event) -> None:
        while not over.wait(min(seconds, threading.TIMEOUT_MAX)):
            self._on_expire()
            seconds = self._again
