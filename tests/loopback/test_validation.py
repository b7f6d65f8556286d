"""Requests the real API would refuse are refused here too."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.loopback import LoopbackModel, ScriptedTurn, Text

from .asking import HELLO, PYTHON, ask
from .conftest import Connect

PNG = "iVBORw0KGgo="
CALL = {"type": "tool_use", "id": "t1", "name": "python", "input": {"code": "1"}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": "1"}
CONTROL = {"type": "ephemeral"}
ADAPTIVE = {"type": "adaptive"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def text(words: str, **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **more}


def image(data: str = PNG, media_type: str = "image/png") -> dict[str, Any]:
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "image", "source": source}


def system(words: str = "The kernel was restarted.") -> dict[str, Any]:
    return {"role": "system", "content": words}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"extra_body": {"temperature": 0}}, "temperature: Extra inputs"),
        ({"extra_body": {"surprise": 1}}, "surprise: Extra inputs"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"messages": []}, "at least one message"),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tool_choice": {"type": "auto"}, "tools": []}, "tool_choice"),
        ({"tool_choice": {"type": "tool", "name": "x"}, "model": "claude-opus-5"}, "not found"),
        (
            {"tool_choice": {"type": "any"}, "thinking": ADAPTIVE, "model": "claude-opus-5"},
            "tool_choice: Thinking",
        ),
        ({"thinking": {"type": "disabled"}}, r'"thinking.type.disabled" is not supported'),
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, r"thinking.type.enabled"),
        ({"thinking": {"type": "adaptive"}, "model": "claude-haiku-4-5"}, "adaptive thinking"),
        ({"thinking": {"type": "adaptive", "display": "updates"}}, "display"),
        ({"output_config": {"effort": "huge"}}, "effort"),
        ({"stop_sequences": ["\n"]}, "stop_sequences"),
        ({"system": " "}, "system.0: text content blocks must contain"),
        ({"tools": [PYTHON, PYTHON]}, "unique"),
        ({"tools": [{**PYTHON, "name": "my tool"}]}, "name"),
        ({"tools": [{**PYTHON, "input_schema": {}}]}, "input_schema"),
        ({"cache_control": {"type": "ephemeral", "ttl": "2h"}}, "cache_control"),
    ],
)
def test_a_parameter_the_api_does_not_take_is_refused(
    connect: Connect, options: dict[str, Any], words: str
) -> None:
    refuse(connect, options.pop("messages", HELLO), words, **options)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([*HELLO, assistant(text("```python\n"))], "prefill"),
        ([assistant(text("hi")), *HELLO], "first message"),
        ([user()], "non-empty content"),
        ([user(text(""))], "must be non-empty"),
        ([user(text(" \n"))], "non-whitespace"),
        ([user({"type": "surprise"})], "surprise"),
        ([{"role": "tool", "content": "x"}], "role"),
        ([*HELLO, assistant(CALL), user(text("go on"))], "without `tool_result`.*: t1"),
        ([*HELLO, assistant(CALL), user(text("so:"), RESULT)], "without `tool_result`"),
        ([*HELLO, assistant(CALL), user(RESULT, RESULT)], "single result"),
        ([user(RESULT)], "unexpected `tool_use_id`.*: t1"),
        ([*HELLO, assistant(CALL, CALL), user(RESULT)], "unique"),
        ([*HELLO, assistant(CALL), user(RESULT), assistant(CALL), user(RESULT)], "unique"),
        ([*HELLO, assistant({**CALL, "input": "1"}), user(RESULT)], "valid dictionary"),
        ([*HELLO, assistant({**CALL, "id": "t 1"}), user(RESULT)], "pattern"),
        ([*HELLO, assistant(CALL), user({**RESULT, "content": [text("")]})], "non-empty"),
        ([user(image(media_type="image/svg+xml"))], "media_type"),
        ([user(image(data="%"))], "base64"),
        ([user(image(media_type="image/jpeg"))], "the image is not image/jpeg"),
        ([system(), *HELLO], "first message"),
        ([*HELLO, assistant(text("hi")), system()], "follow a user message"),
        ([*HELLO, system(), system()], "must"),
        ([*HELLO, system(), *HELLO], "must precede"),
        ([user(*[text(str(i), cache_control=CONTROL) for i in range(5)])], "maximum of 4"),
        ([user(text("a", cache_control=CONTROL), text("b", cache_control=HOUR))], "ttl='1h'"),
    ],
)
def test_a_conversation_the_api_does_not_take_is_refused(
    connect: Connect, messages: list[Any], words: str
) -> None:
    refuse(connect, messages, words)


def refuse(connect: Connect, messages: list[Any], words: str, **options: Any) -> None:
    with LoopbackModel([ScriptedTurn([Text("x")])]) as model:
        with pytest.raises(anthropic.BadRequestError, match=words) as caught:
            ask(connect(model), messages, **options)
        assert caught.value.type == "invalid_request_error"
        assert len(model.requests) == 1
        assert ask(connect(model)).content[0].text == "x", "a refusal takes no turn"


@pytest.mark.parametrize(
    "messages",
    [
        [*HELLO, assistant(CALL), user(RESULT, text("and this"))],
        [*HELLO, assistant(CALL), user(RESULT), user(text("and this"))],
        [*HELLO, assistant(CALL), user({**RESULT, "is_error": True, "content": [image()]})],
        [*HELLO, assistant(CALL), user(RESULT), system()],
        [*HELLO, assistant(CALL), user(RESULT), system(), assistant(text("ok")), *HELLO],
        [user(text("look"), image())],
    ],
)
def test_a_conversation_the_api_takes_is_taken(connect: Connect, messages: list[Any]) -> None:
    with LoopbackModel([ScriptedTurn([Text("x")])]) as model:
        assert ask(connect(model), messages).content[0].text == "x"


def test_history_with_calls_needs_tools(connect: Connect) -> None:
    refuse(connect, [*HELLO, assistant(CALL), user(RESULT)], "must define tools", tools=[])


def test_an_older_model_takes_what_newer_ones_refuse(connect: Connect) -> None:
    messages = [*HELLO, assistant(text("Sure:"))]
    older: dict[str, Any] = {"model": "claude-haiku-4-5"}
    budget = {"type": "enabled", "budget_tokens": 1024}
    with LoopbackModel([ScriptedTurn([Text("x")])] * 2) as model:
        reply = ask(connect(model), messages, tool_choice={"type": "any"}, **older)
        assert reply.content[0].text == "x"
        assert ask(connect(model), thinking=budget, **older).content[0].text == "x"
    refuse(connect, [*HELLO, system()], "not supported on this model", **older)


def test_sampling_is_taken_under_an_older_version_of_the_api(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Text("x")])]) as model:
        headers = {"anthropic-version": "2023-06-01"}
        message = ask(connect(model), extra_headers=headers, extra_body={"temperature": 0})
        assert message.content[0].text == "x"
