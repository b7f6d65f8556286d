"""Prompt-cache accounting: what an agent loop is billed for."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import anthropic
import pytest
from genai_prices import extract_usage

from tests.loopback import LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .asking import MODEL, ask
from .conftest import Connect

EPHEMERAL = {"type": "ephemeral"}
SYSTEM = [{"type": "text", "text": "You are an agent. " * 300}]


def steps(count: int) -> list[ScriptedTurn]:
    """Script a turn of so many replies, of which the last one is the answer."""
    calls = [
        ScriptedTurn([Thinking("hm " * 9), ToolUse("python", {"code": str(i)})])
        for i in range(count - 1)
    ]
    return [*calls, ScriptedTurn([Text("done")])]


def run(client: anthropic.Anthropic, **options: Any) -> list[Any]:
    """Play an append-only agent loop to its answer; return the conversation."""
    messages: list[Any] = [{"role": "user", "content": "go"}]
    settings: dict[str, Any] = {"system": SYSTEM, "cache_control": EPHEMERAL, **options}
    while True:
        message = ask(client, messages, **settings)
        messages.append({"role": "assistant", "content": message.content})
        if message.stop_reason != "tool_use":
            return messages
        call = message.content[-1].id
        result = {"type": "tool_result", "tool_use_id": call, "content": "out " * 50}
        messages.append({"role": "user", "content": [result]})


def big(seed: str = "seed") -> list[Any]:
    """Make a conversation long enough to be cached."""
    return [{"role": "user", "content": [{"type": "text", "text": f"{seed} " * 1000}]}]


def test_an_append_only_loop_reads_its_whole_prefix_from_the_cache(connect: Connect) -> None:
    with LoopbackModel(steps(6)) as model:
        run(connect(model))
        usages = model.usages
    assert len(usages) == 6
    assert usages[0]["cache_read_input_tokens"] == 0
    for before, after in pairwise(usages):
        whole = before["cache_read_input_tokens"] + before["cache_creation_input_tokens"]
        assert after["cache_read_input_tokens"] == whole
    assert {usage["input_tokens"] for usage in usages} == {0}


def test_without_cache_control_nothing_is_cached(connect: Connect) -> None:
    with LoopbackModel(steps(3)) as model:
        run(connect(model), cache_control=None)
        assert {usage["cache_creation_input_tokens"] for usage in model.usages} == {0}
        assert {usage["cache_read_input_tokens"] for usage in model.usages} == {0}


def test_the_recorded_usage_can_be_priced(connect: Connect) -> None:
    dollars = []
    for control in (None, EPHEMERAL):
        with LoopbackModel(steps(12)) as model:
            run(connect(model), cache_control=control)
        bills = [{"model": usage["model"], "usage": usage} for usage in model.usages]
        priced = [extract_usage(bill, provider_id="anthropic").calc_price() for bill in bills]
        dollars.append(sum(price.total_price for price in priced))
    assert 0 < dollars[1] < dollars[0] / 2


def test_what_the_client_is_told_is_what_the_server_recorded(connect: Connect) -> None:
    with LoopbackModel(steps(1)) as model:
        usage = ask(connect(model), big(), cache_control=EPHEMERAL).usage
        recorded = model.usages[0]
        counted = connect(model).messages.count_tokens(model=MODEL, messages=big())
    assert usage.to_dict() | {"model": MODEL} == recorded
    assert 0 < counted.input_tokens <= recorded["cache_creation_input_tokens"]


@pytest.mark.parametrize(
    "change",
    [
        {"system": "Another prompt"},
        {"tools": []},
        {"model": "claude-fable-5-2"},
        {"output_config": {"effort": "max"}},
        {"tool_choice": {"type": "none"}},
    ],
)
def test_a_changed_prefix_or_setting_misses_the_cache(
    connect: Connect, change: dict[str, Any]
) -> None:
    with LoopbackModel(lambda request: ScriptedTurn([Text("x")])) as model:
        for settings in ({}, {"output_config": {"effort": "medium"}}, change):
            ask(connect(model), big(), cache_control=EPHEMERAL, **settings)
        reads = [usage["cache_read_input_tokens"] for usage in model.usages]
    assert reads[1] > 0
    assert reads[2] == 0


def test_the_order_of_keys_counts_in_tool_inputs_only(connect: Connect) -> None:
    def conversation(call: dict[str, Any], result: dict[str, Any]) -> list[Any]:
        reply = {"role": "assistant", "content": [call]}
        return [*big(), reply, {"role": "user", "content": [result]}]

    call = {"type": "tool_use", "id": "t", "name": "python", "input": {"a": 1, "b": 2}}
    swapped = {**call, "input": {"b": 2, "a": 1}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": "long " * 500}
    with LoopbackModel(lambda request: ScriptedTurn([Text("x")])) as model:
        client = connect(model)
        for c, r in [(call, result), (dict(reversed(call.items())), result), (swapped, result)]:
            ask(client, conversation(c, r), cache_control=EPHEMERAL)
        reads = [usage["cache_read_input_tokens"] for usage in model.usages]
    assert reads[1] > 0
    assert reads[2] == 0


def test_entries_live_five_minutes_after_their_last_use(connect: Connect) -> None:
    now = [0.0]
    with LoopbackModel(lambda _: ScriptedTurn([Text("x")]), clock=lambda: now[0]) as model:
        client = connect(model)
        for seconds in (0, 250, 250, 301):
            now[0] += seconds
            ask(client, big(), cache_control=EPHEMERAL)
        hits = [usage["cache_read_input_tokens"] > 0 for usage in model.usages]
    assert hits == [False, True, True, False]


def test_an_hour_is_billed_apart_and_lasts_an_hour(connect: Connect) -> None:
    now = [0.0]
    hour = {"type": "ephemeral", "ttl": "1h"}
    with LoopbackModel(lambda _: ScriptedTurn([Text("x")]), clock=lambda: now[0]) as model:
        client = connect(model)
        for seconds in (0, 3599):
            now[0] += seconds
            ask(client, big(), cache_control=hour)
        first, second = model.usages
    assert first["cache_creation"]["ephemeral_1h_input_tokens"] > 0
    assert first["cache_creation"]["ephemeral_5m_input_tokens"] == 0
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]


def test_a_breakpoint_looks_back_twenty_blocks(connect: Connect) -> None:
    def longer(count: int) -> list[Any]:
        more = [{"type": "text", "text": f"{count}-{i}"} for i in range(count)]
        return [{"role": "user", "content": [*big()[0]["content"], *more]}]

    with LoopbackModel(lambda request: ScriptedTurn([Text("x")])) as model:
        for count in (0, 19, 20):
            ask(connect(model), longer(count), cache_control=EPHEMERAL)
        hits = [usage["cache_read_input_tokens"] > 0 for usage in model.usages]
    assert hits == [False, True, False]


def test_a_short_prompt_is_silently_not_cached(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Text("x")])]) as model:
        usage = ask(connect(model), cache_control=EPHEMERAL).usage
    assert (usage.cache_creation_input_tokens, usage.cache_read_input_tokens) == (0, 0)
    assert usage.input_tokens > 0


def test_max_tokens_of_zero_warms_the_cache_without_a_turn(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Text("x")])]) as model:
        client = connect(model)
        settings: dict[str, Any] = {"model": MODEL, "messages": big(), "cache_control": EPHEMERAL}
        warm = client.messages.create(max_tokens=0, **settings)
        hit = client.messages.create(max_tokens=9, **settings)
    assert warm.content == []
    assert hit.usage.cache_read_input_tokens == warm.usage.cache_creation_input_tokens > 0
