"""What a checkpoint may take: seconds of work, and bytes of copies.

Its source is also sent into kernels. What is asked for is refused before it is begun, because one
list can take more of both than all that there is.
"""

from __future__ import annotations

import time

from codeact_jupyter.environments.undo.kinds import Kind

PER_OBJECT = 100
TOO_LONG = "not reached within {:g} s"
TOO_BIG = "{} MB are more than may be kept"


def too_big(size: int) -> str:
    """Why so many bytes are not kept."""
    return TOO_BIG.format(f"{size >> 20:,}")


class Budget:
    """The seconds and bytes that one checkpoint has; its clock stands still while it waits.

    The `bytes` are those spent. What an item costs is guessed at first, and then measured: that
    differs with where the items lie in memory.
    """

    def __init__(self, seconds: float, most: int) -> None:
        self.seconds, self.most = seconds, most
        self.bytes = 0
        self._spent, self._since = 0.0, time.perf_counter()
        self._pace: dict[Kind, float] = {}

    def go_on(self) -> None:
        """Start the clock again."""
        self._since = time.perf_counter()

    def pause(self) -> bool:
        """Stop the clock; tell whether there is time left."""
        self._spent += time.perf_counter() - self._since
        return self._spent <= self.seconds

    @property
    def is_full(self) -> bool:
        """Whether there is no room left, not for the smallest thing."""
        return self.bytes > self.most

    def has_room(self, kind: Kind, length: int) -> bool:
        """Whether so many items may be copied beside what was."""
        return self.bytes + kind.width * length <= self.most

    def another(self) -> Budget:
        """As much again, of which nothing was spent."""
        return Budget(self.seconds, self.most)

    def refusal(self, kind: Kind, length: int) -> str:
        """Why a container of so many items is not begun with, or nothing when it is."""
        if not self.has_room(kind, length):
            return too_big(self.bytes + kind.width * length)
        left = self.seconds - self._spent - (time.perf_counter() - self._since)
        if self._pace.get(kind, kind.pace) * length > left:
            return TOO_LONG.format(self.seconds)
        return ""

    def took(self, kind: Kind, length: int, seconds: float) -> None:
        """Learn from one that was copied. A single one may have had to wait for the machine."""
        self._pace[kind] = (self._pace.get(kind, kind.pace) + seconds / length) / 2
