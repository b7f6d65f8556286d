"""The server itself: what it records, whom it lets in, and that it costs no time."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anthropic
import httpx2
import pytest

from tests.canary import KEY
from tests.loopback import LoopbackModel, ScriptedTurn, Text, ToolUse

from .asking import HELLO, MODEL, PYTHON, ask
from .conftest import Connect

HI = ScriptedTurn([Text("hi")])


def test_it_records_what_came_in_and_when(connect: Connect) -> None:
    with LoopbackModel([HI, HI]) as model:
        before = time.perf_counter()
        ask(connect(model))
        ask(connect(model))
        after = time.perf_counter()
        times = [model.arrivals[0], model.completions[0], model.arrivals[1], model.completions[1]]
        assert times == sorted(times)
        assert before < times[0] < times[-1] < after
        assert [json.loads(body) for body in model.bodies] == model.requests
        assert model.requests[0]["messages"] == HELLO
        assert model.headers[0]["authorization"] == "Bearer sk-test"
        assert model.headers[0]["anthropic-version"] == "2026-10-21"
        assert model.paths == ["POST /v1/messages"] * 2
        assert [usage["model"] for usage in model.usages] == [MODEL, MODEL]


def test_a_reply_that_goes_on_does_not_count_in_a_record_begun_anew(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn([Text("late")], latency=0.2), HI]) as model:
        with ThreadPoolExecutor() as threads:
            late = threads.submit(ask, connect(model))
            assert model.wait_for_requests()
            model.forget()
            ask(connect(model))
            assert math.isfinite(model.completions[0])
            assert late.result().content[0].text == "late"
        assert len(model.requests) == len(model.completions) == len(model.usages) == 1


def test_a_function_can_be_the_script(connect: Connect) -> None:
    def echo(request: dict[str, Any]) -> ScriptedTurn:
        return ScriptedTurn([Text(f"You said {request['messages'][-1]['content']}")])

    with LoopbackModel(echo) as model:
        assert ask(connect(model)).content[0].text == "You said hello"


def test_an_error_of_the_script_is_raised_when_the_block_ends(connect: Connect) -> None:
    def broken(request: dict[str, Any]) -> ScriptedTurn:
        raise AssertionError("the agent sent the wrong thing")

    def serve() -> None:
        with LoopbackModel(broken) as model:
            with pytest.raises(anthropic.InternalServerError, match="the wrong thing"):
                ask(connect(model))
            assert len(model.requests) == 1, "it is not retried"

    with pytest.raises(AssertionError, match="the wrong thing"):
        serve()


def test_a_turn_that_is_not_json_is_an_error_of_the_test(connect: Connect) -> None:
    def serve() -> None:
        turn = ScriptedTurn([ToolUse("python", {"code": {1}})])
        with LoopbackModel([turn]) as model, pytest.raises(httpx2.RemoteProtocolError):
            ask(connect(model))

    with pytest.raises(TypeError, match="not JSON serializable"):
        serve()


def test_an_exhausted_script_says_so_at_once(connect: Connect) -> None:
    with LoopbackModel([HI]) as model:
        ask(connect(model))
        with pytest.raises(anthropic.InternalServerError, match="exhausted: it has 1 turns"):
            ask(connect(model))
        assert len(model.requests) == 2


def test_the_wrong_key_and_no_key_are_refused(connect: Connect, http: httpx2.Client) -> None:
    with LoopbackModel([HI]) as model:
        with pytest.raises(anthropic.AuthenticationError, match="invalid x-api-key") as caught:
            ask(connect(model, api_key="sk-wrong"))
        with pytest.raises(anthropic.AuthenticationError):
            connect(model, api_key="sk-wrong").models.list()
        assert http.post(f"{model.url}/v1/messages", json={}).status_code == 401
    assert caught.value.type == "authentication_error"


def test_a_model_that_is_sent_the_tests_own_key_says_so_at_the_end(connect: Connect) -> None:
    with (
        pytest.raises(AssertionError, match="the model was sent the key"),
        LoopbackModel([HI]) as model,
    ):
        ask(connect(model, api_key=KEY), messages=[{"role": "user", "content": f"it is {KEY}"}])


def test_an_unknown_model_is_not_found(connect: Connect) -> None:
    with LoopbackModel([HI], unknown_models={"claude-retired"}) as model:
        client = connect(model)
        with pytest.raises(anthropic.NotFoundError, match="claude-retired") as caught:
            ask(client, model="claude-retired")
        with pytest.raises(anthropic.NotFoundError, match="claude-retired"):
            client.models.retrieve("claude-retired")
        with pytest.raises(anthropic.NotFoundError, match="claude-retired"):
            client.messages.count_tokens(model="claude-retired", messages=HELLO)
        assert ask(client).content[0].text == "hi"
    assert caught.value.type == "not_found_error"


def test_models_are_listed_with_what_they_can_do(connect: Connect) -> None:
    with LoopbackModel() as model:
        client = connect(model)
        listed = [entry.id for entry in client.models.list()]
        info = client.models.retrieve(MODEL)
    assert MODEL in listed
    assert info.line == "opus"
    assert info.max_input_tokens == 1_000_000
    assert info.capabilities is not None
    assert info.capabilities.thinking.types.adaptive.supported
    assert not info.capabilities.thinking.types.disabled.supported


def test_a_longer_prompt_counts_more_tokens(connect: Connect) -> None:
    with LoopbackModel() as model:
        client = connect(model)
        short = client.messages.count_tokens(model=MODEL, messages=HELLO)
        long = client.messages.count_tokens(model=MODEL, messages=HELLO, tools=[PYTHON])
        assert model.requests == []
    assert 0 < short.input_tokens < long.input_tokens


def test_anything_else_is_not_found_and_not_json_is_refused(http: httpx2.Client) -> None:
    key = {"x-api-key": "k", "anthropic-version": "2026-10-21"}
    with LoopbackModel() as model:
        assert http.get(f"{model.url}/", headers=key).status_code == 404
        assert http.post(f"{model.url}/v1/complete", headers=key).status_code == 404
        answer = http.post(f"{model.url}/v1/messages", headers=key, content=b"{")
        assert answer.status_code == 400
        assert (model.bodies, model.requests) == ([b"{"], [{}])


def test_requests_are_served_at_the_same_time(connect: Connect) -> None:
    together = threading.Barrier(4, timeout=5)

    def wait(request: dict[str, Any]) -> ScriptedTurn:
        together.wait()
        return HI

    with LoopbackModel(wait) as model, ThreadPoolExecutor(4) as pool:
        client = connect(model)
        replies = list(pool.map(lambda _: ask(client).content[0].text, range(4)))
    assert replies == ["hi"] * 4


def test_a_client_that_leaves_is_recorded_and_not_billed() -> None:
    async def leave(model: LoopbackModel) -> None:
        async with anthropic.AsyncAnthropic(base_url=model.url, api_key="k") as client:

            async def read() -> None:
                settings: dict[str, Any] = {"model": MODEL, "max_tokens": 4000}
                async with client.messages.stream(messages=HELLO, **settings) as stream:
                    async for _ in stream.text_stream:
                        pass

            task = asyncio.create_task(read())
            assert await asyncio.to_thread(model.wait_for_requests)
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(model.wait_for_abandoned)

    slow = ScriptedTurn([Text("word " * 300, chunk=5)], delay=0.01)
    with LoopbackModel([slow]) as model:
        asyncio.run(leave(model))
        assert model.abandoned == [0]
        assert model.usages == []
        assert math.isnan(model.completions[0])


def test_closing_does_not_wait_for_slow_replies(connect: Connect) -> None:
    with (
        LoopbackModel([ScriptedTurn([Text("hi")], latency=60)]) as model,
        pytest.raises(anthropic.APITimeoutError),
    ):
        ask(connect(model, max_retries=0), timeout=0.1)
    assert math.isnan(model.completions[0]), "it was over before its reply was"
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(model.url)


def test_a_script_can_be_played_again() -> None:
    assert ScriptedTurn([Text("a")]) == ScriptedTurn(iter([Text("a")]))
