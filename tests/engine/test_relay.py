"""What an action puts out waits in bounds, in order, whoever says it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from codeact_jupyter.engine.environment import Produced
from codeact_jupyter.engine.events import (
    Event,
    OutputProduced,
    QueryStarted,
    StepFinished,
    Streamed,
)
from codeact_jupyter.engine.relay import MOST_CHARACTERS, MOST_OUTPUTS, Relay
from codeact_jupyter.engine.trajectory import Display, Reply, Step, Stream

END = StepFinished(Step(1, Reply(())))


async def heard(work: Callable[[Relay], None]) -> list[Event]:
    """What is heard of work that never waits, and then says its end."""
    relay = Relay()

    async def working() -> None:
        work(relay)
        await relay.say(END)

    return [event async for event in relay.events(working(), lambda: None)]


def out(output: Produced, step: int = 1) -> OutputProduced:
    return OutputProduced(step, output)


async def test_text_that_waits_is_said_at_once_and_in_order() -> None:
    said = [
        *(out(Stream("a")), out(Stream("b")), out(Stream("c", "stderr")), out(Stream("d"))),
        *(out(Display({})), out(Stream("e")), QueryStarted(2)),
        *(out(Stream("f")), out(Stream("g"), 2)),
    ]  # fmt: skip
    events = await heard(lambda relay: [relay.report(event) for event in said] and None)
    assert events == [
        *(out(Stream("ab")), out(Stream("c", "stderr")), out(Stream("d"))),
        *(out(Display({})), out(Stream("e")), QueryStarted(2)),
        *(out(Stream("f")), out(Stream("g"), 2)),
        END,
    ]  # fmt: skip


async def test_words_of_the_model_that_wait_are_said_at_once_and_apart_by_step_and_part() -> None:
    said = [
        *(Streamed(1, "thought", "I "), Streamed(1, "thought", "add"), Streamed(1, "code", "1 ")),
        *(Streamed(1, "code", "+ 1"), out(Stream("2")), Streamed(1, "code", "!")),
        *(Streamed(2, "code", "3"), QueryStarted(3), Streamed(2, "code", "4")),
    ]  # fmt: skip
    events = await heard(lambda relay: [relay.report(event) for event in said] and None)
    assert events == [
        *(Streamed(1, "thought", "I add"), Streamed(1, "code", "1 + 1"), out(Stream("2"))),
        *(Streamed(1, "code", "!"), Streamed(2, "code", "3"), QueryStarted(3)),
        *(Streamed(2, "code", "4"), END),
    ]  # fmt: skip


async def test_of_a_flood_of_text_the_end_is_said_and_the_rest_counted() -> None:
    def flood(relay: Relay) -> None:
        for _ in range(3_000):
            relay.report(out(Stream("x" * 100)))

    flow, end = await heard(flood)
    assert isinstance(flow, OutputProduced) and isinstance(flow.output, Stream) and end == END
    mark, _, text = flow.output.text.partition("\n")
    assert (text, mark) == (
        "x" * MOST_CHARACTERS,
        "⟦ 100,000 characters left out here; the finished step has them ⟧",
    )


async def test_of_a_flood_of_outputs_the_first_are_said_and_the_rest_counted() -> None:
    def flood(relay: Relay) -> None:
        for at in range(MOST_OUTPUTS + 7):
            relay.report(out(Display({"text/plain": str(at)})))
        relay.report(out(Stream("still here")))

    events = await heard(flood)
    assert len(events) == MOST_OUTPUTS + 2
    mark = "⟦ 7 outputs left out here; the finished step has them ⟧\n"
    assert events[-2:] == [out(Stream(f"{mark}still here")), END]


async def test_after_a_flood_everything_is_said_again() -> None:
    relay = Relay()

    async def working() -> None:
        for _ in range(2 * MOST_OUTPUTS):
            relay.report(out(Display({})))
        await relay.say(END)
        relay.report(out(Display({"text/plain": "after"}), 2))

    events = [event async for event in relay.events(working(), lambda: None)]
    assert events[-2:] == [END, out(Display({"text/plain": "after"}), 2)]


async def test_threads_are_heard_while_the_work_waits_and_not_after_it() -> None:
    relay, over = Relay(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def thread() -> None:
        for at in range(500):
            relay.report(out(Stream(f"{at} ")))
        loop.call_soon_threadsafe(over.set)

    async def working() -> None:
        threading.Thread(target=thread).start()
        await over.wait()

    events = [event async for event in relay.events(working(), lambda: None)]
    texts = [e.output.text for e in events if isinstance(e, OutputProduced) and isinstance(e.output, Stream)]  # fmt: skip  # noqa: E501
    assert "".join(texts).split() == [str(at) for at in range(500)]
    relay.report(out(Stream("too late")))
    assert not relay._queue


def test_reporting_to_a_closed_loop_harms_nobody() -> None:
    relay = Relay()

    async def abandoned() -> None:
        relay._loop = asyncio.get_running_loop()

    asyncio.run(abandoned())
    relay.report(out(Stream("nobody listens")))
