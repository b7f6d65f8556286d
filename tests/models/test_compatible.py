"""Servers that are not Claude's get only what they can take."""

from __future__ import annotations

import json
from typing import Any

import pytest

from codeact_jupyter.engine.messages import Message
from codeact_jupyter.engine.trajectory import Trajectory, Turn
from codeact_jupyter.errors import ModelError
from tests.engine.twins import Workshop
from tests.loopback import LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .talking import ask, conversation, converse, request, runs, says, talking_to

IMAGE = {"source": {"data": "QQ==", "media_type": "image/png", "type": "base64"}, "type": "image"}
FOREIGN = ("thinking", "cache_control", "output_config", "tool_choice")


def every_key(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value).union(*map(every_key, value.values()))
    return set().union(*map(every_key, value)) if isinstance(value, list) else set()


async def test_a_whole_run_on_a_compatible_server() -> None:
    workshop = Workshop()
    script = [
        ScriptedTurn([Thinking("Hm."), Text("I look."), ToolUse("python", {"code": "x = 20"})]),
        ScriptedTurn([ToolUse("python", raw='{"code": "cut')], stop_reason="max_tokens"),
        runs("x + 1"),
        says("21"),
    ]
    with LoopbackModel(script, dialect="compatible") as server:
        async with talking_to(server, "local-model", profile="compatible", effort="low") as model:
            trajectory = await converse(model, workshop, conversation())
    turn = trajectory.turns[0]
    assert (turn.state, workshop.ran) == ("answered", ["x = 20", "x + 1"])
    assert turn.steps[0].reply.thought == "Hm.\n\nI look."
    assert turn.cost is None
    assert turn.usage.prompt > 0
    for sent in server.requests:
        assert not every_key(sent) & {*FOREIGN, "eager_input_streaming", "signature"}
        assert sent["max_tokens"] <= 4_096


async def test_what_claude_was_told_is_put_in_words_for_another_server() -> None:
    text = {"text": "drawn", "type": "text"}
    call = {"id": "c", "input": {"code": "plot()"}, "name": "python", "type": "tool_use"}
    result = {"content": [text, IMAGE], "tool_use_id": "c", "type": "tool_result"}
    messages = (
        Message("user", (text, IMAGE)),
        Message("assistant", ({"signature": "s", "thinking": "t", "type": "thinking"}, call)),
        Message("user", (result,)),
    )
    seen = "(an image, which this model cannot see)"
    with LoopbackModel([says("ok")], dialect="compatible") as server:
        async with talking_to(server, "local-model", profile="compatible") as model:
            await ask(model, request(messages))
    words = {"text": seen, "type": "text"}
    assert server.requests[0]["messages"] == [
        {"role": "user", "content": [text, words]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{**result, "content": [text, words]}]},
    ]


async def test_a_server_that_sees_images_gets_them() -> None:
    with LoopbackModel([], dialect="compatible") as server:
        async with talking_to(server, "m", profile="compatible-images") as model:
            with pytest.raises(ModelError, match="image input is not supported"):
                await ask(model, request((Message("user", (IMAGE,)),)))
    assert server.requests[0]["messages"][0]["content"] == [IMAGE]


async def test_actions_in_fences_end_to_end() -> None:
    workshop = Workshop()
    code = 'names = ["a", "b"]\n\nprint("""\n  # not a fence: ``\n""")\nlen(names)'
    script = [
        ScriptedTurn([Text("I count."), ToolUse("python", {"code": code})]),
        ScriptedTurn([Text("Now:\n```python\nnames.append('c')\n```\nIt prints 3.")]),
        says("There are 3. In shell:\n```sh\nls\n```\nand data:\n```\nno code"),
        says("There are **3**."),
    ]
    with LoopbackModel(script, dialect="compatible", tools=False) as server:
        async with talking_to(server, "local-model", profile="fenced") as model:
            trajectory = await converse(model, workshop, conversation())
    turn = trajectory.turns[0]
    assert workshop.ran[:2] == [code, "names.append('c')"]
    assert turn.state == "answered"
    for sent in server.requests:
        assert not every_key(sent) & {*FOREIGN, "tools"}
        kinds = {block["type"] for message in sent["messages"] for block in message["content"]}
        assert kinds == {"text"}
        assert "```python" in sent["system"][0]["text"]
    assert server.requests[1]["messages"][1]["content"] == [
        {"type": "text", "text": f"I count.\n\n```python\n{code}\n```"}
    ]
    assert "It prints 3" not in json.dumps(server.requests[2])
    assert turn.steps[0].reply.thought == "I count."


async def test_fenced_code_is_typed_live_and_its_parts_make_the_whole() -> None:
    text = "I look.\n```python\n\nx = 1\n\n\nif x:\n    y = 2\n\n```\nand more"
    with LoopbackModel([ScriptedTurn([Text(text, chunk=3)])], dialect="compatible") as server:
        async with talking_to(server, "m", profile="fenced") as model:
            reply, heard = await ask(model)
    assert reply.code == "\nx = 1\n\n\nif x:\n    y = 2"
    assert heard.part("code") == reply.code
    assert heard.part("answer") == "I look.\n"


async def test_a_conversation_with_tools_goes_on_in_fences() -> None:
    workshop, trajectory = Workshop(), conversation()
    with LoopbackModel([runs("x = 1"), says("one")]) as server:
        async with talking_to(server) as model:
            trajectory = await converse(model, workshop, trajectory)
    trajectory = trajectory.begin(Turn("r2", "two", ({"text": "two", "type": "text"},)))
    with LoopbackModel([says("two")], dialect="compatible", tools=False) as server:
        async with talking_to(server, "m", profile="fenced") as model:
            trajectory = await converse(model, workshop, trajectory)
    assert isinstance(trajectory, Trajectory)
    assert trajectory.turns[1].state == "answered"
    sent = server.requests[0]["messages"]
    texts = [[block["text"] for block in message["content"]] for message in sent]
    assert texts[1] == ["```python\nx = 1\n```"]
    assert texts[2] == ["[ok, 0.5 s]"]


async def test_fenced_code_is_acted_on_where_the_server_dropped_the_tools() -> None:
    workshop = Workshop()
    script = [ScriptedTurn([ToolUse("python", {"code": "x = 1 + 1\nprint(x)"})]), says("It is 2.")]
    with LoopbackModel(script, dialect="compatible", tools=False) as server:
        async with talking_to(server, "local-model", profile="compatible") as model:
            trajectory = await converse(model, workshop, conversation())
    assert workshop.ran == ["x = 1 + 1\nprint(x)"]
    assert trajectory.turns[0].state == "answered"
    assert "tools" in server.requests[0]


async def test_what_a_model_with_tools_quotes_without_a_language_is_not_run() -> None:
    workshop, text = Workshop(), "You print it so:\n```\nprint(x)\n```"
    with LoopbackModel([says(text)], dialect="compatible") as server:
        async with talking_to(server, "local-model", profile="compatible") as model:
            trajectory = await converse(model, workshop, conversation())
    (turn,) = trajectory.turns
    assert not workshop.ran and (turn.state, turn.answer.text) == ("answered", text)


async def test_a_fence_in_an_answer_is_not_acted_on_once_a_tool_was_called() -> None:
    workshop = Workshop()
    script = [runs("x = 1"), says("Done. To see it:\n```python\nprint(x)\n```")]
    with LoopbackModel(script, dialect="compatible") as server:
        async with talking_to(server, "local-model", profile="compatible") as model:
            trajectory = await converse(model, workshop, conversation())
    assert workshop.ran == ["x = 1"]
    assert trajectory.turns[0].state == "answered"


async def test_a_fence_of_claudes_is_never_an_action() -> None:
    workshop = Workshop()
    with LoopbackModel([says("Try:\n```python\nprint(1)\n```")]) as server:
        async with talking_to(server) as model:
            trajectory = await converse(model, workshop, conversation())
    assert workshop.ran == []
    assert trajectory.turns[0].state == "answered"


async def test_a_call_whose_input_comes_whole_with_its_start_is_read() -> None:
    from codeact_jupyter.models.reply import ReplyBuilder

    from .talking import Heard, request

    heard = Heard()
    builder = ReplyBuilder(request(), heard.append)
    call = {"type": "tool_use", "id": "c", "name": "python", "input": {"code": "x = 1"}}
    for event in (
        {"type": "message_start", "message": {}},
        {"type": "content_block_start", "index": 0, "content_block": call},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
        {"type": "message_stop"},
    ):
        builder.feed(event)
    reply = builder.reply()
    assert (reply.code, heard.part("code")) == ("x = 1", "x = 1")
    assert reply.blocks == (call,)
