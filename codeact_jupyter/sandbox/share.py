"""The share of the server's time that cleaning may take for one kernel: others wait meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AT_ONCE = 3.0  # seconds
PART = 0.2  # of the time that passes, which comes in again


class Share:
    """The seconds of one kernel; `clock` gives those of now."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._whole_at = clock()  # when all that was spent will have come in again

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left, for now."""
        return (self._whole_at - self._clock()) * PART >= AT_ONCE

    @contextmanager
    def spending(self) -> Iterator[None]:
        """What is done in here is at this kernel's cost."""
        began = self._clock()
        try:
            yield
        finally:
            spent = self._clock() - began
            self._whole_at = max(self._whole_at, began) + spent / PART
