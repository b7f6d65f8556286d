"""What a server billed for a reply that never came is in the record, and counts for the limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.bill import NOTHING, Bill, Usage
from codeact_jupyter.engine.context import last_usage
from codeact_jupyter.engine.limits import Limits
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.trajectory import Turn
from codeact_jupyter.errors import ModelError
from codeact_jupyter.models.prices import price
from tests.engine.twins import AllowAll, Workshop, listen
from tests.loopback import Fault, LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .talking import OPUS, Heard, conversation, patient, request, runs, says, talking_to

SAID = "Nobody hears the end of this. " * 4
UNLIMITED = Limits(None, None, None, None)


def cut(after: int = 6, kind: Any = "truncate", content: Any = None) -> ScriptedTurn:
    return ScriptedTurn([content or Text(SAID)], fault=Fault(kind=kind, after=after))


def streamed(heard: list[events.Event]) -> int:
    """The characters that were written before the first attempt ended."""
    kinds = [event.kind for event in heard]
    end = kinds.index("wasted")
    return sum(len(event.text) for event in heard[:end] if isinstance(event, events.Streamed))


def third(characters: int) -> int:
    return -(-characters // 3)


def priced(usage: Usage) -> Bill:
    return Bill(usage, price(OPUS, usage))


async def run(
    script: Any, *, limits: Limits = UNLIMITED, attempts: int = 3, first_wait: float = 0.01
) -> tuple[list[events.Event], Turn, LoopbackModel]:
    with LoopbackModel(script) as server:
        async with talking_to(server) as model:
            asked = patient(model, attempts=attempts, first_wait=first_wait)
            agent = Agent(asked, Workshop(), AllowAll(), limits=limits)
            heard, turn = await listen(agent, conversation())
    return heard, turn, server


@pytest.mark.parametrize("kind", ["truncate", "reset", "eof", "error"])
async def test_a_reply_that_comes_in_the_end_says_what_was_wasted_on_it(kind: Any) -> None:
    heard, turn, _ = await run([cut(kind=kind), says("Hello!")])
    assert turn.answer is not None
    reply, wasted = turn.answer, turn.answer.wasted
    assert streamed(heard) > 0
    assert wasted.usage.prompt == reply.usage.prompt
    assert wasted.usage.output == third(streamed(heard))
    assert wasted == priced(wasted.usage)
    assert turn.bill == priced(reply.usage) + wasted
    assert turn.wasted == NOTHING
    told = [event for event in heard if event.kind in ("wasted", "retrying")]
    assert [event.kind for event in told] == ["wasted", "retrying"]
    assert told[0] == events.Wasted(1, wasted)


async def test_what_was_wasted_on_a_step_is_in_the_step() -> None:
    _, turn, _ = await run([cut(), cut(), runs("x = 1"), says("done")])
    (step,) = turn.steps
    assert step.reply.wasted.usage.prompt == 2 * step.reply.usage.prompt
    assert turn.answer is not None
    assert turn.answer.wasted == NOTHING
    assert turn.usage == step.reply.usage + step.reply.wasted.usage + turn.answer.usage


async def test_the_size_of_the_conversation_does_not_count_what_was_wasted() -> None:
    _, turn, _ = await run([runs("x = 1"), cut(), says("done")])
    assert turn.answer is not None
    assert turn.answer.wasted != NOTHING
    assert last_usage(conversation().with_turn(turn)) == turn.answer.usage


@pytest.mark.parametrize(
    "content",
    [Text(SAID), Thinking(SAID), ToolUse("python", {"code": SAID})],
    ids=["text", "thinking", "call"],
)
async def test_all_that_is_streamed_is_counted(content: Any) -> None:
    """A call's JSON is written too: its code is not all of it."""
    with LoopbackModel([cut(9, content=content)]) as server:
        async with talking_to(server) as model:
            heard = Heard()
            with pytest.raises(ModelError):
                await model.reply(request(), on_delta=heard.append)
    bills = [delta.bill for delta in heard if delta.kind == "wasted"]
    shown = sum(len(delta.text) for delta in heard if delta.kind == "text")
    assert len(bills) == 1
    assert third(shown) <= bills[0].usage.output <= third(shown + 12)


async def test_when_no_attempt_gets_a_reply_the_turn_says_what_was_wasted() -> None:
    heard, turn, server = await run([cut(), cut(), cut()])
    assert turn.state == "failed"
    assert len(server.requests) == 3
    bills = [event.bill for event in heard if isinstance(event, events.Wasted)]
    assert len(bills) == 3
    assert turn.wasted == turn.bill == sum(bills, NOTHING)
    assert turn.wasted.usage.prompt == 3 * bills[0].usage.prompt > 0
    assert turn.cost is not None
    assert turn.cost > 0


async def test_what_the_server_counted_itself_is_not_estimated() -> None:
    """The last event is lost; the one before says how much was written."""
    with LoopbackModel([ScriptedTurn([Text("x" * 600)], fault=Fault(kind="eof", after=55))]) as one:
        async with talking_to(one) as model:
            heard = Heard()
            with pytest.raises(ModelError):
                await model.reply(request(), on_delta=heard.append)
    assert one.usages[0]["output_tokens"] == 150
    assert [delta.bill.usage.output for delta in heard if delta.kind == "wasted"] == [150]


async def test_a_refusal_was_billed_too() -> None:
    _, turn, server = await run([ScriptedTurn([Text("I will not.")], stop_reason="refusal")])
    assert turn.state == "failed"
    assert turn.wasted.usage.prompt > 0
    assert turn.wasted.usage.output == server.usages[0]["output_tokens"]


@pytest.mark.parametrize("fault", [Fault(status=529), Fault(kind="disconnect"), Fault(kind="eof")])
async def test_an_attempt_that_never_began_wastes_nothing_that_is_known(fault: Fault) -> None:
    heard, turn, _ = await run([ScriptedTurn([Text("no")], fault=fault), says("Hello!")])
    assert turn.answer is not None
    assert turn.answer.wasted == NOTHING
    assert "wasted" not in [event.kind for event in heard]


@pytest.mark.parametrize("end", ["stop", "interrupt"])
async def test_what_was_streamed_before_a_stop_is_in_the_turn(end: str) -> None:
    slow = ScriptedTurn([Text("word " * 200)], delay=0.02)
    with LoopbackModel([slow]) as server:
        async with talking_to(server) as model:
            agent = Agent(patient(model), Workshop(), AllowAll(), limits=UNLIMITED)

            def on_event(event: events.Event) -> None:
                if isinstance(event, events.Streamed):
                    getattr(agent, end)()

            heard, turn = await listen(agent, conversation(), on_event)
            assert server.wait_for_abandoned()
    assert turn.state == "stopped"
    assert turn.wasted.usage.prompt > 0
    assert turn.wasted.usage.output == third(streamed(heard)) > 0
    assert turn.bill == turn.wasted == priced(turn.wasted.usage)


@pytest.mark.parametrize("limit", ["tokens", "cost"])
async def test_a_retry_that_could_break_a_limit_is_not_made(limit: str) -> None:
    _, once, _ = await run([cut(), says("Hello!")])
    assert once.answer is not None
    wasted = once.answer.wasted
    assert wasted.cost is not None
    limits = {
        "tokens": Limits(None, 6 * wasted.usage.total, None, None),
        "cost": Limits(None, None, 6 * wasted.cost, None),
    }[limit]
    attempts = 50
    heard, turn, server = await run(lambda _: cut(), limits=limits, attempts=attempts)
    assert turn.state == "limit"
    assert " are used" in turn.reason
    assert 1 < len(server.requests) < attempts, "a cached prompt costs less the second time"
    assert turn.bill == turn.wasted
    assert turn.cost is not None
    assert turn.usage.total <= (limits.tokens or turn.usage.total)
    assert turn.cost <= (limits.cost or turn.cost)
    asked = [request["max_tokens"] for request in server.requests]
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] < asked[0]
    waits = [event for event in heard if isinstance(event, events.Retrying)]
    assert len(waits) == len(server.requests) - 1


async def test_a_limit_that_was_reached_by_waste_is_told_without_a_wait() -> None:
    limits = Limits(None, None, Decimal("0.012"), None)
    heard, turn, server = await run(lambda _: cut(), limits=limits, first_wait=20.0)
    assert (turn.state, len(server.requests)) == ("limit", 1)
    assert "retrying" not in [event.kind for event in heard]
