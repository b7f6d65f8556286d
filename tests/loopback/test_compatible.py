"""The compatible dialect: what a local server does not do."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.loopback import Fault, LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .asking import HELLO, ask, raw
from .conftest import Connect
from .test_validation import CALL, RESULT, assistant, image, user

LOCAL: dict[str, Any] = {"model": "local-model"}


def compatible(*turns: ScriptedTurn, **options: Any) -> LoopbackModel:
    return LoopbackModel(turns, dialect="compatible", **options)


@pytest.mark.parametrize(
    "options",
    [
        {"thinking": {"type": "adaptive"}},
        {"output_config": {"effort": "low"}},
        {"cache_control": {"type": "ephemeral"}},
    ],
)
def test_parameters_of_claude_are_refused(connect: Connect, options: dict[str, Any]) -> None:
    (name,) = options
    with (
        compatible(ScriptedTurn([Text("x")])) as model,
        pytest.raises(anthropic.BadRequestError, match=name),
    ):
        ask(connect(model), **LOCAL, **options)


def test_a_request_the_documented_api_refuses_is_taken(connect: Connect) -> None:
    messages = [*HELLO, assistant(CALL), user({"type": "text", "text": "go on"})]
    options = {**LOCAL, "tool_choice": {"type": "any"}, "extra_body": {"temperature": 0}}
    with compatible(ScriptedTurn([Text("x")])) as model:
        assert ask(connect(model), messages, **options).content[0].text == "x"


def test_usage_says_nothing_of_a_cache(connect: Connect) -> None:
    with compatible(ScriptedTurn([Text("x")])) as model:
        events = raw(connect(model), **LOCAL)
        assert set(model.usages[0]) == {"input_tokens", "output_tokens", "model"}
    assert set(events[0].message.usage.to_dict()) == {"input_tokens", "output_tokens"}
    assert events[-2].usage.to_dict() == {"output_tokens": 1}


def test_a_call_starts_without_input_and_all_blocks_stop_at_the_end(connect: Connect) -> None:
    turn = ScriptedTurn([Text("so"), ToolUse("python", {"code": "1"}, id="t1", chunk=99)])
    with compatible(turn) as model:
        events = raw(connect(model), **LOCAL)
    starts = [e.content_block.to_dict() for e in events if e.type == "content_block_start"]
    assert starts[1] == {"type": "tool_use", "id": "t1", "name": "python"}
    assert [event.type for event in events][-6:] == [
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_thinking_is_shown_with_an_empty_signature(connect: Connect) -> None:
    with compatible(ScriptedTurn([Thinking("hm"), Text("x")])) as model:
        block = ask(connect(model), **LOCAL).content[0]
    assert (block.thinking, block.signature) == ("hm", "")


def test_a_server_without_tools_answers_in_text(connect: Connect) -> None:
    turn = ScriptedTurn([Text("So:\n"), ToolUse("python", {"code": "print(1)"})])
    with compatible(turn, tools=False) as model:
        message = ask(connect(model), **LOCAL, tool_choice={"type": "any"})
    assert "".join(b.text for b in message.content) == "So:\n```python\nprint(1)\n```"
    assert message.stop_reason == "end_turn"


def test_a_stop_sequence_is_named_but_is_not_the_reason(connect: Connect) -> None:
    with compatible(ScriptedTurn([Text("1\n```\n2")])) as model:
        message = ask(connect(model), **LOCAL, stop_sequences=["\n```"])
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", "\n```")
    assert message.content[0].text == "1"


def test_an_image_is_a_server_error_even_inside_a_result(connect: Connect) -> None:
    for content in (user(image()), user({**RESULT, "content": [image()]})):
        with (
            compatible() as model,
            pytest.raises(anthropic.InternalServerError, match="mmproj"),
        ):
            ask(connect(model, max_retries=0), [content], **LOCAL)


def test_errors_have_the_shape_of_openai(connect: Connect) -> None:
    fault = Fault(status=503, error_type="unavailable_error", message="Loading model")
    with (
        compatible(ScriptedTurn(fault=fault)) as model,
        pytest.raises(anthropic.InternalServerError) as caught,
    ):
        ask(connect(model, max_retries=0), **LOCAL)
    error = {"code": 503, "message": "Loading model", "type": "unavailable_error"}
    assert caught.value.body == {"error": error}


def test_the_models_are_listed_without_capabilities(connect: Connect) -> None:
    with compatible(models=["qwen", "smol"]) as model:
        assert [entry.id for entry in connect(model).models.list()] == ["qwen", "smol"]


def test_counting_tokens_may_be_missing(connect: Connect) -> None:
    with compatible() as model:
        counted = connect(model).messages.count_tokens(model="local-model", messages=HELLO)
        assert counted.input_tokens > 0
    with compatible(counts_tokens=False) as model, pytest.raises(anthropic.NotFoundError):
        connect(model).messages.count_tokens(model="local-model", messages=HELLO)


def test_any_key_will_do_but_the_wrong_one(connect: Connect) -> None:
    with compatible() as model, pytest.raises(anthropic.AuthenticationError):
        ask(connect(model, api_key="sk-wrong"), **LOCAL)
