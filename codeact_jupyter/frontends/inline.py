"""A run shown under the magic's own cell, where no front end inserts cells for it.

Live: one display for each step, with its thought and code as Markdown, updated while the model
writes; the step's outputs come below it as themselves. The record of the run is in the metadata
of these displays, so a saved notebook holds all of it.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..engine import events
from ..engine.events import Event
from ..engine.trajectory import Step, Trajectory, Turn
from ..engine.undoing import lacks
from ..environments.outputs import encodable
from ..notebook.cells import session_metadata
from ..notebook.chain import Link, Sign
from ..notebook.growing import GrowingTurn, link_before
from ..notebook.inline import inline_metadata
from ..notebook.markdown import readable
from ..notebook.marks import Cell
from .retelling import show_again, step_words, words
from .words import turn_facts, why_asked

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

UPDATE_SECONDS = 0.1


class InlineView:
    """Shows the events of one run with the display publisher of `shell`."""

    def __init__(self, shell: InteractiveShell, sign: Sign | None = None) -> None:
        """`sign` signs the end of the chain when the run ends."""
        self._sign = sign
        self._publisher = shell.display_pub
        self._run = ""
        self._part = ""
        self._thought = ""
        self._code = ""
        self._updated = 0.0
        self._opening: dict[str, Any] = {}
        self._shown: dict[str, tuple[str, dict[str, Any]]] = {}
        self._items: list[str | int] = []  # displays of ours, and steps whose outputs follow them
        self._steps: tuple[Step, ...] = ()
        self._growing = GrowingTurn(("", 0), Link("", ""))
        self._cells: dict[str, list[Cell]] = {}

    def notice(self, text: str) -> None:
        """Show a line that is not of the run: where the model comes from."""
        self._put(f"notice-{len(self._items)}", f"*{text}*")

    def show(self, event: Event, trajectory: Trajectory) -> None:
        """Take the next event; `trajectory` is the record after it."""
        self._steps = trajectory.turns[-1].steps
        if isinstance(event, events.RunStarted):
            self._run = event.run
            place = trajectory.name, len(trajectory.turns)
            self._growing = GrowingTurn(place, link_before(trajectory))
            task = self._record("task", trajectory, session_metadata(trajectory))
            self._put(f"{self._run}-begin", f"<small>codeact · {event.model}</small>", task)
        elif isinstance(event, events.QueryStarted):
            self._part, self._thought, self._code = f"{self._run}-{event.step}", "", ""
            self._put(self._part, "*thinking …*")
        elif isinstance(event, events.Streamed):
            self._type(event)
        elif isinstance(event, events.Retrying):
            self._thought = self._code = ""
            wait = f"attempt {event.attempt} in {event.seconds:.0f} s"
            self._put(self._part, f"*{readable(event.reason)} {wait} …*")
        elif isinstance(event, events.ApprovalAsked):
            self._put(self._part, step_words(event.step))
            why = "\n".join(f"- {readable(line)}" for line in why_asked(event.reasons))
            self._put(f"{self._part}-asked", f"**May this run?**\n\n{why}")
        elif isinstance(event, events.StepStarted):
            self._show_step(event.step, trajectory)
            sys.stdout.flush()  # waits for ipykernel's thread: the intent is out before the effect
        elif isinstance(event, events.StepFinished):
            self._part = f"{self._run}-{event.step.number}"
            self._show_step(event.step, trajectory)
            self._items.append(event.step.number)
        elif isinstance(event, events.UndoLacks):
            self.notice(readable(lacks(event.gaps)))
        elif isinstance(event, events.LateOutput):
            steps = trajectory.turns[-1].steps
            self._show_step(next(s for s in steps if s.number == event.step), trajectory)
        elif isinstance(event, events.RunFinished):
            self._finish(event, trajectory)

    def asks(self, question: str, reasons: Sequence[str]) -> None:
        """The reasons stand in the question that was shown."""

    def end(self, turn: Turn) -> None:
        """The run's end was shown with its last event."""

    def clear(self) -> None:
        """Clear the cell for an action that asked for it, and show again what was before it."""
        self._publisher.clear_output(True)
        for item in self._items:
            if isinstance(item, str):
                text, metadata = self._shown[item]
                self._publish(item, text, metadata, update=False)
            else:
                self._show_outputs(item)

    def _show_outputs(self, number: int) -> None:
        """Show the outputs of a step as they are now: later code may have updated displays."""
        seen = next(step.observation for step in self._steps if step.number == number)
        for output in seen.outputs if seen else ():
            show_again(output, self._publisher.publish)

    def _type(self, event: events.Streamed) -> None:
        if event.part == "code":
            self._code += event.text
        else:
            self._thought += event.text
        if time.monotonic() - self._updated > UPDATE_SECONDS:
            self._put(self._part, words(self._thought, self._code))

    def _finish(self, event: events.RunFinished, trajectory: Trajectory) -> None:
        turn = trajectory.turns[-1]
        if event.answer is not None:
            self._put(self._part, readable(event.answer.text))
        elif self._shown.get(self._part, ("", {}))[1] == inline_metadata([]):
            self._put(self._part, f"*{event.state}: {readable(event.reason)}*")
        footer = f"<small>codeact · {turn_facts(turn)}</small>"
        session = session_metadata(trajectory, self._end(trajectory), self._sign)
        self._put(f"{self._run}-end", footer, self._record("answer", trajectory, session))

    def _show_step(self, step: Step, trajectory: Trajectory) -> None:
        record = self._record(step.number, trajectory)
        self._put(f"{self._run}-{step.number}", step_words(step), record)

    def _record(
        self, part: str | int, trajectory: Trajectory, session: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The record of a part, as its cells have it: also of a step whose outcome is unknown."""
        self._seal(trajectory)
        return inline_metadata(self._cells[f"{self._run}-{part}"], session)

    def _end(self, trajectory: Trajectory) -> Link:
        self._seal(trajectory)
        return self._growing.link

    def _seal(self, trajectory: Trajectory) -> None:
        for fragment in self._growing.changed(trajectory.turns[-1]):
            self._cells[fragment.name] = fragment.cells

    def _put(self, part: str, text: str, metadata: dict[str, Any] | None = None) -> None:
        """Show this text in its display, which is made the first time."""
        update = part in self._shown
        if not update:
            self._items.append(part)
        self._shown[part] = (text, metadata or inline_metadata([]))
        self._updated = time.monotonic()
        self._publish(part, *self._shown[part], update=update)

    def _publish(self, part: str, text: str, metadata: dict[str, Any], *, update: bool) -> None:
        text = encodable(text)
        # What is said before the run has a name is never updated, nor by the next run's.
        named = {"display_id": f"codeact-{self._run}-{part}"} if self._run else {}
        self._publisher.publish(
            {"text/markdown": text, "text/plain": re.sub(r"</?small>", "", text)},
            metadata,
            transient=named,
            update=update,
        )
