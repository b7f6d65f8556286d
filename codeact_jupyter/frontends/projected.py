"""A magic's run for a front end that shows its cells: each event as frames, and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ..engine.events import ApprovalAsked, Event, StepStarted
from ..engine.limits import Limits
from ..engine.trajectory import Trajectory, Turn
from ..environments.own_cells import OwnCells
from ..notebook.frames import Framing
from ..record.signing import own_signature
from .words import turn_facts, why_asked

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class ProjectedView:
    """Tells the events of one run as frames; the front end puts the cells into the notebook.

    `context_tokens` says what the model's context holds, once there is a model.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        cells: OwnCells,
        *,
        limits: Limits,
        context_tokens: Callable[[], int] = lambda: 0,
    ) -> None:
        self._publisher = shell.display_pub
        self._cells = cells
        self._context_tokens = context_tokens
        self._framing = Framing(limits=limits, after=cells.after, sign=own_signature())
        self._record: Trajectory | None = None
        self._step = 0
        cells.on_question, cells.on_answer = self._asks_input, lambda: self._waits("")

    def notice(self, text: str) -> None:
        """Say where the model comes from, along with the run's first frame."""
        self._framing.notice = text

    def show(self, event: Event, trajectory: Trajectory) -> None:
        """Take the next event; `trajectory` is the record after it."""
        self._record = trajectory
        if isinstance(event, (ApprovalAsked, StepStarted)):
            self._step = event.step.number
        self._framing.context_tokens = self._context_tokens()
        for frame in self._framing.take(event, trajectory):
            self._cells.tell(frame)

    def asks(self, question: str, reasons: Sequence[str]) -> None:
        """The question stands under the magic's own cell, so its reasons do too."""
        print("\n".join(why_asked(reasons)))
        self._ask_for(question, password=False)

    def clear(self) -> None:
        """An action's cell clears itself."""

    def end(self, turn: Turn) -> None:
        """Leave how the run ended under the magic's cell."""
        facts = f"codeact · {turn_facts(turn)}"
        self._publisher.publish({"text/markdown": f"<small>{facts}</small>", "text/plain": facts})

    def _asks_input(self, prompt: str, password: bool) -> None:
        self._waits("input")
        self._ask_for(prompt, password=password)

    def _ask_for(self, prompt: str, *, password: bool) -> None:
        """Tell the question to those whom the kernel does not ask, as the page after a reload."""
        request = secrets.token_hex(4)
        for frame in self._framing.asks_input(self._step, request, prompt, password):
            self._cells.tell(frame)

    def _waits(self, why: str) -> None:
        assert self._record is not None
        for frame in self._framing.waits(why, self._record):
            self._cells.tell(frame)
