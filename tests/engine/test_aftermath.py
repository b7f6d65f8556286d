"""What code does to steps that are over: the record follows, what was told stays."""

from __future__ import annotations

from dataclasses import replace

from codeact_jupyter.engine import events
from codeact_jupyter.engine.aftermath import displays_of, renewed, renewed_turn
from codeact_jupyter.engine.context import messages
from codeact_jupyter.engine.digests import output_digest
from codeact_jupyter.engine.environment import Late
from codeact_jupyter.engine.telling import Telling
from codeact_jupyter.engine.trajectory import (
    Action,
    Display,
    Observation,
    Output,
    Reply,
    Step,
    Stream,
    Trajectory,
    Turn,
)

REPLY = Reply(({"text": "go", "type": "text"},), calls=("call",))


def shown(text: str, name: str = "") -> Display:
    return Display({"text/plain": text}, display_id=name)


def renewed_to(text: str, name: str, first: str) -> Display:
    """What a display became that showed something else first: that is kept as a digest."""
    return replace(shown(text, name), was=output_digest(shown(first, name)))


def step(number: int, *outputs: Output, updated: tuple[Display, ...] = ()) -> Step:
    seen = Observation("ok", outputs, updated=updated)
    told = Telling().observation(REPLY, seen)
    return Step(number, REPLY, action=Action("x", "c"), observation=seen, told=told)


def outputs_of(turn: Turn) -> list[tuple[Output, ...]]:
    return [each.observation.outputs for each in turn.steps if each.observation is not None]


def test_an_update_changes_the_earlier_display_and_nothing_that_was_said() -> None:
    turn = Turn("r", "t", steps=(step(1, shown("a", "x"), shown("b", "y"), shown("c")),))
    later = step(2, Stream("done"), updated=(shown("new", "x"),))
    after = events.apply(turn, events.StepFinished(later))
    assert outputs_of(after) == [
        (renewed_to("new", "x", "a"), shown("b", "y"), shown("c")),
        (Stream("done"),),
    ]
    before = messages(Trajectory(turns=(turn,)))
    assert messages(Trajectory(turns=(after,)))[: len(before)] == before
    assert "new" in str(after.steps[1].told)


def test_a_display_shown_again_under_its_id_changes_the_earlier_one() -> None:
    turn = Turn("r", "t", steps=(step(1, shown("a", "x")),))
    after = events.apply(turn, events.StepFinished(step(2, shown("again", "x"))))
    assert outputs_of(after) == [(renewed_to("again", "x", "a"),), (shown("again", "x"),)]


def test_earlier_turns_change_too_and_what_does_not_change_stays_the_same_object() -> None:
    turns = (
        Turn("r1", "t", steps=(step(1, shown("a", "x")),)),
        Turn("r2", "t", steps=(step(1, Stream("b")),)),
    )
    after = renewed(Trajectory(turns=turns), {"x": shown("new", "x")})
    assert outputs_of(after.turns[0]) == [(renewed_to("new", "x", "a"),)]
    thrice = renewed(after, {"x": shown("newer", "x")})
    assert outputs_of(thrice.turns[0]) == [(renewed_to("newer", "x", "a"),)]
    assert after.turns[1] is turns[1]
    assert renewed_turn(turns[0], {"z": shown("new", "z")}) is turns[0]
    assert displays_of(Observation("ok", (Stream("a"), shown("b")))) == {}


def test_what_comes_late_is_put_to_its_step_and_what_it_lost_is_said() -> None:
    turn = Turn("r", "t", steps=(step(1, shown("a", "x")), step(2, Stream("b"))))
    late = Late((Stream("late"),), (shown("new", "x"),), "1 output not kept")
    after = events.apply(turn, events.LateOutput(2, late))
    assert outputs_of(after) == [(renewed_to("new", "x", "a"),), (Stream("b"), Stream("late"))]
    seen = after.steps[1].observation
    assert seen is not None and seen.lost == "1 output not kept"
    assert seen.updated == (shown("new", "x"),)
    assert [each.told for each in after.steps] == [each.told for each in turn.steps]
    unseen = replace(turn, steps=(replace(turn.steps[0], observation=None),))
    assert events.apply(unseen, events.LateOutput(1, late)) == unseen
