"""Signed thinking: what an edit of the conversation costs."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest

from tests.loopback import LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .asking import PYTHON, ask
from .conftest import Connect
from .test_cache import SYSTEM, run, steps

BETA = "thinking-binding-controls-2026-08-01"
DROP: dict[str, Any] = {
    "extra_headers": {"anthropic-beta": BETA},
    "extra_body": {
        "thinking": {
            "type": "adaptive",
            "block_binding": {"prefix_mismatch_behavior": "drop_block"},
        }
    },
}
MORE = {"role": "user", "content": "and now?"}


def conversation(connect: Connect, **options: Any) -> list[dict[str, Any]]:
    """Play three steps; return the conversation as plain JSON, as a notebook stores it."""
    with LoopbackModel(steps(3)) as model:
        messages = run(connect(model), **options)
    plain = []
    for message in messages:
        content = message["content"]
        blocks = content if isinstance(content, str) else [_plain(b) for b in content]
        plain.append({"role": message["role"], "content": blocks})
    return plain


def _plain(block: Any) -> Any:
    return block if isinstance(block, dict) else block.to_dict()


def resume(connect: Connect, messages: list[Any], **options: Any) -> Any:
    """Send a stored conversation, and one message more, to a new server."""
    with LoopbackModel([ScriptedTurn([Text("ok")])]) as model:
        return ask(connect(model), [*messages, MORE], **{"system": SYSTEM, **options})


def test_a_stored_conversation_is_valid_on_another_server(connect: Connect) -> None:
    assert resume(connect, conversation(connect)).content[0].text == "ok"


def test_an_update_at_the_end_keeps_thinking_valid(connect: Connect) -> None:
    notice = {"role": "system", "content": "The kernel was restarted."}
    messages = [*conversation(connect), MORE, notice]
    with LoopbackModel([ScriptedTurn([Text("ok")])]) as model:
        assert ask(connect(model), messages, system=SYSTEM).content[0].text == "ok"


def edit_result(messages: list[Any]) -> None:
    messages[2]["content"][0]["content"] = "[cleared]"


def edit_task(messages: list[Any]) -> None:
    messages[0]["content"] = "go!"


def insert_message(messages: list[Any]) -> None:
    messages.insert(0, {"role": "user", "content": "by the way"})


@pytest.mark.parametrize("edit", [edit_result, edit_task, insert_message])
def test_an_edit_of_what_was_sent_is_refused(connect: Connect, edit: Any) -> None:
    messages = conversation(connect)
    edit(messages)
    with pytest.raises(anthropic.BadRequestError, match="bound to a different conversation"):
        resume(connect, messages)


@pytest.mark.parametrize(
    "change", [{"system": "Another"}, {"tools": [PYTHON, {**PYTHON, "name": "other"}]}]
)
def test_a_change_of_system_or_tools_is_refused(connect: Connect, change: dict[str, Any]) -> None:
    with pytest.raises(anthropic.BadRequestError, match="different conversation"):
        resume(connect, conversation(connect), **change)


def test_cache_control_and_string_content_are_not_changes(connect: Connect) -> None:
    messages = conversation(connect)
    control = {"type": "ephemeral"}
    messages[0]["content"] = [{"type": "text", "text": "go", "cache_control": control}]
    assert resume(connect, messages).content[0].text == "ok"


def test_edited_thinking_has_an_invalid_signature(connect: Connect) -> None:
    shown = {"type": "adaptive", "display": "summarized"}
    messages = conversation(connect, thinking=shown)
    messages[1]["content"][0]["thinking"] += "!"
    with pytest.raises(anthropic.BadRequestError, match=r"in `thinking` block'"):
        resume(connect, messages, thinking=shown)


def test_thinking_may_be_left_out_at_the_front_but_not_in_between(connect: Connect) -> None:
    with LoopbackModel(steps(4)) as model:
        messages = run(connect(model))
    replies = [m for m in messages if m["role"] == "assistant"]
    replies[0]["content"] = replies[0]["content"][1:]
    assert resume(connect, messages).content[0].text == "ok"
    with LoopbackModel(steps(4)) as model:
        messages = run(connect(model))
    replies = [m for m in messages if m["role"] == "assistant"]
    replies[1]["content"] = replies[1]["content"][1:]
    with pytest.raises(anthropic.BadRequestError, match="different conversation"):
        resume(connect, messages)


def test_drop_block_goes_on_without_the_thinking_after_the_edit(connect: Connect) -> None:
    messages = conversation(connect)
    edit_result(messages)
    reply = resume(connect, messages, **DROP).to_dict()
    assert reply["input_transformations"] == [
        {
            "type": "thinking_dropped",
            "path": "messages.3.content.0",
            "reason": "prefix_binding_mismatch",
        }
    ]


def test_drop_block_needs_its_beta_header(connect: Connect) -> None:
    with pytest.raises(anthropic.BadRequestError, match="block_binding"):
        resume(connect, conversation(connect), extra_body=DROP["extra_body"])


def test_another_model_drops_the_thinking_it_cannot_read(connect: Connect) -> None:
    messages = conversation(connect)
    edit_result(messages)
    reply = resume(connect, messages, model="claude-fable-5-2", **DROP)
    reasons = [entry["reason"] for entry in reply.to_dict()["input_transformations"]]
    assert reasons == ["model_binding_mismatch"] * 2


def test_older_models_do_not_check_the_prefix(connect: Connect) -> None:
    thinking = {"type": "adaptive"}
    messages = conversation(connect, model="claude-opus-4-8", thinking=thinking)
    edit_result(messages)
    reply = resume(connect, messages, model="claude-opus-4-8", thinking=thinking)
    assert reply.content[0].text == "ok"


def test_thinking_between_calls_of_one_reply_is_bound_to_what_it_follows(connect: Connect) -> None:
    call = ToolUse("python", {"code": "1"})
    turn = ScriptedTurn([Thinking("one"), Text("so"), Thinking("two"), call])
    with LoopbackModel([turn, ScriptedTurn([Text("done")])]) as model:
        messages = run(connect(model))
    assert resume(connect, messages).content[0].text == "ok"
    messages[1]["content"][1].text = "thus"
    with pytest.raises(anthropic.BadRequestError, match=r"messages\.1\.content\.2.*different"):
        resume(connect, messages)
