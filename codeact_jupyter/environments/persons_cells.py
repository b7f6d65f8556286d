"""Remembers the cells that the person runs in this shell, for the model to be told of."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..engine.environment import Produced, Ran
from ..engine.telling import cut, progress, trimmed
from ..engine.trajectory import Error, Stream
from ..our_cells import OURS
from .capture import Capture
from .collecting import Collector
from .passwords import Passwords

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

MOST_CELLS = 20
MOST_OUTPUT = 4_000


class PersonsCells:
    """The cells run by hand since they were last told, newest last; bounded."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._cells: deque[Ran] = deque(maxlen=MOST_CELLS)
        self._capture: Capture | None = None
        self._collector = Collector()
        self.paused = False
        self.passwords = Passwords(shell)
        self._remember_earlier()

    def watch(self) -> None:
        """Begin to look at each cell as it runs."""
        self.passwords.watch()
        for event, function in self._listeners():
            self._shell.events.register(event, function)

    def unwatch(self) -> None:
        """Look no more."""
        self.passwords.unwatch()
        for event, function in self._listeners():
            if function in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, function)
        self._close()

    def take(self) -> tuple[Ran, ...]:
        """The cells that were not told yet; they count as told from now on."""
        cells, self._cells = tuple(self._cells), deque(maxlen=MOST_CELLS)
        return cells

    def _listeners(self) -> tuple[tuple[str, Callable[[Any], None]], ...]:
        return (("pre_run_cell", self._before), ("post_run_cell", self._after))

    def _remember_earlier(self) -> None:
        """Cells from before we were loaded: what they printed is not known any more."""
        history = getattr(self._shell, "history_manager", None)
        earlier = list(history.input_hist_raw[1:]) if history is not None else []
        for code in earlier[-MOST_CELLS:]:
            if code.strip() and not OURS.match(code):
                self._cells.append(Ran(code))
        value = getattr(sys, "last_value", None)
        if isinstance(value, BaseException) and value.__traceback__ is not None:
            lines = self._shell.InteractiveTB.structured_traceback(
                type(value), value, value.__traceback__
            )
            error = Error(type(value).__name__, "", tuple(str(line) for line in lines))
            note = "# (the last exception in this kernel, of one of the cells above)"
            self._cells.append(Ran(note, trimmed(error), failed=True))

    def _before(self, info: Any) -> None:
        if not info.store_history:
            return  # a cell runs this code: what it shows is that cell's
        self._close()
        if self.paused or OURS.match(info.raw_cell or ""):
            return
        self._collector = Collector()
        self._capture = Capture(self._shell, self._take_output).__enter__()

    def _after(self, result: Any) -> None:
        if self._capture is None or not result.info.store_history:
            return
        self._close()
        failed = not result.success
        output = words_of(self._collector)
        code = result.info.raw_cell
        if code.strip():
            self._cells.append(Ran(code, output, failed, result.execution_count))

    def _take_output(self, item: Produced) -> None:
        self._collector.add(item)

    def _close(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.__exit__(None, None, None)


def words_of(collector: Collector) -> str:
    """What a cell showed, as text for the model; bounded."""
    parts = []
    for output in (*collector.outputs, *collector.updated):
        if isinstance(output, Stream):
            parts.append(progress(output.text).rstrip())
        elif isinstance(output, Error):
            parts.append(trimmed(output))
        else:
            parts.append(str(output.data.get("text/plain", "")))
    return cut("\n".join(part for part in parts if part), MOST_OUTPUT)
