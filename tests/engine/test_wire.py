"""Values of the engine as JSON: there and back is the identity."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeact_jupyter.engine import events
from codeact_jupyter.engine.bill import NOTHING
from codeact_jupyter.engine.trajectory import Output, Reply, Step, Stream, Trajectory, Turn, Usage
from codeact_jupyter.engine.wire import canonical, decode, encode

from . import strategies as any_
from .heard import Envelope, from_wire

relaxed = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
ANY_EVENT: dict[str, st.SearchStrategy[Any]] = {
    "run-started": st.builds(events.RunStarted, any_.texts, any_.texts, any_.texts),
    "query-started": st.builds(events.QueryStarted, any_.numbers),
    "streamed": st.builds(
        events.Streamed, any_.numbers, st.sampled_from(["thought", "code", "answer"]), any_.texts
    ),
    "retrying": st.builds(events.Retrying, any_.numbers, any_.numbers, any_.seconds, any_.texts),
    "wasted": st.builds(events.Wasted, any_.numbers, any_.bills),
    "approval-asked": st.builds(events.ApprovalAsked, any_.steps, any_.several(any_.texts)),
    "step-started": st.builds(events.StepStarted, any_.steps),
    "output-produced": st.builds(events.OutputProduced, any_.numbers, any_.produced),
    "step-finished": st.builds(events.StepFinished, any_.steps),
    "late-output": st.builds(events.LateOutput, any_.numbers, any_.lates),
    "undo-lacks": st.builds(events.UndoLacks, any_.texts, any_.several(any_.gaps)),
    "run-finished": st.builds(
        events.RunFinished,
        any_.texts,
        any_.run_states,
        any_.texts,
        st.none() | any_.replies,
        any_.seconds,
        any_.bills,
    ),
}


def through_json(value: Any, *, sort_keys: bool = False) -> Any:
    return json.loads(json.dumps(value, sort_keys=sort_keys))


@relaxed
@given(any_.trajectories)
def test_a_trajectory_comes_back_from_json_as_it_was(trajectory: Trajectory) -> None:
    assert decode(Trajectory, through_json(encode(trajectory))) == trajectory


@relaxed
@given(any_.trajectories)
def test_writers_that_sort_keys_change_no_byte(trajectory: Trajectory) -> None:
    encoded = encode(trajectory)
    read_back = decode(Trajectory, through_json(encoded, sort_keys=True))
    assert json.dumps(encode(read_back)) == json.dumps(encoded)


@given(any_.json_values)
def test_the_order_of_keys_is_canonical(value: Any) -> None:
    assert json.dumps(canonical(value)) == json.dumps(value, sort_keys=True)


def test_every_kind_of_event_is_tried_here() -> None:
    kinds = {kind.__dataclass_fields__["kind"].default for kind in get_args(events.Event)}
    assert set(ANY_EVENT) == kinds


@pytest.mark.parametrize("kind", ANY_EVENT)
def test_an_event_comes_back_from_the_wire_as_it_was(kind: str) -> None:
    @settings(relaxed, max_examples=40)
    @given(ANY_EVENT[kind])
    def comes_back(event: events.Event) -> None:
        wire = through_json(events.to_wire(event))
        assert (wire["version"], wire["kind"]) == (1, kind)
        assert from_wire(wire) == event

    comes_back()


def test_unknown_keys_of_a_newer_version_are_ignored() -> None:
    turn = Turn("r", "t", steps=(Step(1, Reply(())),))
    newer = {**encode(turn), "mood": "good"}
    newer["steps"][0]["reply"]["logprobs"] = [1]
    assert decode(Turn, newer) == turn


def test_defaults_are_left_out_so_that_records_stay_small() -> None:
    assert encode(Stream("a")) == {"text": "a", "kind": "stream"}
    assert encode(Usage(input=3)) == {"input": 3}


def test_a_record_made_before_waste_was_counted_is_read_as_having_none() -> None:
    turn = Turn("r", "t", steps=(Step(1, Reply((), usage=Usage(input=3))),))
    old = encode(turn)
    assert "wasted" not in json.dumps(old)
    read = decode(Turn, old)
    assert (read.wasted, read.steps[0].reply.wasted) == (NOTHING, NOTHING)


def test_a_whole_number_is_read_as_seconds() -> None:
    decoded = decode(Turn, {"run": "r", "task": "t", "seconds": 3})
    assert decoded == Turn("r", "t", seconds=3.0)
    assert isinstance(decoded.seconds, float)


def test_money_keeps_every_digit() -> None:
    reply = Reply((), cost=Decimal("0.10000000000000000001"))
    assert decode(Reply, through_json(encode(reply))) == reply


@pytest.mark.parametrize(
    ("cls", "data"),
    [
        (Turn, {}),
        (Turn, None),
        (Turn, []),
        (Turn, "run task"),
        (Turn, {"run": "r", "task": 3}),
        (Turn, {"run": "r", "task": "t", "state": "asleep"}),
        (Turn, {"run": "r", "task": "t", "steps": {}}),
        (Turn, {"run": "r", "task": "t", "told": ["text"]}),
        (Turn, {"run": "r", "task": "t", "steps": [None]}),
        (Usage, []),
        (Reply, {"blocks": [], "cost": "much"}),
        (Reply, {"blocks": [], "calls": "call_1"}),
        (Step, {"number": 1, "reply": {"blocks": []}, "observation": {"status": "fine"}}),
        (Envelope, {"event": {"kind": "run-vanished"}}),
        (Envelope, {"event": None}),
        (events.OutputProduced, {"step": 1, "output": {"kind": "smell"}}),
        (events.OutputProduced, {"step": 1, "output": None}),
        (events.OutputProduced, {"step": 1, "output": "kind"}),
    ],
)
def test_what_is_no_record_raises_value_error(cls: type, data: Any) -> None:
    with pytest.raises(ValueError, match="not a record"):
        decode(cls, data)


@given(any_.json_values)
def test_any_other_json_is_a_value_error_or_a_record(value: Any) -> None:
    for cls in (Trajectory, Turn, Step, Reply, Envelope):
        try:
            decode(cls, value)
        except ValueError as error:
            assert "not a record" in str(error)


@relaxed
@given(any_.outputs)
def test_equal_content_is_equal(output: Output) -> None:
    assert decode(events.OutputProduced, encode(events.OutputProduced(1, output))).output == output
