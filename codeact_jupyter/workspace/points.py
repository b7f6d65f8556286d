"""The files of a directory at the points of a run, one after another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ..engine.undoing import Bounds, Gap, parted
from ..errors import CodeActError
from .putting_back import forget_undone
from .snapshot import Snapshot, Span
from .store import all_points

ELSEWHERE = Gap("all files", "the kernel runs on another machine")
_first: dict[int, str] = {}  # by process, for a fork is another: the first point without a notebook


class FilePoints:
    """Keeps the files at each point; `root` gives their directory, or None when it is not here.

    `notebook` is the file that shows the runs: it is left alone.
    """

    def __init__(
        self, root: Callable[[], Path | None], notebook: Callable[[], str], place: Path
    ) -> None:
        self._root = root
        self._notebook = notebook
        self._place = place

    def take(self, point: str, bounds: Bounds) -> tuple[Gap, ...]:
        """Keep the files of now; what fails of it is a gap."""
        root = self._root()
        if root is None:
            return (ELSEWHERE,)
        try:
            return self._take(point, root, bounds)
        except (OSError, CodeActError) as error:
            return (Gap("all files", str(error)),)

    def end(self, point: str, spans: Sequence[Span]) -> None:
        """What comes is not of this point any more; see `Snapshot.close`."""
        with suppress(OSError, CodeActError):
            Snapshot(point, self._place).close(acted=True, spans=spans)

    def over(self, point: str, *, acted: bool, mixed: bool) -> None:
        """The end was noted. A point from which nothing was run goes; else no redo comes."""
        snapshot = Snapshot(point, self._place)
        with suppress(OSError, CodeActError):
            if not acted:
                snapshot.close(acted=False)
            elif snapshot.exists:
                if mixed:
                    snapshot.doubt()
                forget_undone(self._place, point)

    def turn_over(self, before: str, point: str, bounds: Bounds, spans: Sequence[Span]) -> bool:
        """Go over to the next point; False where that takes too long or too much, so it is not."""
        root = self._root()
        old = Snapshot(before, self._place)
        if root is None or not old.exists:
            return True
        try:
            spent, started = old.copied, time.monotonic()
            old.close(acted=True, spans=spans)
            room = replace(bounds, bytes=bounds.bytes - spent)
            gaps = {gap.what for gap in self._take(point, root, room, spent=spent)}
            if gaps <= old.known_gaps and time.monotonic() - started < 2 * bounds.seconds:
                return True
        except (OSError, CodeActError):
            pass
        self.go_on(before, point)
        return False

    def go_on(self, before: str, point: str) -> None:
        """No point was made: what becomes of the files is of the point before."""
        with suppress(OSError, CodeActError):
            Snapshot(point, self._place).close(acted=False)
            Snapshot(before, self._place).reopen()

    def _take(self, point: str, root: Path, bounds: Bounds, *, spent: int = 0) -> tuple[Gap, ...]:
        """Keep the files as those of the notebook; without one, all of this process are together.

        Raises UndoError and OSError.
        """
        snapshot = Snapshot(point, self._place)
        if notebook := self._notebook():
            return snapshot.take(root, bounds, os.path.realpath(notebook), spent=spent)
        process = _first.setdefault(os.getpid(), point)
        return snapshot.take(root, bounds, process=process, spent=spent)


def note_end(run: str, place: Path, *, acted: bool, alive: float) -> None:
    """Note how a run left the files that was last seen `alive`; raises OSError and UndoError."""
    for point, _ in all_points(place):
        if parted(point)[0] == run:
            Snapshot(point, place).close(acted=acted, alive=alive)
