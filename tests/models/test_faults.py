"""Every fault of a server ends in its promised outcome, and a cut stream never runs its action."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.errors import ModelError
from codeact_jupyter.models.anthropic import AnthropicModel
from codeact_jupyter.models.profiles import CLAUDE
from codeact_jupyter.models.retrying import Retrying
from tests.engine.twins import AllowAll, Workshop, listen
from tests.loopback import Fault, LoopbackModel, ScriptedTurn, Text, Thinking, ToolUse

from .talking import KEY, OPUS, ask, conversation, converse, patient, runs, says, talking_to

SOON = {"retry-after": "0"}


def fault(**options: Any) -> ScriptedTurn:
    return ScriptedTurn([Text("never heard")], fault=Fault(**options))


PASSING = {
    "429": fault(status=429, error_type="rate_limit_error", headers=SOON),
    "500": fault(status=500, error_type="api_error", message="Internal"),
    "502 of a proxy, in HTML": fault(
        status=502, body=b"<html><style>b{}</style><h1>Bad gateway</h1></html>"
    ),
    "503": fault(status=503, error_type="api_error"),
    "504": fault(status=504, error_type="timeout_error"),
    "529": fault(status=529),
    "408": fault(status=408, error_type="timeout_error"),
    "409": fault(status=409, error_type="conflict_error"),
    "400 with x-should-retry": fault(
        status=400, error_type="invalid_request_error", headers={"x-should-retry": "true"}
    ),
    "error event": fault(kind="error", after=3),
    "error event at once": fault(kind="error", after=1),
    "truncated": fault(kind="truncate", after=3),
    "reset": fault(kind="reset", after=3),
    "eof": fault(kind="eof", after=3),
    "eof before anything": fault(kind="eof", after=0),
    "disconnect": fault(kind="disconnect"),
}


@pytest.mark.parametrize("turn", PASSING.values(), ids=PASSING)
async def test_a_passing_fault_is_asked_again_visibly(turn: ScriptedTurn) -> None:
    with LoopbackModel([turn, turn, says("Hello!")]) as server:
        async with talking_to(server) as model:
            reply, heard = await ask(patient(model))
    assert reply.text == "Hello!"
    assert [retry.attempt for retry in heard.retries] == [2, 3]
    assert all(server.url in retry.reason or "broke off" in retry.reason for retry in heard.retries)
    assert len(server.requests) == 3


@pytest.mark.parametrize("turn", PASSING.values(), ids=PASSING)
async def test_a_passing_fault_that_stays_is_a_named_failure(turn: ScriptedTurn) -> None:
    with LoopbackModel([turn] * 3) as server:
        async with talking_to(server) as model:
            with pytest.raises(ModelError, match="Asked 3 times; try again later") as caught:
                await ask(patient(model))
    assert caught.value.fault in ("rate", "server", "overloaded", "stream", "connection")
    assert not caught.value.retryable
    assert "<" not in str(caught.value)


NAMED: dict[str, tuple[ScriptedTurn, str, str]] = {
    "400": (
        fault(status=400, error_type="invalid_request_error", message="messages.1: no"),
        "request",
        "did not accept the request .400: messages.1: no",
    ),
    "401": (
        fault(status=401, error_type="authentication_error", message="invalid x-api-key"),
        "authentication",
        "refused the key .401: invalid x-api-key.*ANTHROPIC_API_KEY",
    ),
    "403": (
        fault(status=403, error_type="permission_error", message="not yours"),
        "authentication",
        "refused the key .403: not yours",
    ),
    "404": (
        fault(status=404, error_type="not_found_error", message="model: claude-opus-5-5"),
        "unknown-model",
        "knows no model 'claude-opus-5-5'.*--model",
    ),
    "404 of something else": (
        fault(status=404, body=b"<h1>Not Found</h1>"),
        "unknown-model",
        "or is no Messages API .404:.*check the address",
    ),
    "413": (
        fault(status=413, error_type="request_too_large", message="Request exceeds"),
        "context",
        "too long.*Start a new one",
    ),
    "prompt too long": (
        fault(status=400, error_type="invalid_request_error", message="prompt is too long: 2 > 1"),
        "context",
        "too long.*Start a new one",
    ),
    "exceed_context_size of llama-server": (
        fault(
            status=400,
            error_type="exceed_context_size_error",
            message="request (9 tokens) exceeds the available context size (8 tokens)",
        ),
        "context",
        "Start a new one",
    ),
    "429 that asks not to be asked again": (
        fault(
            status=429,
            error_type="rate_limit_error",
            message="quota",
            headers={"x-should-retry": "false"},
        ),
        "rate",
        "limiting our rate .429: quota.*asks not to try again",
    ),
    "429 with an hour to wait": (
        fault(status=429, error_type="rate_limit_error", headers={"retry-after": "3600"}),
        "rate",
        "asks to wait 3,600 seconds; try again later",
    ),
    "529 with a date far away": (
        fault(status=529, headers={"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"}),
        "overloaded",
        "asks to wait",
    ),
    "no tools": (
        fault(
            status=400,
            error_type="invalid_request_error",
            message="registry/m does not support tools",
        ),
        "request",
        'set `profile = "fenced"`',
    ),
    "refusal": (
        ScriptedTurn([], stop_reason="refusal", stop_details={"category": "cyber"}),
        "refusal",
        "refused this task",
    ),
    "context exceeded while writing": (
        ScriptedTurn([Text("so")], stop_reason="model_context_window_exceeded"),
        "context",
        "start a new one",
    ),
    "an event that is none": (
        fault(kind="error", after=2, error_type="invalid_request_error", message="odd"),
        "request",
        "odd",
    ),
}


@pytest.mark.parametrize(("turn", "name", "words"), NAMED.values(), ids=NAMED)
async def test_a_lasting_fault_fails_at_once_and_says_what_to_do(
    turn: ScriptedTurn, name: str, words: str
) -> None:
    with LoopbackModel([turn]) as server:
        async with talking_to(server) as model:
            with pytest.raises(ModelError, match=words) as caught:
                await ask(patient(model))
    assert caught.value.fault == name
    assert len(server.requests) == 1


BEGUN = {"type": "message_start", "message": {"usage": {"output_tokens": 7}}}
CALL = {"type": "tool_use", "name": "python"}
NO_TEXTS: dict[str, tuple[dict[str, Any], ...]] = {
    "model": ({"type": "message_start", "message": {"model": 5}},),
    "text": ({"type": "content_block_start", "index": 0, "content_block": {"text": 5}},),
    "thinking": ({"type": "content_block_start", "index": 0, "content_block": {"thinking": []}},),
    "partial_json": (
        {"type": "content_block_start", "index": 0, "content_block": CALL},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": 5},
        },
    ),
}


@pytest.mark.parametrize("key", NO_TEXTS)
async def test_a_stream_with_what_is_no_text_is_a_named_failure(key: str) -> None:
    stream = "".join(
        f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
        for event in (BEGUN, *NO_TEXTS[key])
    )
    answer = fault(status=200, body=stream.encode(), content_type="text/event-stream")
    with LoopbackModel([answer]) as server:
        async with talking_to(server) as model:
            trajectory = await converse(model, Workshop(), conversation())
    turn = trajectory.turns[0]
    assert turn.state == "failed"
    assert f"sent {key!r}" in turn.reason and "no text" in turn.reason


async def test_a_short_wish_of_the_server_is_obeyed() -> None:
    waits = [{"retry-after": "0.03"}, {"retry-after-ms": "20"}, {"retry-after": "soon"}]
    turns = [fault(status=429, error_type="rate_limit_error", headers=wait) for wait in waits]
    with LoopbackModel([*turns, says("ok")]) as server:
        async with talking_to(server) as model:
            _, heard = await ask(Retrying(model, first_wait=0.05, jitter=lambda: 1.0))
    assert [retry.seconds for retry in heard.retries] == [0.0, 0.0, 0.2]


async def test_a_stream_that_goes_silent_is_asked_again() -> None:
    stall = ScriptedTurn([Text("so")], fault=Fault(kind="stall", after=2, seconds=30))
    with LoopbackModel([stall, says("ok")]) as server:
        async with talking_to(server, silence=0.3) as model:
            reply, heard = await ask(patient(model))
    assert reply.text == "ok"
    assert "went silent in the middle of its answer" in heard.retries[0].reason


async def test_a_server_that_never_begins_is_asked_again() -> None:
    with LoopbackModel([ScriptedTurn([Text("so")], latency=30), says("ok")]) as server:
        async with talking_to(server, silence=0.3) as model:
            reply, heard = await ask(patient(model))
    assert reply.text == "ok"
    assert "did not answer in time" in heard.retries[0].reason


async def test_a_refused_connection_is_asked_again_and_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        model = AnthropicModel(OPUS, api_key=KEY, base_url=url)
        with pytest.raises(ModelError, match=f"Could not connect to {url}.*Check the network") as c:
            await ask(patient(model, attempts=2))
        await model.close()
    assert c.value.fault == "connection"


async def test_a_name_that_cannot_be_found_is_named() -> None:
    model = AnthropicModel(OPUS, api_key=KEY, base_url="http://no-such-host.invalid")
    with pytest.raises(ModelError, match=r"Could not connect to http://no-such-host\.invalid"):
        await ask(model)
    await model.close()


async def test_an_address_that_is_none_is_named() -> None:
    model = AnthropicModel(OPUS, api_key=KEY, base_url="http://127.0.0.1:port")
    with pytest.raises(ModelError, match="is no address"):
        await ask(model)


@pytest.mark.parametrize("stop", ["stop", "interrupt"])
async def test_backing_off_ends_at_once_when_the_run_is_stopped(stop: str) -> None:
    turn = fault(status=529, headers={"retry-after": "50"})
    with LoopbackModel([turn]) as server:
        async with talking_to(server) as model:
            agent = Agent(Retrying(model), Workshop(), AllowAll())

            def on_event(event: events.Event) -> None:
                if isinstance(event, events.Retrying):
                    assert event.seconds == 50
                    asyncio.get_running_loop().call_soon(getattr(agent, stop))

            _, turn_ended = await asyncio.wait_for(listen(agent, conversation(), on_event), 30)
    assert turn_ended.state == "stopped"
    assert len(server.requests) == 1


async def test_stopping_closes_the_connection_in_the_middle_of_a_stream() -> None:
    slow = ScriptedTurn([Text("word " * 200)], delay=0.05)
    with LoopbackModel([slow]) as server:
        async with talking_to(server) as model:
            agent = Agent(model, Workshop(), AllowAll())

            def on_event(event: events.Event) -> None:
                if isinstance(event, events.Streamed):
                    agent.stop()

            _, turn = await listen(agent, conversation(), on_event)
            assert server.wait_for_abandoned()
    assert turn.state == "stopped"


@pytest.mark.parametrize("after", [9, 15, 16], ids=["in the code", "after it", "before the end"])
@pytest.mark.parametrize("kind", ["truncate", "reset", "eof", "error", "stall"])
async def test_a_stream_that_is_cut_never_runs_its_action(kind: Any, after: int) -> None:
    cut = ScriptedTurn(
        [Thinking("hm"), ToolUse("python", {"code": "ran = 'the cut one'"}, chunk=6)],
        fault=Fault(kind=kind, after=after, seconds=30),
    )
    workshop = Workshop()
    with LoopbackModel([cut, runs("ran = 'the whole one'"), says("done")]) as server:
        async with talking_to(server, silence=0.4) as model:
            trajectory = await converse(patient(model), workshop, conversation())
    assert workshop.ran == ["ran = 'the whole one'"]
    assert trajectory.turns[0].state == "answered"
    assert len(trajectory.turns[0].steps) == 1
    assert len(server.requests) == 3


BAD_CALLS: dict[str, tuple[ScriptedTurn, str, str]] = {
    "cut by max_tokens": (
        ScriptedTurn([ToolUse("python", raw='{"code": "print(1)')], stop_reason="max_tokens"),
        "cut",
        "output limit; do this in smaller pieces",
    ),
    "cut with tool_use": (
        ScriptedTurn([ToolUse("python", raw='{"code": "print(1)')]),
        "malformed",
        "incomplete or invalid",
    ),
    "cut without the end of its block": (
        ScriptedTurn(
            [ToolUse("python", raw='{"code": "x')], stop_reason="max_tokens", close_blocks=False
        ),
        "cut",
        "smaller pieces",
    ),
    "malformed": (
        ScriptedTurn([ToolUse("python", raw='{"code": "a" "b"}')]),
        "malformed",
        "incomplete or invalid",
    ),
    "no object": (ScriptedTurn([ToolUse("python", raw="[1]")]), "no code", "no string 'code'"),
    "nothing": (ScriptedTurn([ToolUse("python", raw="")]), "no code", "no string 'code'"),
    "other key": (ScriptedTurn([ToolUse("python", {"cmd": "x"})]), "no code", "no string 'code'"),
    "no string": (ScriptedTurn([ToolUse("python", {"code": 3})]), "no code", "no string 'code'"),
    "blank": (ScriptedTurn([ToolUse("python", {"code": " \n"})]), "no code", "code is empty"),
    "unknown tool": (
        ScriptedTurn([ToolUse("bash", {"code": "ls"})]),
        "unknown tool",
        "there is no tool 'bash'; the only one is 'python'",
    ),
    "NaN": (
        ScriptedTurn([ToolUse("python", raw='{"code": "1", "x": NaN}')]),
        "malformed",
        "not JSON compliant",
    ),
    "half a surrogate pair": (
        ScriptedTurn([ToolUse("python", raw='{"code": "print(\'\\ud83d\')"}')]),
        "malformed",
        "half of a surrogate pair",
    ),
    "nothing at all": (ScriptedTurn([]), "empty", "the reply was empty"),
    "only thinking": (ScriptedTurn([Thinking("hm")]), "empty", "the reply was empty"),
    "blank text": (ScriptedTurn([Text(" \n")]), "empty", "the reply was empty"),
    "text that is cut": (
        ScriptedTurn([Text("so")], stop_reason="max_tokens"),
        "cut",
        "go on, and be brief",
    ),
    "thinking that is cut": (
        ScriptedTurn([Thinking("hm " * 100)], stop_reason="max_tokens", close_blocks=False),
        "cut",
        "be brief",
    ),
}


@pytest.mark.parametrize(("bad", "kind", "words"), BAD_CALLS.values(), ids=BAD_CALLS)
async def test_a_call_that_cannot_be_run_is_told_and_the_conversation_stays_valid(
    bad: ScriptedTurn, kind: str, words: str
) -> None:
    workshop = Workshop()
    script = [runs("x = 1"), bad, runs("x"), says("done")]
    with LoopbackModel([_with_thinking(turn) for turn in script]) as server:
        async with talking_to(server) as model:
            trajectory = await converse(model, workshop, conversation())
    turn = trajectory.turns[0]
    assert (turn.state, turn.reason) == ("answered", "")
    assert workshop.ran == ["x = 1", "x"]
    assert turn.steps[1].mistake is not None
    assert turn.steps[1].mistake.kind == kind
    assert words in str(turn.steps[1].told)
    assert words.split(";")[0] in str(server.requests[2]["messages"][-1])


def _with_thinking(turn: ScriptedTurn) -> ScriptedTurn:
    if not turn.content or isinstance(turn.content[0], Thinking):  # type: ignore[index]
        return turn
    return ScriptedTurn(
        [Thinking("I think."), *turn.content],
        stop_reason=turn.stop_reason,
        close_blocks=turn.close_blocks,
    )


async def test_raw_newlines_inside_a_string_are_accepted() -> None:
    raw = '{"code": "x = 1\ny = 2\tif x else 3"}'
    with LoopbackModel([ScriptedTurn([ToolUse("python", raw=raw)])]) as server:
        async with talking_to(server) as model:
            reply, heard = await ask(model)
    assert reply.code == "x = 1\ny = 2\tif x else 3"
    assert heard.part("code") == reply.code


SECRETS: dict[str, tuple[str, ScriptedTurn]] = {
    "a server that repeats the key": (
        KEY,
        fault(status=401, error_type="authentication_error", message=f"bad key {KEY}"),
    ),
    "a proxy that repeats the header": (
        KEY,
        fault(status=400, body=f"<p>Authorization: Bearer {KEY}</p>".encode()),
    ),
    "an error event that repeats it": (KEY, fault(kind="error", after=2, message=f"no {KEY}")),
    "a newline in the key": (f"{KEY}\nX: y", says("never asked")),
    "a letter that no key has": (f"{KEY}ключ", says("never asked")),
}


@pytest.mark.parametrize(("key", "turn"), SECRETS.values(), ids=SECRETS)
async def test_the_key_is_in_no_error(key: str, turn: ScriptedTurn) -> None:
    with LoopbackModel([turn]) as server:
        async with talking_to(server, api_key=key) as model:
            with pytest.raises(ModelError) as caught:
                await ask(patient(model, attempts=1))
    shown = "".join([str(caught.value), repr(caught.value), *caught.value._render_traceback_()])
    assert KEY not in shown
    assert caught.value.__cause__ is None or KEY not in repr(caught.value.__cause__)


async def test_a_key_around_which_there_is_space_works() -> None:
    with LoopbackModel([says("ok")]) as server:
        async with talking_to(server, api_key=f" {KEY}\n") as model:
            await ask(model)
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_the_password_of_an_address_is_in_no_error() -> None:
    with LoopbackModel([fault(status=400, message="no")]) as server:
        url = server.url.replace("//", "//me:hunter2hunter2@")
        model = AnthropicModel(OPUS, api_key=KEY, base_url=url, profile=CLAUDE)
        with pytest.raises(ModelError) as caught:
            await ask(model)
        await model.close()
    assert "hunter2" not in str(caught.value)
    assert server.url in str(caught.value)


async def test_a_wrong_key_fails_the_run_with_the_way_on() -> None:
    with LoopbackModel() as server:
        async with talking_to(server, api_key="sk-wrong") as model:
            trajectory = await converse(patient(model), Workshop(), conversation())
    turn = trajectory.turns[0]
    assert turn.state == "failed"
    assert "refused the key" in turn.reason
    assert "ANTHROPIC_API_KEY" in turn.reason


async def test_an_unknown_model_fails_the_run_with_the_way_on() -> None:
    with LoopbackModel() as server:
        async with talking_to(server, "claude-unknown") as model:
            trajectory = await converse(patient(model), Workshop(), conversation())
    assert trajectory.turns[0].state == "failed"
    assert "knows no model 'claude-unknown'" in trajectory.turns[0].reason


async def test_a_server_of_another_kind_is_named() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        body = b'data: {"type": "message_start"}\n\n'
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
            + b"event: message_start\n"
            + body
        )
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as other:
        port = other.sockets[0].getsockname()[1]
        model = AnthropicModel(OPUS, api_key=KEY, base_url=f"http://127.0.0.1:{port}")
        with pytest.raises(ModelError, match=r"none of the Messages API|broke off"):
            await ask(model)
        await model.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_key_does_not_follow_a_redirect(status: int) -> None:
    with LoopbackModel([says("Caught it.")]) as elsewhere:
        leads = fault(status=status, headers={"location": f"{elsewhere.url}/v1/messages"})
        with LoopbackModel([leads]) as server:
            async with talking_to(server) as model:
                with pytest.raises(ModelError, match=str(status)) as caught:
                    await ask(model)
        assert KEY not in str(caught.value)
        assert not elsewhere.requests and not elsewhere.headers
