"""Every run ends in a named state, whatever ends it and whenever it comes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from decimal import Decimal

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.bill import Bill
from codeact_jupyter.engine.deadline import Deadline
from codeact_jupyter.engine.environment import Cleared, OnOutput
from codeact_jupyter.engine.limits import Limits
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.messages import OnDelta, Request, Text
from codeact_jupyter.engine.policy import Answered
from codeact_jupyter.engine.relay import Relay
from codeact_jupyter.engine.trajectory import Action, Observation, Reply, Usage
from codeact_jupyter.errors import EnvironmentFailure, ModelError

from .twins import AllowAll, Asking, Played, Workshop, act, answer, begun, listen, numbered

LONG = "import asyncio\nawait asyncio.sleep(60)\ndone = True"
NONE = Limits(None, None, None, None)


def agent(model: Played, workshop: Workshop, limits: Limits = NONE) -> Agent:
    return Agent(model, workshop, AllowAll(), limits=limits)


async def thinks_forever(request: Request, on_delta: OnDelta) -> Reply:
    on_delta(Text("thought", "Hm"))
    await asyncio.sleep(60)
    return answer()


def soon(do: Callable[[], None]) -> None:
    """Do it a moment later, when what goes on now waits."""
    asyncio.get_running_loop().call_later(0.02, do)


def at(kind: type[events.Event], do: Callable[[], None]) -> Callable[[events.Event], None]:
    """A listener that does something soon after an event of this kind."""
    return lambda event: soon(do) if isinstance(event, kind) else None


def during_actions(model: Played, do: str, limits: Limits = NONE) -> tuple[Agent, Workshop]:
    """An agent of which a method is called while an action runs."""
    workshop = Workshop(before=lambda action: soon(getattr(one, do)))
    one = agent(model, workshop, limits)
    return one, workshop


async def test_stop_ends_thinking_and_leaves_the_kernel_alone() -> None:
    workshop = Workshop()
    one = agent(Played(thinks_forever), workshop)
    _, turn = await listen(one, begun(), at(events.Streamed, one.stop))
    assert (turn.state, turn.reason) == ("stopped", "stopped by the person")
    assert workshop.interrupts == 0


async def test_stop_while_an_action_runs_lets_it_end_and_asks_no_more() -> None:
    model = Played(act("import asyncio\nawait asyncio.sleep(0.1)\ndone = True"), answer())
    one, workshop = during_actions(model, "stop")
    _, turn = await listen(one, begun())
    assert turn.state == "stopped"
    assert turn.steps[0].state == "ok"
    assert workshop.names["done"] is True
    assert (workshop.interrupts, len(model.requests)) == (0, 1)


async def test_interrupt_ends_the_action_and_the_run() -> None:
    model = Played(act(LONG), answer())
    one, workshop = during_actions(model, "interrupt")
    _, turn = await listen(one, begun())
    assert (turn.state, turn.reason) == ("interrupted", "interrupted by the person")
    assert turn.steps[0].state == "interrupted"
    assert turn.steps[0].told[0]["content"] == "[interrupted by the person, 0.5 s]"
    assert "done" not in workshop.names
    assert len(model.requests) == 1


async def test_interrupt_while_the_model_thinks_stops_thinking() -> None:
    workshop = Workshop()
    one = agent(Played(thinks_forever), workshop)
    _, turn = await listen(one, begun(), at(events.Streamed, one.interrupt))
    assert turn.state == "stopped"
    assert workshop.interrupts == 0


async def test_an_interrupt_by_somebody_else_ends_the_run_too() -> None:
    workshop = Workshop(before=lambda action: soon(workshop.interrupt))
    _, turn = await listen(agent(Played(act(LONG)), workshop), begun())
    assert turn.state == "interrupted"


@pytest.mark.parametrize("end", ["stop", "interrupt"])
async def test_what_ends_the_run_before_an_action_starts_keeps_it_from_running(end: str) -> None:
    model, workshop = Played(act("ran = True"), answer()), Workshop()
    one = agent(model, workshop)

    def on_event(event: events.Event) -> None:
        if isinstance(event, events.StepStarted):
            getattr(one, end)()

    _, turn = await listen(one, begun(), on_event)
    assert (turn.state, turn.steps[0].state) == ("stopped", "rejected")
    assert workshop.ran == []
    assert "not run" in turn.steps[0].told[0]["content"]
    assert len(model.requests) == 1


async def test_a_stop_during_the_first_event_asks_the_model_nothing() -> None:
    model = Played(answer())
    one = agent(model, Workshop())

    def on_event(event: events.Event) -> None:
        if isinstance(event, events.RunStarted):
            one.stop()

    _, turn = await listen(one, begun(), on_event)
    assert turn.state == "stopped"
    assert model.requests == []


async def test_cancelling_the_listening_task_while_thinking_is_told_as_the_end() -> None:
    workshop = Workshop()
    one = agent(Played(thinks_forever), workshop)
    listening = asyncio.ensure_future(listen(one, begun(), at(events.Streamed, lambda: stop())))

    def stop() -> None:
        listening.cancel()

    _, turn = await listening
    assert (turn.state, workshop.interrupts) == ("stopped", 0)
    assert getattr(listening, "cancelling", int)() == 0


async def test_cancelling_the_listening_task_while_acting_is_told_as_the_end() -> None:
    workshop = Workshop(before=lambda action: soon(lambda: stop()))
    listening = asyncio.ensure_future(listen(agent(Played(act(LONG)), workshop), begun()))

    def stop() -> None:
        listening.cancel()

    _, turn = await listening
    assert (turn.state, turn.steps[0].state) == ("interrupted", "interrupted")
    assert "done" not in workshop.names


@pytest.mark.parametrize("way", ["break", "aclose", "raise", "cancel"])
@pytest.mark.parametrize("kind", [events.Streamed, events.StepStarted, events.OutputProduced])
async def test_when_the_listener_leaves_nothing_more_runs(way: str, kind: type) -> None:
    async def hold(request: Request, on_delta: OnDelta) -> Reply:
        on_delta(Text("thought", "one"))
        on_delta(Text("thought", "two"))
        return act("print(1)\n" + LONG if kind is not events.OutputProduced else "print(1)")

    model, workshop = Played(hold), Workshop()
    one = agent(model, workshop)

    async def leave() -> None:
        run = one.run(begun())
        try:
            async for event in run:
                if isinstance(event, kind):
                    if way == "raise":
                        raise LookupError
                    if way == "cancel":
                        this = asyncio.current_task()
                        assert this is not None
                        this.cancel()
                        await asyncio.sleep(0)
                    break
        finally:
            await run.aclose()

    with contextlib.suppress(LookupError, asyncio.CancelledError):
        await asyncio.wait_for(leave(), 20)
    requests, ran = len(model.requests), list(workshop.ran)
    await asyncio.sleep(0.03)
    assert (len(model.requests), workshop.ran) == (requests, ran)
    assert requests == 1
    assert len(ran) == (1 if kind is events.OutputProduced else 0)


async def test_when_the_listener_leaves_during_an_action_it_is_interrupted() -> None:
    class Loud(Workshop):
        async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
            on_output(Cleared())
            return await super().execute(action, on_output=on_output)

    workshop = Loud()
    run = agent(Played(act(LONG)), workshop).run(begun())
    async for event in run:
        if isinstance(event, events.OutputProduced):
            break
    await asyncio.wait_for(run.aclose(), 20)
    assert workshop.interrupts == 1
    assert "done" not in workshop.names


async def test_steps_are_limited_before_the_query_that_would_make_one_more() -> None:
    model, workshop = Played(*numbered(["a = 1", "b = 2", "c = 3"])), Workshop()
    _, turn = await listen(agent(model, workshop, Limits(2, None, None, None)), begun())
    assert (turn.state, turn.reason) == ("limit", "2 of 2 steps are used")
    assert workshop.ran == ["a = 1", "b = 2"]
    assert len(model.requests) == 2


async def test_tokens_are_limited_before_the_query_that_would_break_them() -> None:
    model = Played(act("1", usage=Usage(input=9_000, output=500)), answer())
    limits = Limits(None, 10_000, None, None)
    _, turn = await listen(agent(model, Workshop(), limits), begun())
    reason = "9,500 of 10,000 tokens are used, and a step more could pass it"
    assert (turn.state, turn.reason) == ("limit", reason)
    assert len(model.requests) == 1


async def test_money_is_limited_before_the_query_that_would_break_it() -> None:
    usage = Usage(input=100_000, output=1_000)
    model = Played(act("1", usage=usage, cost=Decimal("0.52")), answer(), prices=(5, 20))
    limits = Limits(None, None, Decimal(1), None)
    _, turn = await listen(agent(model, Workshop(), limits), begun())
    assert (turn.state, turn.reason) == (
        "limit",
        "0.5200 of 1 USD are used, and a step more could pass it",
    )
    assert len(model.requests) == 1


async def test_seconds_end_thinking() -> None:
    limits = Limits(None, None, None, 0.05)
    _, turn = await listen(agent(Played(thinks_forever), Workshop(), limits), begun())
    assert (turn.state, turn.reason) == ("limit", "the 0.05 seconds are over")


async def test_seconds_interrupt_an_action() -> None:
    model, workshop = Played(act(LONG), answer()), Workshop()
    _, turn = await listen(agent(model, workshop, Limits(None, None, None, 1)), begun())
    assert turn.state == "limit"
    assert turn.steps[0].state == "interrupted"
    assert turn.steps[0].told[0]["content"] == "[interrupted, 0.5 s; the 1 seconds are over]"
    assert len(model.requests) == 1
    assert "done" not in workshop.names


async def test_seconds_that_are_over_between_two_steps_are_seen_before_the_next() -> None:
    model, workshop = Played(act("ran = True"), answer()), Workshop()

    def on_event(event: events.Event) -> None:
        if isinstance(event, events.StepStarted):
            time.sleep(1.3)  # a slow listener, which blocks the event loop

    limits = Limits(None, None, None, 1)
    _, turn = await listen(agent(model, workshop, limits), begun(), on_event)
    assert turn.state == "limit"
    assert workshop.ran == []
    assert turn.steps[0].state == "rejected"


async def test_an_action_that_swallows_the_first_interrupt_gets_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Deadline.__init__, "__kwdefaults__", {"again": 0.1})
    stubborn = (
        "import asyncio\ntry:\n    await asyncio.sleep(60)\nexcept asyncio.CancelledError:\n"
        "    pass\nawait asyncio.sleep(60)"
    )
    workshop = Workshop()
    limits = Limits(None, None, None, 1)
    _, turn = await listen(agent(Played(act(stubborn)), workshop, limits), begun())
    assert turn.state == "limit"
    assert workshop.interrupts > 1


async def test_seconds_are_not_counted_while_a_person_is_asked() -> None:
    async def slow() -> Answered:
        await asyncio.sleep(1.3)
        return Answered("allow")

    limits = Limits(None, None, None, 1)
    one = Agent(Played(act("x = 1"), answer()), Workshop(), Asking(slow), limits=limits)
    _, turn = await listen(one, begun())
    assert turn.state == "answered"


async def test_seconds_before_a_question_count_after_it() -> None:
    async def at_once() -> Answered:
        return Answered("allow")

    actions = (act(f"import asyncio\nawait asyncio.sleep({seconds})") for seconds in (0.7, 0.6))
    model, limits = Played(*actions, answer()), Limits(None, None, None, 1)
    _, turn = await listen(
        Agent(model, Workshop(), Asking(at_once, at_once), limits=limits), begun()
    )
    assert turn.state == "limit"


async def test_without_limits_nothing_is_limited() -> None:
    _, turn = await listen(agent(Played(*numbered(["1"] * 60)), Workshop()), begun())
    assert (turn.state, len(turn.steps)) == ("answered", 60)


async def test_a_model_that_gives_no_reply_fails_the_run_with_its_reason() -> None:
    error = ModelError("The key was refused. Set another.", fault="authentication")
    workshop = Workshop()
    _, turn = await listen(agent(Played(error), workshop), begun())
    assert (turn.state, turn.reason) == ("failed", "The key was refused. Set another.")


async def test_a_kernel_that_dies_ends_the_run_interrupted_with_the_outcome_unknown() -> None:
    class Dying(Workshop):
        async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
            raise EnvironmentFailure("the kernel died")

    model = Played(act("import os; os.abort()"), answer())
    _, turn = await listen(agent(model, Dying()), begun())
    assert (turn.state, turn.reason) == ("interrupted", "the kernel died")
    assert turn.steps[0].state == "unknown"
    assert "the kernel died" in turn.steps[0].told[0]["content"]
    assert len(model.requests) == 1


async def test_an_observation_of_unknown_outcome_ends_the_run() -> None:
    class Lossy(Workshop):
        async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
            return Observation("unknown")

    model = Played(act("1"), answer())
    _, turn = await listen(agent(model, Lossy()), begun())
    assert (turn.state, turn.reason) == ("interrupted", "outcome unknown")


async def test_a_kernel_that_is_dead_before_the_action_ends_the_run_interrupted() -> None:
    class Dead(Workshop):
        async def check(self, code: str) -> str | None:
            raise EnvironmentFailure("no kernel")

    _, turn = await listen(agent(Played(act("1")), Dead()), begun())
    assert (turn.state, turn.reason) == ("interrupted", "no kernel")


async def test_a_reply_whose_step_never_began_is_billed_to_the_turn() -> None:
    class Dead(Workshop):
        async def check(self, code: str) -> str | None:
            raise EnvironmentFailure("no kernel")

    usage = Usage(input=9, output=3)
    model = Played(act("1", usage=usage, cost=Decimal("0.5")))
    _, turn = await listen(agent(model, Dead()), begun())
    assert (turn.state, turn.steps) == ("interrupted", ())
    assert turn.bill == turn.wasted == Bill(usage, Decimal("0.5"))


async def test_the_first_end_is_the_one_that_is_told() -> None:
    one, _ = during_actions(Played(act(LONG)), "stop", Limits(None, None, None, 1))
    _, turn = await listen(one, begun())
    assert turn.state == "stopped"
    assert turn.steps[0].state == "interrupted"


def test_a_deadline_of_years_can_be_waited_for() -> None:
    with Deadline(1e12, lambda: None) as deadline, deadline.paused():
        pass


async def test_a_relay_whose_work_fails_raises_what_it_raised() -> None:
    async def work() -> None:
        raise LookupError("lost")

    with pytest.raises(LookupError, match="lost"):
        async for _ in Relay().events(work(), lambda: None):
            raise AssertionError("nothing was said")
