"""The loop: it asks, runs, tells, until there is an answer; and it goes on where it was killed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.bill import NOTHING, Bill
from codeact_jupyter.engine.context import messages
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.messages import OnDelta, Request, Retry, Text, Wasted
from codeact_jupyter.engine.policy import code_hash
from codeact_jupyter.engine.trajectory import (
    Action,
    Approval,
    Observation,
    Reply,
    Step,
    Stream,
    Turn,
    Usage,
)
from codeact_jupyter.engine.wire import decode, encode

from .heard import from_wire
from .twins import NOW, AllowAll, Played, Workshop, act, answer, begun, listen, numbered


def agent(model: Played, workshop: Workshop, **options: object) -> Agent:
    return Agent(model, workshop, AllowAll(), now=lambda: NOW, **options)  # type: ignore[arg-type]


async def test_an_answer_ends_the_turn() -> None:
    model = Played(answer("42"))
    _, turn = await listen(agent(model, Workshop()), begun())
    assert (turn.state, turn.reason, turn.steps) == ("answered", "", ())
    assert turn.answer is not None
    assert turn.answer.text == "42"
    assert model.opened == 1


async def test_an_action_runs_and_the_model_reads_what_came_of_it() -> None:
    model, workshop = Played(*numbered(["x = 20", "print(x)\nx + 1"])), Workshop()
    _, turn = await listen(agent(model, workshop), begun())
    assert workshop.ran == ["x = 20", "print(x)\nx + 1"]
    assert turn.state == "answered"
    assert [step.state for step in turn.steps] == ["ok", "ok"]
    told = model.requests[2].messages[-1].blocks
    assert told == turn.steps[1].told
    assert told[0]["tool_use_id"] == "call_2"
    assert told[0]["content"] == "20\n[value] 21\n[ok, 0.5 s]"


async def test_a_step_is_recorded_whole() -> None:
    _, turn = await listen(agent(Played(act("1 + 1"), answer()), Workshop()), begun())
    (step,) = turn.steps
    assert step.observation is not None
    assert step == Step(
        1,
        act("1 + 1", seconds=step.reply.seconds),
        action=Action("1 + 1", "r1-1-action"),
        approval=Approval("allowed", "policy", code_hash("1 + 1")),
        observation=Observation("ok", step.observation.outputs, seconds=0.5),
        told=step.told,
        started=NOW,
    )


async def test_an_error_is_told_and_the_run_goes_on() -> None:
    _, turn = await listen(
        agent(Played(act("1 / 0"), act("1 / 1", call="call_2"), answer()), Workshop()), begun()
    )
    assert [step.state for step in turn.steps] == ["error", "ok"]
    assert turn.steps[0].told[0]["is_error"] is True
    assert "ZeroDivisionError: division by zero" in turn.steps[0].told[0]["content"]


async def test_the_intent_is_taken_note_of_before_the_effect() -> None:
    record: list[str] = []

    def look(action: Action) -> None:
        assert record == [action.code], "the action runs before its listener has noted it"

    def note(event: events.Event) -> None:
        if isinstance(event, events.StepStarted):
            assert event.step.action is not None
            record.append(event.step.action.code)
        elif isinstance(event, events.StepFinished):
            record.clear()

    codes = ["a = 1", "b = a", "b"]
    workshop = Workshop(before=look)
    _, turn = await listen(agent(Played(*numbered(codes)), workshop), begun(), note)
    assert workshop.ran == codes
    assert turn.state == "answered"


async def test_events_come_in_the_order_in_which_things_happen() -> None:
    heard, _ = await listen(agent(Played(act("print(1)"), answer()), Workshop()), begun())
    assert [event.kind for event in heard] == [
        "run-started",
        "query-started",
        "streamed",
        "step-started",
        "output-produced",
        "step-finished",
        "query-started",
        "streamed",
        "run-finished",
    ]
    assert [event.step for event in heard if isinstance(event, events.QueryStarted)] == [1, 2]
    outputs = [event.output for event in heard if isinstance(event, events.OutputProduced)]
    assert outputs == [Stream("1\n")]


async def test_what_a_model_streams_and_each_retry_are_told() -> None:
    async def streams(request: Request, on_delta: OnDelta) -> Reply:
        on_delta(Text("thought", "I "))
        on_delta(Retry(2, 1.5, "The line broke."))
        on_delta(Text("answer", "42"))
        return answer("42")

    heard, _ = await listen(agent(Played(streams), Workshop()), begun())
    assert heard[2:5] == [
        events.Streamed(1, "thought", "I "),
        events.Retrying(1, 2, 1.5, "The line broke."),
        events.Streamed(1, "answer", "42"),
    ]


async def test_what_broke_off_is_told_as_it_happens_and_kept_with_the_reply() -> None:
    wasted = Bill(Usage(input=5, output=2), Decimal("0.1"))

    async def breaks_off(request: Request, on_delta: OnDelta) -> Reply:
        on_delta(Wasted(wasted))
        on_delta(Wasted(wasted))
        return act("x = 1", usage=Usage(input=5, output=9), cost=Decimal("0.2"))

    model = Played(breaks_off, answer(cost=Decimal("0.3")))
    heard, turn = await listen(agent(model, Workshop()), begun())
    assert [e for e in heard if isinstance(e, events.Wasted)] == [events.Wasted(1, wasted)] * 2
    assert turn.steps[0].reply.wasted == wasted + wasted
    assert (turn.usage, turn.cost) == (Usage(input=15, output=13), Decimal("0.7"))
    assert turn.wasted == NOTHING


async def test_folding_the_events_of_the_wire_gives_the_recorded_turn() -> None:
    trajectory = begun()
    heard, turn = await listen(agent(Played(*numbered(["x = 1", "1/0"])), Workshop()), trajectory)
    folded = trajectory.turns[-1]
    for event in heard:
        folded = events.apply(folded, from_wire(events.to_wire(event)))
    assert folded == turn
    assert folded.state == "answered"
    assert len(folded.steps) == 2


async def test_a_run_killed_between_its_steps_goes_on_from_the_record() -> None:
    codes = ["x = 1", "x += 1", "x"]
    model, workshop = Played(*numbered(codes)), Workshop()
    turn = begun().turns[-1]
    run = agent(model, workshop).run(begun())
    async for event in run:
        turn = events.apply(turn, event)
        if isinstance(event, events.StepFinished) and event.step.number == 2:
            break
    await run.aclose()
    assert workshop.ran == codes[:2]

    saved = decode(Turn, encode(turn))
    rest = Played(act("x", call="call_3"), answer("2"))
    _, turn = await listen(agent(rest, workshop), begun().with_turn(saved))
    assert workshop.ran == codes
    assert (turn.state, [step.number for step in turn.steps]) == ("answered", [1, 2, 3])
    assert rest.requests[0].messages == messages(begun().with_turn(saved))


async def test_an_action_of_unknown_outcome_is_told_and_never_run_again() -> None:
    killed = (
        begun()
        .turns[-1]
        .with_step(
            Step(1, act("send_mail()"), action=Action("send_mail()", "r1-1-action"), started=NOW)
        )
    )
    assert killed.steps[0].state == "unknown"
    model, workshop = Played(answer("Did it arrive?")), Workshop()
    heard, turn = await listen(agent(model, workshop), begun().with_turn(killed))
    assert workshop.ran == []
    assert turn.steps[0].state == "unknown"
    assert turn.state == "answered"
    told = model.requests[0].messages[-1].blocks[0]
    assert told["is_error"] is True
    assert "outcome unknown" in told["content"]
    assert not any(isinstance(event, events.StepStarted) for event in heard)


async def test_of_several_calls_the_first_is_acted_on_and_all_get_results() -> None:
    def call(name: str, code: str) -> dict[str, object]:
        return {"id": name, "input": {"code": code}, "name": "python", "type": "tool_use"}

    both = Reply((call("a", "x = 1"), call("b", "y = 2")), code="x = 1", calls=("a", "b"))
    workshop = Workshop()
    _, turn = await listen(agent(Played(both, answer()), workshop), begun())
    assert workshop.ran == ["x = 1"]
    first, second = turn.steps[0].told
    assert (first["tool_use_id"], second["tool_use_id"]) == ("a", "b")
    assert "is_error" not in first
    assert second["is_error"] is True
    assert "not run" in second["content"]


async def test_a_fault_of_ours_is_recorded_as_the_end_and_raised() -> None:
    heard: list[events.Event] = []
    with pytest.raises(ZeroDivisionError):
        async for event in agent(Played(ZeroDivisionError("oops")), Workshop()).run(begun()):
            heard.append(event)
    assert isinstance(heard[-1], events.RunFinished)
    assert heard[-1].state == "failed"
    assert "oops" in heard[-1].reason


async def test_an_agent_can_run_again() -> None:
    one = agent(Played(answer()), Workshop())
    for _ in range(2):
        _, turn = await listen(one, begun())
        assert turn.state == "answered"


async def test_usage_and_cost_of_a_turn_are_the_sums_of_its_replies() -> None:
    first = act("1", usage=Usage(1, 2, 3, 4))
    _, turn = await listen(
        agent(Played(first, answer(usage=Usage(10, 20, 30, 40))), Workshop()), begun()
    )
    assert turn.usage == Usage(11, 22, 33, 44)
    assert turn.cost is None
