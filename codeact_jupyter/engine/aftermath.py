"""What code does to steps that are over: the record follows it, what the model was told stays.

As in Jupyter, a display that is shown or updated under the id of an earlier one changes that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from .digests import output_digest
from .environment import Late
from .telling import Telling
from .trajectory import Display, Observation, Output, Step, Trajectory, Turn

BROKEN_OFF = "the program that ran it ended before it did"
UNANSWERED = "not run: it waited for the person's word when the program that asked for it ended"


def displays_of(seen: Observation | Late | None) -> dict[str, Display]:
    """By id, the displays that this leaves as they now are, wherever they are shown."""
    if seen is None:
        return {}
    shown = (each for each in (*seen.outputs, *seen.updated) if isinstance(each, Display))
    return {display.display_id: display for display in shown if display.display_id}


def renewed(trajectory: Trajectory, displays: Mapping[str, Display]) -> Trajectory:
    """The trajectory with these displays in the place of all of the same id."""
    if not displays:
        return trajectory
    return replace(
        trajectory, turns=tuple(renewed_turn(turn, displays) for turn in trajectory.turns)
    )


def renewed_turn(turn: Turn, displays: Mapping[str, Display]) -> Turn:
    """The turn with these displays in the place of all of the same id; the same turn if none is."""
    if not displays:
        return turn
    steps = tuple(_renewed_step(step, displays) for step in turn.steps)
    same = all(new is old for new, old in zip(steps, turn.steps, strict=True))
    return turn if same else replace(turn, steps=steps)


def with_late(turn: Turn, number: int, late: Late) -> Turn:
    """The turn with what came late in the record of this step."""
    steps = (
        _with_late(step, late) if step.number == number else step
        for step in renewed_turn(turn, displays_of(late)).steps
    )
    return replace(turn, steps=tuple(steps))


def _with_late(step: Step, late: Late) -> Step:
    seen = step.observation
    if seen is None:
        return step
    lost = "; ".join(filter(None, (seen.lost, late.lost)))
    outputs, updated = seen.outputs + late.outputs, seen.updated + late.updated
    return replace(step, observation=replace(seen, outputs=outputs, lost=lost, updated=updated))


def _renewed_step(step: Step, displays: Mapping[str, Display]) -> Step:
    seen = step.observation
    if seen is None:
        return step
    new = renewed_observation(seen, displays)
    return step if new is seen else replace(step, observation=new)


def renewed_observation(seen: Observation, displays: Mapping[str, Display]) -> Observation:
    """The observation with these displays in the place of all of the same id."""
    outputs = tuple(_renewed(output, displays) for output in seen.outputs)
    return seen if outputs == seen.outputs else replace(seen, outputs=outputs)


def _renewed(output: Output, displays: Mapping[str, Display]) -> Output:
    if not isinstance(output, Display) or output.display_id not in displays:
        return output
    new = displays[output.display_id]
    if (new.data, new.metadata) == (output.data, output.metadata):
        return output
    return replace(new, was=output.was or output_digest(output))


def broken_off(turn: Turn, telling: Telling) -> Turn:
    """A turn whose program died, with a named end; any other unchanged.

    The outcome of an action that was running then is unknown: that is said, to the person and to
    the model, and it is not run again.
    """
    if turn.state not in ("running", "waiting"):
        return turn
    if turn.steps and not turn.steps[-1].told:
        step = turn.steps[-1]
        seen = Observation("unknown", lost=f"outcome unknown: {BROKEN_OFF}; not run again")
        told = telling.observation(step.reply, seen)
        turn = turn.with_step(replace(step, observation=seen, told=told))
    return replace(turn, state="interrupted", reason=BROKEN_OFF)


def unanswered(turn: Turn, step: Step, telling: Telling) -> Turn:
    """A turn whose program died while this step waited for the person's word: it never ran.

    The model is told so, and may ask for it again, which asks the person again.
    """
    seen = Observation("rejected", lost=UNANSWERED)
    told = telling.observation(step.reply, seen)
    return turn.with_step(replace(step, observation=seen, told=told))
