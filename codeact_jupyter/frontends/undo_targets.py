"""Which points an undo or a redo is about: the last run, a run by its id, or a step such as 2.3."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..engine.trajectory import Turn
from ..engine.undoing import Points, parted
from ..errors import UndoError
from .words import counted

MOST_NAMED = 20
STEP = re.compile(r"(\d+)\.(\d+)")


def to_undo(points: Points, turns: Sequence[Turn], wish: str) -> str:
    """The point to go back to; raises UndoError, saying what can be undone, when there is none."""
    if not points.kept:
        redo = "; a redo brings back what is undone" if points.undone else ""
        raise UndoError(f"there is nothing to undo: no state of before a run is kept here{redo}")
    run, step = _named(points, turns, wish) if wish else (parted(points.kept[-1])[0], 1)
    fitting = [point for point in points.kept if parted(point)[0] == run]
    before = [point for point in fitting if parted(point)[1] <= step]
    if not before:
        raise UndoError(
            f"nothing is kept of before {wish!r}, so it cannot be undone; what can be, the oldest "
            f"first: {', '.join(named(point, turns) for point in points.kept)}"
        )
    return before[-1]


def to_redo(points: Points, turns: Sequence[Turn], wish: str) -> str:
    """The point from which what was undone last is brought back; raises UndoError."""
    if not points.undone:
        raise UndoError("there is nothing to redo: nothing is undone, or a run acted since")
    last = points.undone[-1]
    if wish and _named(points, turns, wish)[0] not in {parted(point)[0] for point in last}:
        raise UndoError(
            f"{wish!r} was not undone last: a redo brings back {named(last[0], turns)} first"
        )
    return last[0]


def named(point: str, turns: Sequence[Turn]) -> str:
    """A point in the person's words: a run by its id, a step by its numbers."""
    run, step = parted(point)
    number = next((at for at, turn in enumerate(turns, 1) if turn.run == run), 0)
    return run if step <= 1 else f"{number or run}.{step}"


def heading(word: str, wish: str, points: Sequence[str], turns: Sequence[Turn]) -> str:
    """What is undone or redone, in a line: the run, or the step that it begins with, and what
    comes after it."""
    run, step = parted(points[0]) if points else ("", 1)
    tasks = {turn.run: " ".join(turn.task.split())[:60] for turn in turns}
    start = f"the run {run}" + (f" ({tasks[run]!r})" if tasks.get(run) else "")
    if step > 1:
        start = f"what {start} did from its step {step} on"
    asked = STEP.fullmatch(wish)
    if asked and int(asked[2]) > step:
        start += f" (no state is kept between its steps {step} and {asked[2]})"
    after = len({parted(point)[0] for point in points} - {run})
    more = f", and of the {counted(after, 'run')} after it" if after else ""
    return f"{word} of {start}{more}:"


def _has_step(turn: Turn, number: int) -> bool:
    """Whether a turn has this step; of one that is known by its task alone, any may be."""
    return number >= 1 and (not turn.steps or number <= turn.steps[-1].number)


def _steps(turns: Sequence[Turn]) -> str:
    """The steps of these turns, as a person names them."""
    last = [(at, turn.steps[-1].number) for at, turn in enumerate(turns, 1) if turn.steps]
    each = [f"{at}.1" if most == 1 else f"{at}.1 to {at}.{most}" for at, most in last]
    return ", ".join(each[-MOST_NAMED:]) or "none: no code was run"


def _named(points: Points, turns: Sequence[Turn], wish: str) -> tuple[str, int]:
    """The run and the step that a word means."""
    if step := STEP.fullmatch(wish):
        turn, number = int(step[1]), int(step[2])
        if not (1 <= turn <= len(turns) and _has_step(turns[turn - 1], number)):
            raise UndoError(f"there is no step {wish!r}; the steps are {_steps(turns)}")
        return turns[turn - 1].run, number
    everything = [*points.kept, *(point for each in points.undone for point in each)]
    runs = dict.fromkeys(parted(point)[0] for point in everything)
    fitting = [run for run in runs if run.startswith(wish)]
    if len(fitting) != 1:
        known = ", ".join(runs) or "none"
        raise UndoError(
            f"nothing is kept of a run {wish!r}, so it cannot be undone; known are: {known}. A "
            "step is named as 2.3, the third of the second task"
        )
    return fitting[0], 1
