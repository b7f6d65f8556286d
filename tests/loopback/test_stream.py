"""Replies without faults: their events, their cuts, their stop reasons."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import pytest

from tests.loopback import LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .asking import HELLO, MODEL, PYTHON, ask, raw, watch
from .conftest import Connect

CODE = "print('é', '\N{GRINNING FACE}')\nx = 1\n"


def test_a_tool_call_streams_as_pieces_of_json(connect: Connect) -> None:
    script = [ScriptedTurn([Text("Running."), ToolUse("python", {"code": CODE})])]
    with LoopbackModel(script) as model:
        events, message = watch(connect(model))
    pieces = [event.partial_json for event in events if event.type == "input_json"]
    assert json.loads("".join(pieces)) == {"code": CODE} == message.content[1].input
    assert (pieces[0], len(pieces) > 4, message.stop_reason) == ("", True, "tool_use")


def test_the_events_come_in_wire_order(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Text("a b"), ToolUse("python", {})])]) as model:
        kinds = [event.type for event in raw(connect(model))]
    assert kinds == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_a_tool_that_is_not_eager_arrives_in_one_burst(connect: Connect) -> None:
    lazy = {key: value for key, value in PYTHON.items() if key != "eager_input_streaming"}
    with LoopbackModel([ScriptedTurn([ToolUse("python", {"code": CODE})])]) as model:
        events, _ = watch(connect(model), tools=[lazy])
    pieces = [event.partial_json for event in events if event.type == "input_json"]
    assert pieces == ["", json.dumps({"code": CODE})]


def test_text_keeps_its_line_separators_on_the_wire(connect: Connect) -> None:
    text = "one\u2028two\x85three\r\nfour \N{GRINNING FACE}"
    with LoopbackModel([ScriptedTurn([Text(text, chunk=1)])]) as model:
        assert ask(connect(model)).content[0].text == text


def test_a_request_without_stream_gets_the_same_message(connect: Connect) -> None:
    turn = ScriptedTurn([Thinking("hm"), Text("So:"), ToolUse("python", {"code": CODE}, id="t1")])
    with LoopbackModel([turn, turn]) as model:
        client = connect(model)
        whole = client.messages.create(
            model=MODEL, max_tokens=2000, messages=HELLO, tools=[PYTHON]
        ).to_dict()
        streamed = ask(client).to_dict()
    assert whole["content"] == streamed["content"]
    assert whole["usage"]["output_tokens"] == streamed["usage"]["output_tokens"]


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [({"type": "adaptive"}, ""), ({"type": "adaptive", "display": "summarized"}, "I wonder")],
)
def test_thinking_is_shown_only_when_asked_for(
    connect: Connect, thinking: dict[str, Any], shown: str
) -> None:
    with LoopbackModel([ScriptedTurn([Thinking("I wonder"), Text("done")])]) as model:
        message = ask(connect(model), thinking=thinking)
    assert message.content[0].thinking == shown
    assert message.content[0].signature


def test_a_model_whose_thinking_is_off_does_not_think(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Thinking("I wonder"), Text("done")])]) as model:
        message = ask(connect(model), model="claude-opus-4-8")
    assert [block.type for block in message.content] == ["text"]


def test_parallel_calls_are_cut_to_one_when_the_request_forbids_them(connect: Connect) -> None:
    calls = [ToolUse("python", {"code": "1"}), ToolUse("python", {"code": "2"})]
    with LoopbackModel([ScriptedTurn(calls), ScriptedTurn(calls)]) as model:
        choice = {"type": "auto", "disable_parallel_tool_use": True}
        assert len(ask(connect(model)).content) == 2
        assert len(ask(connect(model), tool_choice=choice).content) == 1


def test_max_tokens_really_cuts_the_reply(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Text("word " * 100)])]) as model:
        events = raw(connect(model), max_tokens=20)
        assert model.usages[0]["output_tokens"] <= 20
    assert events[-2].delta.stop_reason == "max_tokens"
    assert "content_block_stop" not in [event.type for event in events]


def test_a_stop_sequence_cuts_the_text_before_itself(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Text("```python\n1\n```\nmore")])]) as model:
        message = ask(connect(model), stop_sequences=["\n```"], tools=[])
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "\n```")
    assert message.content[0].text == "```python\n1"


def test_a_refusal_may_be_empty_and_says_why(connect: Connect) -> None:
    details = {"type": "refusal", "category": "cyber", "explanation": "no"}
    turn = ScriptedTurn([], stop_reason="refusal", stop_details=details)
    with LoopbackModel([turn]) as model:
        message = ask(connect(model))
    assert (message.stop_reason, message.content) == ("refusal", [])
    assert message.stop_details.category == "cyber"


def test_the_last_block_can_lack_its_stop(connect: Connect) -> None:
    turn = ScriptedTurn([Text("a"), ToolUse("python", {"code": "1"})], close_blocks=False)
    with LoopbackModel([turn]) as model:
        events = raw(connect(model))
    assert [event.index for event in events if event.type == "content_block_stop"] == [0]


@pytest.mark.parametrize("stop_reason", [None, "max_tokens"])
def test_cut_tool_json_is_an_empty_input_without_an_error(
    connect: Connect, stop_reason: str | None
) -> None:
    call = ToolUse("python", raw='{"code": "print(1)')
    with LoopbackModel([ScriptedTurn([call], stop_reason=stop_reason)]) as model:
        assert ask(connect(model)).content[0].input == {}


def test_malformed_tool_json_breaks_the_helper_but_not_the_raw_events(connect: Connect) -> None:
    turn = ScriptedTurn([ToolUse("python", raw='{"code": print(1)}')])
    with LoopbackModel([turn, turn]) as model:
        with pytest.raises(ValueError, match="JSON"):
            ask(connect(model))
        events = raw(connect(model))
    assert events[-1].type == "message_stop"
    assert events[-2].usage.output_tokens > 0


def test_the_tool_runner_of_the_sdk_works_against_it(connect: Connect) -> None:
    @anthropic.beta_tool
    def python(code: str) -> str:
        """Run code.

        Args:
            code: the code
        """
        return str(eval(code))

    script = [ScriptedTurn([ToolUse("python", {"code": "6*7"})]), ScriptedTurn([Text("42.")])]
    with LoopbackModel(script) as model:
        runner = connect(model).beta.messages.tool_runner(
            model=MODEL, max_tokens=500, tools=[python], messages=HELLO, thread=False
        )
        assert runner.until_done().content[0].text == "42."
        assert model.requests[1]["messages"][-1]["content"][0]["content"] == "42"
