"""A run as frames: what a front end that shows cells and a conversation is told of it.

A frame is plain JSON with the fields `version`, `run`, `number` (from 1, growing within a run) and
`type`; the labextension's `protocol.ts` lists the types. Pure: events and the record in, frames
out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ..engine import events
from ..engine.aftermath import BROKEN_OFF
from ..engine.events import Event
from ..engine.limits import Limits
from ..engine.policy import code_hash
from ..engine.trajectory import Reply, RunState, Step, Trajectory, Turn
from ..engine.undoing import lacks
from .armour import shown
from .cards import Frame, answer_frame, run_frame, step_frame
from .cells import Place, end_cell, session_metadata, typing_cell
from .chain import Link, Sign
from .growing import GrowingTurn, link_before
from .marks import Cell

VERSION = 1
RECOVERED = 1_000_000_000  # the first number of a frame of a run that was found again


class Framing:
    """Folds the events of one run into its frames."""

    def __init__(self, *, limits: Limits, after: str = "", sign: Sign | None = None) -> None:
        """`after` is the id of the cell below which the run's cells go; empty for the end.

        `sign` signs the end of the chain when the run begins and when it ends.

        `notice`, a word for the person on where the model comes from, and `context_tokens`, what
        its context holds, may be set when they are known.
        """
        self._limits, self._sign = limits, sign
        self._model = ""
        self._run = ""
        self._number = 0
        self._waiting = ""
        self.notice = ""
        self.context_tokens = 0
        self._cells = _Cells(after)
        self._typed: dict[str, str] = {}

    def take(self, event: Event, trajectory: Trajectory) -> list[Frame]:
        """What this event means for a front end; `trajectory` is the record after it."""
        turn = trajectory.turns[-1]
        self._run = turn.run
        if isinstance(event, events.RunStarted):
            self._model = event.model
            self._cells.begin(trajectory)
            cells = self._changed(trajectory, "final")
            session = self._session(trajectory)
            return self._numbered(self._state(trajectory), session, *cells)
        if isinstance(event, events.QueryStarted):
            self._typed = {}
            return self._numbered(step_frame(Step(event.step, Reply(())), "thinking"))
        if isinstance(event, events.Streamed):
            return self._numbered(*self._streamed(event, turn))
        if isinstance(event, events.Retrying):
            self._typed = {}
            return self._numbered(_plain(event, "step", "attempt", "seconds", "reason"))
        if isinstance(event, events.UndoLacks):
            self.notice = f"{self.notice} {lacks(event.gaps)}".strip()
            return self._numbered(self._state(trajectory))
        if isinstance(event, events.ApprovalAsked):
            return self._numbered(*self._asked(event, trajectory))
        if isinstance(event, events.StepStarted):
            self._waiting = ""
            started = step_frame(event.step, "running")
            cells = self._changed(trajectory, "running")
            return self._numbered(self._state(trajectory), started, *cells)
        if isinstance(event, events.StepFinished):
            self._waiting = ""
            finished = (*self._changed(trajectory, "final"), *self._left_over())
            return self._numbered(step_frame(event.step), self._state(trajectory), *finished)
        if isinstance(event, events.RunFinished):
            self._waiting = ""
            return self._numbered(*self._finished(trajectory))
        return []

    @property
    def last(self) -> str:
        """The id of the run's last cell so far: where what follows it goes."""
        return self._cells.last

    def asks_input(self, step: int, request: str, prompt: str, password: bool) -> list[Frame]:
        """The running code called `input()`; `request` names the question."""
        asked = {"type": "input", "step": step, "request": request}
        return self._numbered({**asked, "prompt": prompt, "password": password})

    def waits(self, why: str, trajectory: Trajectory) -> list[Frame]:
        """The run waits for the kernel (`kernel`) or the person (`input`), or goes on (empty)."""
        self._waiting = why
        return self._numbered(self._state(trajectory))

    def _numbered(self, *frames: Frame) -> list[Frame]:
        numbered = []
        for frame in frames:
            self._number += 1
            head = {"version": VERSION, "run": self._run, "number": self._number}
            numbered.append({**head, **shown(frame)})
        return numbered

    def _state(self, trajectory: Trajectory) -> Frame:
        frame = run_frame(trajectory, len(trajectory.turns) - 1, self._limits, self.context_tokens)
        more = {"model": self._model, "waiting": self._waiting, "notice": self.notice}
        if self._waiting and frame["state"] == "running":
            more["state"] = "waiting"
        return {**frame, **more}

    def _streamed(self, event: events.Streamed, turn: Turn) -> Iterator[Frame]:
        first = event.part not in self._typed
        self._typed[event.part] = self._typed.get(event.part, "") + event.text
        if first and event.part == "code":
            words = self._typed.get("thought", "") or self._typed.get("answer", "")
            if words:
                thought = typing_cell(turn, event.step, "thought", words)
                yield self._cells.provisional(thought, "typing")
            yield self._cells.provisional(typing_cell(turn, event.step, "action"), "typing")
        yield _plain(event, "step", "part", "text", kind="typed")

    def _asked(self, event: events.ApprovalAsked, trajectory: Trajectory) -> Iterator[Frame]:
        self._waiting = "approval"
        turn, step = trajectory.turns[-1], event.step
        code = step.action.code if step.action else ""
        yield self._state(trajectory.with_turn(turn.with_step(step)))
        yield step_frame(step, "waiting")
        if step.reply.thought:
            thought = typing_cell(turn, step.number, "thought", step.reply.thought)
            yield self._cells.provisional(thought, "waiting")
        yield self._cells.provisional(typing_cell(turn, step.number, "action", code), "waiting")
        asked = {"type": "asked", "step": step.number, "code": code, "hash": code_hash(code)}
        yield {**asked, "reasons": list(event.reasons), "scopes": list(event.scopes)}

    def _finished(self, trajectory: Trajectory) -> Iterator[Frame]:
        turn = trajectory.turns[-1]
        yield from self._changed(trajectory, "final")
        yield from self._left_over()
        yield self._session(trajectory)
        if turn.answer is not None:
            yield answer_frame(turn)
        yield self._state(trajectory)

    def _session(self, trajectory: Trajectory) -> Frame:
        metadata = session_metadata(trajectory, self._cells.link, self._sign)
        return {"type": "session", "metadata": metadata}

    def _changed(self, trajectory: Trajectory, phase: str) -> list[Frame]:
        return self._cells.changed(trajectory.turns[-1], phase)

    def _left_over(self) -> list[Frame]:
        return [{"type": "removed", "cell": cell} for cell in self._cells.left_over()]


class _Cells:
    """Which cells of the turn were told, to tell the new and the changed ones only."""

    def __init__(self, after: str) -> None:
        self._after = self.last = after
        self._growing = GrowingTurn(("", 0), Link("", ""))
        self._ids: dict[str, list[str]] = {}
        self._provisional: list[str] = []

    @property
    def link(self) -> Link:
        """Where the chain has got to."""
        return self._growing.link

    def begin(self, trajectory: Trajectory) -> None:
        """The run of the last turn begins: its cells follow those of the turns before."""
        place: Place = (trajectory.name, len(trajectory.turns))
        self._growing = GrowingTurn(place, link_before(trajectory))

    def changed(self, turn: Turn, phase: str) -> list[Frame]:
        """Frames of the cells that are not as they were told, in order."""
        frames, before = [], self._growing.before
        for fragment in self._growing.changed(turn):
            after = self._after if fragment.before == before else fragment.before.cell
            self._ids[fragment.name] = [cell["id"] for cell in fragment.cells]
            for cell in fragment.cells:
                running = phase == "running" and cell["cell_type"] == "code"
                frames.append(_cell_frame(cell, after, phase if running else "final"))
                after = cell["id"]
        self.last = self.link.cell or self._after
        return frames

    def provisional(self, cell: Cell, phase: str) -> Frame:
        """The frame of a cell that is not of the record yet."""
        known = self._provisional
        if cell["id"] not in known:
            known.append(cell["id"])
        at = known.index(cell["id"])
        return _cell_frame(cell, known[at - 1] if at else self.last, phase)

    def left_over(self) -> list[str]:
        """The provisional cells that the record does not have; from now on there are none."""
        gone = [cell for cell in self._provisional if cell not in self._of_its_step(cell)]
        self._provisional = []
        return gone

    def _of_its_step(self, cell: str) -> list[str]:
        """The cells that the record has of the step of this one."""
        return self._ids.get(cell.rpartition("-")[0], [])


def broken_off(state: Frame, steps: int, *, ended: RunState, reason: str, last: int) -> list[Frame]:
    """The frames that end a run which cannot tell its end itself.

    `state` is its newest frame of type `run`, `steps` how many steps it had, and `last` the number
    of its newest frame.
    """
    cell = end_cell(state["run"], steps, ended, reason)
    run = {**state, "state": ended, "reason": reason, "waiting": ""}
    head = {"version": VERSION, "run": state["run"]}
    return [
        {**head, "number": last + 1, **shown(_cell_frame(cell, "", "final"))},
        {**run, "number": last + 2},
    ]


def conversation_frames(trajectory: Trajectory) -> list[Frame]:
    """A conversation that is over, as frames without cells: what a saved notebook holds."""
    frames: list[Frame] = []
    for index, turn in enumerate(trajectory.turns):
        parts = [_kept(run_frame(trajectory, index, Limits(None, None, None, None), 0))]
        parts += [step_frame(step) for step in turn.steps]
        parts += [answer_frame(turn)] if turn.answer is not None else []
        for number, part in enumerate(parts, 1):
            head = {"version": VERSION, "run": turn.run, "number": number}
            frames.append({**head, **shown(part)})
    return frames


def recovered_frames(
    trajectory: Trajectory, index: int, before: Turn | None, *, sign: Sign | None = None
) -> list[Frame]:
    """The frames of a run that was found again, with those of its cells that are not as `before`.

    They are numbered above all that the run itself can have told while it lived.
    """
    turn = trajectory.turns[index]
    upto = replace(trajectory, turns=trajectory.turns[: index + 1])
    cells = _Cells("")
    cells.begin(upto)
    if before is not None:
        cells.changed(before, "final")
    frames = cells.changed(turn, "final")
    session = session_metadata(trajectory, cells.link, sign)
    parts: list[Frame] = [{"type": "session", "metadata": session}, *frames]
    parts += [step_frame(step) for step in turn.steps]
    parts += [answer_frame(turn)] if turn.answer is not None else []
    parts.append(run_frame(trajectory, index, Limits(None, None, None, None), 0))
    head = {"version": VERSION, "run": turn.run}
    return [
        {**head, "number": RECOVERED + number, **shown(part)} for number, part in enumerate(parts)
    ]


def _kept(run: Frame) -> Frame:
    """The frame of a run that only a notebook knows: one without an end has broken off."""
    if run["state"] not in ("running", "waiting"):
        return run
    return {**run, "state": "interrupted", "reason": BROKEN_OFF}


def _cell_frame(cell: Cell, after: str, phase: str) -> Frame:
    if phase != "final":  # what the kernel shows meanwhile is not ours to replace
        cell = {key: value for key, value in cell.items() if key != "outputs"}
    return {"type": "cell", "after": after, "phase": phase, "cell": cell}


def _plain(event: Any, *names: str, kind: str = "") -> Frame:
    return {"type": kind or event.kind, **{name: getattr(event, name) for name in names}}
