"""A finished turn, told again as the events it must have had; and frames, applied to cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from codeact_jupyter.engine import events
from codeact_jupyter.engine.limits import Limits
from codeact_jupyter.engine.trajectory import Step, Trajectory
from codeact_jupyter.notebook.frames import Frame, Framing


def retold(
    trajectory: Trajectory, *, asks: bool = False
) -> Iterator[tuple[events.Event, Trajectory]]:
    """The events of the last turn, each with the record after it."""
    turn = trajectory.turns[-1]
    now = replace(turn, steps=(), answer=None, state="running", reason="", seconds=0.0, figures=())
    record = trajectory.with_turn(now)
    yield events.RunStarted(turn.run, turn.task, "a-model"), record
    for step in turn.steps:
        for event in _of_step(step, asks=asks):
            now = events.apply(now, event)
            record = record.with_turn(now)
            yield event, record
    if turn.state in ("running", "waiting"):
        return
    end = events.RunFinished(
        turn.run, turn.state, turn.reason, turn.answer, turn.seconds, figures=turn.figures
    )
    yield end, record.with_turn(turn)


def _of_step(step: Step, *, asks: bool) -> Iterator[events.Event]:
    yield events.QueryStarted(step.number)
    yield events.Streamed(step.number, "thought", step.reply.thought or "hm")
    if step.reply.code is not None:
        yield events.Streamed(step.number, "code", step.reply.code)
    if asks and step.action is not None:
        yield events.ApprovalAsked(step, ("deletes files",))
    if step.action is not None and step.state != "rejected" and step.mistake is None:
        yield events.StepStarted(replace(step, observation=None, told=()))
    yield events.StepFinished(step)


def framed(trajectory: Trajectory, *, after: str = "", asks: bool = False) -> list[Frame]:
    """The frames of the last turn, from its first event to its last."""
    framing = Framing(limits=Limits(), after=after)
    framing.context_tokens = 200_000
    told = retold(trajectory, asks=asks)
    return [frame for event, record in told for frame in framing.take(event, record)]


def applied(frames: list[Frame], cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells after these frames: put in below the one before, or in the place of themselves."""
    cells = list(cells)
    for frame in frames:
        ids = [cell["id"] for cell in cells]
        if frame["type"] == "removed":
            cells = [cell for cell in cells if cell["id"] != frame["cell"]]
        elif frame["type"] == "cell" and frame["cell"]["id"] in ids:
            cells[ids.index(frame["cell"]["id"])] = frame["cell"]
        elif frame["type"] == "cell":
            at = ids.index(frame["after"]) + 1 if frame["after"] else len(cells)
            cells.insert(at, frame["cell"])
    return cells
