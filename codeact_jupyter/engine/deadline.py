"""A clock that calls once when its seconds are over, even while the event loop is blocked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Deadline:
    """Calls `on_expire` on a thread of its own after `seconds`; None never expires."""

    def __init__(self, seconds: float | None, on_expire: Callable[[], None]) -> None:
        self._left = seconds
        self._on_expire = on_expire
        self._timer: threading.Timer | None = None
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
        self._started = time.monotonic()
        self._timer = threading.Timer(max(0.0, self._left), self._on_expire)
        self._timer.daemon = True
        self._timer.start()

    def _halt(self) -> None:
        if self._timer is not None and self._left is not None:
            self._timer.cancel()
            self._timer = None
            self._left -= time.monotonic() - self._started
