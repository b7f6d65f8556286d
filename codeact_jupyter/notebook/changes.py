"""What the person did to the cells of a conversation, in words for the model.

The conversation itself only grows: what was said stays said, and that its cells are now edited or
gone is told at its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..engine.telling import plain
from ..engine.trajectory import Trajectory, Turn
from .marks import Cell, mark_of
from .versions import Version, has_ended, reached_by, step_of

TASK_LENGTH = 60
GONE = " from the notebook"


class Changes:
    """Tells each change once."""

    def __init__(self) -> None:
        self._told: dict[str, str] | None = None

    def told(self, trajectory: Trajectory, now: dict[str, str]) -> tuple[str, ...]:
        """Of the changes, by what they are of, those that the conversation does not know yet."""
        if self._told is None:
            said = "\n".join(_texts(trajectory))
            self._told = {what: note for what, note in now.items() if plain(note) in said}
        notes = dict.fromkeys(note for what, note in now.items() if self._told.get(what) != note)
        undone = [what for what in self._told if what not in now]
        self._told = now
        return (*notes, *(f"The person took back what they did to {what}." for what in undone))


def changes(
    trajectory: Trajectory, cells: list[Cell], version: Version, edits: Mapping[str, str]
) -> dict[str, str]:
    """By what they are of, the edits and deletions of cells of this conversation."""
    turns = {turn.run: (number, turn) for number, turn in enumerate(trajectory.turns, 1)}
    marks = [mark for cell in cells if reached_by(cell) and (mark := mark_of(cell)) is not None]
    notes: dict[str, str] = {}
    for mark in marks:
        name = f"{mark['run']}-{mark['step']}-{mark['role']}"
        if name in edits and mark["run"] in turns:
            what = _named(*turns[mark["run"]], mark["step"], mark["role"])
            notes[what] = f"The person edited {what}; it now reads:\n{edits[name]}"
    for run, reached in version.items():
        parts = {_part(mark) for mark in marks if mark["run"] == run}
        if run in turns:
            notes |= _deletions(*turns[run], reached, parts)
        elif (0, "task") not in parts:
            what = f"the task of an earlier run ({run})"
            notes[what] = f"The person deleted {what}{GONE}; you are not shown that run."
    return notes


def _deletions(
    number: int, turn: Turn, reached: str, parts: set[tuple[int, str]]
) -> dict[str, str]:
    """What is missing of a turn that was written up to there, by what it is."""
    end = step_of(reached)
    missing = [(0, "task")] if (0, "task") not in parts else []
    steps = range(1, end if has_ended(reached) else end + 1)
    missing += [(step, "action") for step in steps if (step, "action") not in parts]
    if has_ended(reached) and not any(role == "answer" for _, role in parts):
        missing.append((end, "answer"))
    if not parts:
        whole = f"The person deleted all of task {number} ({_short(turn.task)}){GONE}."
        return {_named(number, turn, *part): whole for part in missing}
    shown = {step.number for step in turn.steps}
    notes = {}
    for step, role in missing:
        unseen = "; you are not shown what it did" if role == "action" and step not in shown else ""
        what = _named(number, turn, step, role)
        notes[what] = f"The person deleted {what}{GONE}{unseen}."
    return notes


def _part(mark: Mapping[str, Any]) -> tuple[int, str]:
    """The step and role; `action` for whichever cell holds the record of a step."""
    role = str(mark["role"])
    return int(mark["step"]), "action" if role == "thought" and "record" in mark else role


def _named(number: int, turn: Turn, step: int, role: str) -> str:
    """A cell of ours, as the model can know it."""
    task = f"task {number} ({_short(turn.task)})"
    if role == "task":
        return f"the words of {task}"
    if role == "answer":
        return f"your answer to {task}"
    return f"your {'words before' if role == 'thought' else 'code of'} step {step} of {task}"


def _short(task: str) -> str:
    line = " ".join(task.split())
    return repr(line if len(line) <= TASK_LENGTH else f"{line[:TASK_LENGTH]}…")


def _texts(trajectory: Trajectory) -> Iterator[str]:
    """All that the conversation's turns were opened with."""
    for turn in trajectory.turns:
        yield from (block["text"] for block in turn.told if isinstance(block.get("text"), str))
