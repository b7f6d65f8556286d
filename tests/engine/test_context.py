"""Messages: append-only, roles alternate, and the same from a record as from the live run."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeact_jupyter.engine.context import Context, last_usage, messages, unread
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.messages import Message
from codeact_jupyter.engine.trajectory import Mistake, Reply, Step, Trajectory, Turn, Usage
from codeact_jupyter.engine.wire import decode, encode

from . import strategies as any_
from .twins import AllowAll, Played, Workshop, act, answer, begun, listen, mistaken


def blocks(said: tuple[Message, ...]) -> list[tuple[str, str]]:
    """Every block with its role, as bytes would go out."""
    return [(message.role, json.dumps(block)) for message in said for block in message.blocks]


said = any_.several(st.sampled_from([{"text": "a"}, {"text": "b"}]), 2)
small_replies = said.map(Reply)
small_steps = st.builds(Step, st.integers(1, 3), small_replies, told=said)
small_turns = st.builds(
    Turn,
    st.just("r"),
    st.just("t"),
    said,
    steps=any_.several(small_steps),
    answer=st.none() | small_replies,
)


def text(words: str) -> dict[str, Any]:
    return {"text": words, "type": "text"}


async def converse(rounds: list[Played], *, resumed: bool) -> list[list[tuple[str, str]]]:
    """Take a turn with each model in one conversation; the requests of all of them."""
    trajectory, requests, workshop = Trajectory("sys", ({"name": "python"},)), [], Workshop()
    for number, model in enumerate(rounds, 1):
        task = f"task {number}"
        trajectory = trajectory.begin(Turn(f"r{number}", task, (text(task),)))
        _, turn = await listen(Agent(model, workshop, AllowAll()), trajectory)
        trajectory = trajectory.with_turn(turn)
        if resumed:
            trajectory = decode(Trajectory, json.loads(json.dumps(encode(trajectory))))
        requests += [blocks(request.messages) for request in model.requests]
    return requests


def rounds() -> list[Played]:
    bad = mistaken(Mistake("malformed", "no JSON"), call="c3")
    silent = Reply((), mistake=Mistake("empty", "say something"))
    return [
        Played(act("x = 1", call="c1"), act("x/0", call="c2"), bad, silent, answer("one")),
        Played(act("x", call="c4"), answer("two é 😀")),
        Played(silent, act("print('\\ud800')", call="c5"), answer("three")),
    ]


async def test_each_request_begins_with_the_bytes_of_the_one_before() -> None:
    requests = await converse(rounds(), resumed=False)
    assert len(requests) == 10
    for earlier, later in pairwise(requests):
        assert later[: len(earlier)] == earlier
        assert len(later) > len(earlier)


async def test_a_resumed_conversation_sends_the_bytes_of_one_that_was_never_saved() -> None:
    assert await converse(rounds(), resumed=True) == await converse(rounds(), resumed=False)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(any_.trajectories)
def test_roles_alternate_and_no_block_is_lost(trajectory: Trajectory) -> None:
    said = messages(trajectory)
    assert all(message.blocks for message in said)
    assert all(one.role != other.role for one, other in pairwise(said))
    assert blocks(said) == [
        (role, json.dumps(block))
        for turn in trajectory.turns
        for role, part in (
            ("user", turn.told),
            *(
                pair
                for s in turn.steps
                for pair in (("assistant", s.reply.blocks), ("user", s.told))
            ),
            ("assistant", turn.answer.blocks if turn.answer else ()),
        )
        for block in part
    ]


def test_the_task_after_a_stopped_turn_is_of_the_same_message() -> None:
    stopped = begun("first").turns[0]
    trajectory = Trajectory("", (), (stopped, Turn("r2", "second", (text("second"),))))
    assert messages(trajectory) == (Message("user", (text("first"), text("second"))),)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(any_.several(small_turns), small_turns, any_.several(small_steps))
def test_messages_built_piece_by_piece_are_those_built_at_once(
    before: tuple[Turn, ...], more: Turn, steps: tuple[Step, ...]
) -> None:
    trajectory, turns = Trajectory("", (), before), (replace(more, answer=None), more)
    context = Context()
    assert context.messages(trajectory) == messages(trajectory)
    for turn in turns:
        trajectory = trajectory.begin(turn)
        assert context.messages(trajectory) == messages(trajectory)
        for number, step in enumerate(steps, 10**8):
            step = replace(step, number=number)
            trajectory = trajectory.with_turn(trajectory.turns[-1].with_step(step))
            assert context.messages(trajectory) == messages(trajectory)
    assert context.messages(Trajectory()) == ()


def test_messages_are_made_once() -> None:
    context, trajectory = Context(), begun()
    earlier = context.messages(trajectory)
    for number in (1, 2, 3):
        step = Step(number, act(str(number)), told=(text("seen"),))
        trajectory = trajectory.with_turn(trajectory.turns[-1].with_step(step))
        later = context.messages(trajectory)
        assert [one is other for one, other in zip(earlier, later, strict=False)] == [True] * len(
            earlier
        )
        assert len(later) == len(earlier) + 2
        earlier = later


@given(any_.turns, any_.several(any_.steps))
def test_sums_that_grow_are_those_made_at_once(turn: Turn, steps: tuple[Step, ...]) -> None:
    for step in steps:
        for state in (step, replace(step, told=()), replace(step, reply=replace(step.reply))):
            assert turn.usage.total >= 0
            turn = turn.with_step(state)
            made_at_once = replace(turn)
            assert (turn.usage, turn.cost) == (made_at_once.usage, made_at_once.cost)


def test_what_no_reply_was_billed_for_is_estimated() -> None:
    trajectory = begun("x" * 1000)
    first = unread(trajectory)
    assert first > 500
    assert last_usage(trajectory) == Usage()

    stepped = trajectory.with_turn(
        trajectory.turns[0].with_step(
            Step(1, act("1", usage=Usage(1, 2, 3, 4)), told=(text("y" * 100),))
        )
    )
    assert 50 <= unread(stepped) < 100
    assert last_usage(stepped) == Usage(1, 2, 3, 4)

    again = stepped.begin(Turn("r2", "more", (text("z" * 100),)))
    assert unread(again) > unread(stepped) + 50
    assert last_usage(again) == Usage(1, 2, 3, 4)

    done = again.with_turn(Turn("r2", "more", again.turns[1].told, answer=answer(usage=Usage(7))))
    assert (unread(done), last_usage(done)) == (0, Usage(7))


def test_an_image_counts_as_an_image_and_not_as_its_base64() -> None:
    image = {"source": {"data": "A" * 100_000}, "type": "image"}
    result = {"content": [text("a plot"), image], "tool_use_id": "c", "type": "tool_result"}
    trajectory = begun().with_turn(begun().turns[0].with_step(Step(1, act("1"), told=(result,))))
    assert 1_600 < unread(trajectory) < 2_000
