"""The real SDK over real HTTP: what is sent, what is typed live, what is sent back."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.limits import Limits
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.trajectory import Trajectory, Turn, Usage
from codeact_jupyter.engine.wire import decode, encode
from codeact_jupyter.errors import ModelError
from codeact_jupyter.models.anthropic import AnthropicModel
from codeact_jupyter.models.prices import price
from codeact_jupyter.models.retrying import Retrying
from tests.engine.twins import AllowAll, Workshop, listen
from tests.loopback import Fault, LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .talking import KEY, OPUS, ask, conversation, converse, request, runs, says, talking_to


async def test_a_request_to_claude_asks_for_caching_thinking_and_eager_typing() -> None:
    with LoopbackModel([says("Hi.")]) as server:
        async with talking_to(server, effort="high") as model:
            await ask(model, request(max_tokens=123))
    sent = server.requests[0]
    (tool,) = sent["tools"]
    assert sent["model"] == OPUS
    assert sent["max_tokens"] == 123
    assert sent["stream"] is True
    assert sent["cache_control"] == {"type": "ephemeral"}
    assert sent["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert sent["output_config"] == {"effort": "high"}
    assert sent["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert tool["eager_input_streaming"] is True
    assert sent["messages"] == [{"role": "user", "content": [{"type": "text", "text": "hello"}]}]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert server.headers[0]["content-type"] == "application/json"
    assert server.headers[0]["anthropic-version"] >= "2026"


async def test_an_answer_is_typed_live_and_comes_whole() -> None:
    text = "The **answer** is 42 é 😀.\n\n- so\n- there"
    with LoopbackModel([ScriptedTurn([Thinking("Let me see."), Text(text)])]) as server:
        async with talking_to(server) as model:
            reply, heard = await ask(model)
    assert (reply.text, reply.thought, reply.code) == (text, "Let me see.", None)
    assert heard.part("answer") == text
    assert heard.part("thought") == "Let me see."
    assert len(heard) > 3
    assert (reply.model, reply.stop) == (OPUS, "end_turn")
    assert reply.is_answer


@pytest.mark.parametrize("chunk", [1, 3, 10, 1000])
async def test_the_code_is_typed_live_and_its_parts_make_the_whole(chunk: int) -> None:
    code = 'print("é 😀 \\n")\nx = {"a": \'b\\\\c\'}\n\ty = "\\ud83d\\ude00"'
    with LoopbackModel([runs(code, chunk=chunk)]) as server:
        async with talking_to(server) as model:
            reply, heard = await ask(model)
    assert reply.code == code
    assert heard.part("code") == code
    assert len(heard) > (1 if chunk < 1000 else 0)


async def test_text_beside_a_call_is_its_thought() -> None:
    turn = ScriptedTurn([Thinking("Hm."), Text("I add up."), ToolUse("python", {"code": "1+1"})])
    with LoopbackModel([turn]) as server:
        async with talking_to(server) as model:
            reply, _ = await ask(model)
    assert (reply.thought, reply.text, reply.code) == ("Hm.\n\nI add up.", "", "1+1")


async def test_usage_and_cost_are_those_of_the_bill() -> None:
    with LoopbackModel([says("Hi.")]) as server:
        async with talking_to(server) as model:
            reply, _ = await ask(model)
            billed = server.usages[0]
            assert model.price(reply.usage) == reply.cost
    assert reply.usage == Usage(
        billed["input_tokens"],
        billed["output_tokens"],
        billed["cache_read_input_tokens"],
        billed["cache_creation_input_tokens"],
    )
    assert reply.cost == price(OPUS, reply.usage)
    assert reply.cost


async def test_a_model_without_a_price_has_no_cost() -> None:
    with LoopbackModel([says("Hi.")]) as server:
        async with talking_to(server, "claude-nobody-knows") as model:
            reply, _ = await ask(model)
    assert reply.cost is None


def thinking_run(number: int) -> ScriptedTurn:
    code = f"print('step {number}', list(range(60)))"
    return ScriptedTurn([Thinking(f"Thought {number}."), ToolUse("python", {"code": code})])


async def test_over_ten_steps_what_was_sent_is_read_from_the_cache() -> None:
    script = [*(thinking_run(number) for number in range(10)), says("done")]
    with LoopbackModel(script) as server:
        async with talking_to(server) as model:
            trajectory = await converse(model, Workshop(), conversation("add up " * 400))
    turn = trajectory.turns[0]
    assert (turn.state, len(turn.steps), len(server.usages)) == ("answered", 10, 11)
    for before, after in pairwise(server.usages):
        prompt = before["cache_read_input_tokens"] + before["cache_creation_input_tokens"]
        assert after["cache_read_input_tokens"] == prompt > 0
    assert turn.usage.cache_read > 3 * turn.usage.cache_write
    assert turn.usage.input == 0
    assert turn.cost == sum((reply.cost or 0 for reply in turn.replies), Decimal(0))


async def test_thinking_is_sent_back_unchanged_and_its_signatures_hold() -> None:
    rounds = [
        [thinking_run(1), thinking_run(2), ScriptedTurn([Thinking("Sum."), Text("First.")])],
        [thinking_run(3), ScriptedTurn([Thinking(""), Text("Second.")])],
    ]
    trajectory = Trajectory("sys")
    with LoopbackModel([turn for one in rounds for turn in one]) as server:
        trajectory, workshop = conversation("one"), Workshop()
        async with talking_to(server) as model:
            trajectory = await converse(model, workshop, trajectory)
        # as read back from a notebook, by another process
        saved = json.dumps(encode(trajectory), sort_keys=True)
        trajectory = decode(Trajectory, json.loads(saved))
        trajectory = trajectory.begin(Turn("r2", "two", ({"text": "two", "type": "text"},)))
        async with talking_to(server) as model:
            trajectory = await converse(model, workshop, trajectory)
    assert [turn.state for turn in trajectory.turns] == ["answered", "answered"]
    for earlier, later in pairwise(server.requests):
        assert later["messages"][: len(earlier["messages"])] == earlier["messages"]
        assert (later["system"], later["tools"]) == (earlier["system"], earlier["tools"])
    bodies = [body[body.index(b'"messages":') : -2] for body in server.bodies]
    assert all(later.startswith(earlier) for earlier, later in pairwise(bodies))
    thoughts = [
        block["thinking"]
        for message in server.requests[-1]["messages"]
        for block in message["content"]
        if block["type"] == "thinking"
    ]
    assert thoughts == ["Thought 1.", "Thought 2.", "Sum.", "Thought 3."]


async def test_a_new_task_after_a_stopped_turn_is_accepted() -> None:
    slow = ScriptedTurn([Thinking("Hm."), Text("word " * 100)], delay=0.05)
    with LoopbackModel([thinking_run(1), slow, thinking_run(2), says("done")]) as server:
        async with talking_to(server) as model:
            agent, trajectory = Agent(model, Workshop(), AllowAll()), conversation("one")

            def on_event(event: events.Event) -> None:
                if isinstance(event, events.Streamed) and event.step == 2:
                    agent.stop()

            _, stopped = await listen(agent, trajectory, on_event)
            assert stopped.state == "stopped"
            second = Turn("r2", "two", ({"text": "two", "type": "text"},))
            trajectory = trajectory.with_turn(stopped).begin(second)
            trajectory = await converse(model, Workshop(), trajectory)
    assert trajectory.turns[1].state == "answered"
    roles = [message["role"] for message in server.requests[-1]["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user"]
    merged = server.requests[-1]["messages"][2]["content"]
    assert [block["type"] for block in merged] == ["tool_result", "text"]


async def test_a_turn_stopped_before_its_first_reply_is_accepted_too() -> None:
    with LoopbackModel([thinking_run(1), says("done")]) as server:
        async with talking_to(server) as model:
            trajectory = conversation("never answered")
            trajectory = trajectory.begin(Turn("r2", "two", ({"text": "two", "type": "text"},)))
            trajectory = await converse(model, Workshop(), trajectory)
    assert trajectory.turns[1].state == "answered"


async def test_of_several_calls_the_first_runs_and_all_get_results() -> None:
    calls = [ToolUse("python", {"code": code}) for code in ("x = 1", "y = 2")]
    workshop = Workshop()
    with LoopbackModel([ScriptedTurn(calls), says("done")]) as server:
        async with talking_to(server, "local", profile="compatible") as model:
            await converse(model, workshop, conversation())
    assert workshop.ran == ["x = 1"]
    assert [block["type"] for block in server.requests[1]["messages"][-1]["content"]] == [
        "tool_result",
        "tool_result",
    ]


async def test_the_money_limit_holds_against_a_server_that_says_all_it_may() -> None:
    def greedy(asked: dict[str, Any]) -> ScriptedTurn:
        room = asked["max_tokens"] * 4
        code = f"x = {'1' * min(600, room // 2)}"
        thought = Thinking("t" * max(0, room - len(code) - 60))
        return ScriptedTurn([thought, ToolUse("python", {"code": code})])

    limit = Decimal("0.05")
    with LoopbackModel(greedy) as server:
        async with talking_to(server, output_tokens=1_000) as model:
            limits = Limits(None, None, limit, None)
            agent = Agent(model, Workshop(), AllowAll(), limits=limits)
            _, turn = await listen(agent, conversation())
    assert turn.state == "limit"
    assert "of 0.05 USD are used" in turn.reason
    billed = [
        price(
            OPUS,
            Usage(
                usage["input_tokens"],
                usage["output_tokens"],
                usage["cache_read_input_tokens"],
                usage["cache_creation_input_tokens"],
            ),
        )
        for usage in server.usages
    ]
    assert sum(cost for cost in billed if cost) == turn.cost
    assert turn.cost is not None
    assert limit / 2 < turn.cost <= limit


async def test_images_go_to_claude_as_blocks() -> None:
    image = {"source": {"data": PNG, "media_type": "image/png", "type": "base64"}, "type": "image"}
    with LoopbackModel([says("I see.")]) as server:
        async with talking_to(server) as model:
            await ask(model, request(((*request().messages,)[0].__class__("user", (image,)),)))
    assert server.requests[0]["messages"][0]["content"] == [image]


PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


async def test_older_models_are_not_asked_to_think_in_the_new_way() -> None:
    with LoopbackModel([says("Hi.")]) as server:
        async with talking_to(server, "claude-haiku-4-5-20251001") as model:
            await ask(model)
    assert "thinking" not in server.requests[0]


async def test_a_lone_surrogate_in_an_old_record_can_still_be_sent() -> None:
    with LoopbackModel([says("Hi.")]) as server:
        async with talking_to(server) as model:
            broken = request().messages[0].__class__("user", ({"text": "a\ud800", "type": "text"},))
            await ask(model, request((broken,)))
    assert server.requests[0]["messages"][0]["content"][0]["text"] == "a?"


async def test_the_server_from_the_sdks_own_variable_is_used_and_gets_the_careful_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with LoopbackModel([says("Hi.")], dialect="compatible") as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
        model = AnthropicModel("local")
        assert model.profile.name == "compatible"
        reply, _ = await ask(model)
        assert model.url == server.url
        await model.close()
    assert reply.text == "Hi."


async def test_without_credentials_the_failure_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("API_KEY", "AUTH_TOKEN", "PROFILE", "BASE_URL"):
        monkeypatch.delenv(f"ANTHROPIC_{name}", raising=False)
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with LoopbackModel([]) as server:
        async with talking_to(server, api_key=None) as model:
            with pytest.raises(ModelError, match="Set ANTHROPIC_API_KEY") as caught:
                await ask(model)
    assert caught.value.fault == "authentication"
    assert server.requests == []


async def test_a_model_can_be_closed_and_asked_again() -> None:
    with LoopbackModel([says("one"), says("two")]) as server:
        async with talking_to(server) as model:
            await ask(model)
            await model.close()
            reply, _ = await ask(model)
    assert reply.text == "two"


def test_a_model_can_be_asked_from_another_event_loop() -> None:
    async def once(model: AnthropicModel) -> str:
        reply, _ = await ask(model)
        await model.close()
        return reply.text

    with LoopbackModel([says("one"), says("two")]) as server:
        model = AnthropicModel(OPUS, api_key=KEY, base_url=server.url)
        assert [asyncio.run(once(model)) for _ in range(2)] == ["one", "two"]


async def test_the_retries_of_the_sdk_are_turned_off() -> None:
    busy = ScriptedTurn(fault=Fault(status=529))
    with LoopbackModel([busy, says("never")]) as server:
        async with talking_to(server) as model:
            with pytest.raises(ModelError):
                await ask(model)
    assert len(server.requests) == 1


async def test_the_wrapper_passes_on_what_the_model_is() -> None:
    with LoopbackModel([]) as server:
        async with talking_to(server) as model:
            wrapped = Retrying(model)
            assert (wrapped.name, wrapped.output_tokens) == (model.name, model.output_tokens)
            assert wrapped.context_tokens == model.context_tokens
            assert wrapped.price(Usage(1)) == model.price(Usage(1))
            await wrapped.open()
            await wrapped.close()


def in_new_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def test_importing_the_module_does_not_import_the_sdk() -> None:
    code = (
        "import sys, codeact_jupyter.models.anthropic, codeact_jupyter.models.prices\n"
        "from codeact_jupyter.models.retrying import Retrying\n"
        "codeact_jupyter.models.anthropic.AnthropicModel('m', api_key='k')\n"
        "print([name for name in ('anthropic', 'httpx2', 'genai_prices') if name in sys.modules])"
    )
    assert in_new_python(code) == "[]"


def test_the_event_loop_goes_on_while_the_sdk_is_imported() -> None:
    code = """
import asyncio, sys
from codeact_jupyter.models.anthropic import AnthropicModel

async def main():
    model = AnthropicModel("claude-opus-5-5", api_key="k", base_url="https://api.anthropic.com")
    opening, ticks = asyncio.ensure_future(model.open()), 0
    while not opening.done():
        await asyncio.sleep(0.001)
        ticks += 1
    await opening
    print(ticks > 3, "anthropic" in sys.modules, "genai_prices" in sys.modules)
    await model.close()

asyncio.run(main())
"""
    assert in_new_python(code) == "True True True"
