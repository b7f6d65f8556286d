"""The cells that the person runs in a kernel of another process, seen from its messages."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine.environment import Ran
from ..our_cells import OURS
from .collecting import Collector
from .outputs import produced
from .persons_cells import MOST_CELLS, words_of
from .watched import PREFIX


@dataclass
class _Cell:
    code: str
    count: int | None
    collector: Collector = field(default_factory=Collector)
    failed: bool = False


class ObservedCells:
    """The cells run by hand since they were last told, newest last; bounded.

    Called with each message of IOPub. `ours` is the session that our own requests are sent in.
    """

    def __init__(self, ours: str) -> None:
        self._ours = ours
        self.begun = 0  # how many of them have ever begun
        self._cells: deque[_Cell] = deque(maxlen=MOST_CELLS)
        self._running: dict[str, _Cell] = {}

    def __call__(self, message: Mapping[str, Any]) -> None:
        parent = message.get("parent_header") or {}
        request = str(parent.get("msg_id") or "")
        if request.startswith(PREFIX) or parent.get("session") == self._ours:
            return
        if message["msg_type"] == "execute_input":
            self._begin(request, message["content"])
        elif (cell := self._running.get(request)) is not None:
            self._go_on(request, cell, message)

    @property
    def codes(self) -> frozenset[str]:
        """The texts of the cells that were not told yet, without space around."""
        return frozenset(cell.code.strip() for cell in self._cells)

    def take(self) -> tuple[Ran, ...]:
        """The cells that were not told yet; they count as told from now on."""
        told = tuple(
            Ran(cell.code, words_of(cell.collector), cell.failed, cell.count)
            for cell in self._cells
        )
        self._cells.clear()
        return told

    def _begin(self, request: str, content: Mapping[str, Any]) -> None:
        for unended in list(self._running):  # its end was lost: a kernel runs one after another
            self._cells.append(self._running.pop(unended))
        code = str(content.get("code") or "")
        self.begun += 1
        if code.strip() and not OURS.match(code):
            self._running[request] = _Cell(code, content.get("execution_count"))

    def _go_on(self, request: str, cell: _Cell, message: Mapping[str, Any]) -> None:
        if message["msg_type"] == "status":
            if message["content"].get("execution_state") == "idle":
                self._cells.append(self._running.pop(request))
            return
        cell.failed = cell.failed or message["msg_type"] == "error"
        item = produced(message)
        if item is not None:
            cell.collector.add(item)
