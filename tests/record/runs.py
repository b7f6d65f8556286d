"""Runs for the tests of the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from codeact_jupyter.engine.events import Event, RunFinished, StepFinished, StepStarted
from codeact_jupyter.engine.trajectory import Trajectory, Turn
from codeact_jupyter.record.journal import Bounds, Journal, Kept, utc_now


def events_of(turn: Turn) -> list[Event]:
    """What was told of a turn while it ran."""
    told: list[Event] = []
    for step in turn.steps:
        if step.observation is not None:
            told.append(StepStarted(replace(step, observation=None, told=())))
        told.append(StepFinished(step))
    if turn.state != "running":
        end = (turn.state, turn.reason, turn.answer, turn.seconds, turn.wasted, turn.figures)
        told.append(RunFinished(turn.run, *end))
    return told


def opening(turn: Turn) -> Turn:
    """The turn as it began."""
    return Turn(turn.run, turn.task, turn.told, started=turn.started)


def record(journal: Journal, trajectory: Trajectory, notebook: str = "/a/b.ipynb") -> None:
    """Keep the last turn of this trajectory as its run would have."""
    turn = trajectory.turns[-1]
    journal.begin(trajectory.with_turn(opening(turn)), notebook)
    for event in events_of(turn):
        journal.append(turn.run, event)


def read(journal: Journal, run: str) -> Kept:
    """This run as the journal has it."""
    return journal.read(next(entry for entry in journal.entries() if entry.run == run))


def journal_in(folder: Path, *, now: Callable[[], datetime] = utc_now, **bounds: Any) -> Journal:
    """A journal in this folder, with other bounds."""
    return Journal(folder / "codeact", bounds=Bounds(**bounds), now=now)
