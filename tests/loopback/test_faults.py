"""What goes wrong, and how the real SDK shows it to its caller."""

from __future__ import annotations

import anthropic
import httpx2
import pytest

from tests.loopback import Fault, FaultKind, LoopbackModel, ScriptedTurn, Text

from .asking import HELLO, MODEL, ask, raw
from .conftest import Connect

WORDS = [Text("a b c d e f g h i j k l m n o p q r s t u v w x y z")]


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [
        (429, anthropic.RateLimitError, 3),
        (529, anthropic.OverloadedError, 3),
        (500, anthropic.InternalServerError, 3),
        (504, anthropic.GatewayTimeoutError, 3),
        (408, anthropic.RequestTimeoutError, 3),
        (400, anthropic.BadRequestError, 1),
        (403, anthropic.PermissionDeniedError, 1),
        (413, anthropic.ContentTooLargeError, 1),
    ],
)
def test_a_status_before_the_stream_is_retried_only_when_it_may_pass(
    connect: Connect, status: int, error: type[anthropic.APIStatusError], tries: int
) -> None:
    fault = Fault(status=status, error_type="api_error", headers={"retry-after-ms": "1"})
    with LoopbackModel([ScriptedTurn(fault=fault)] * 3) as model:
        with pytest.raises(error) as caught:
            ask(connect(model))
        assert len(model.requests) == tries
    assert caught.value.type == "api_error"
    assert caught.value.request_id


def test_headers_of_a_fault_reach_the_caller(connect: Connect) -> None:
    headers = {"retry-after": "3600", "x-should-retry": "false"}
    with LoopbackModel([ScriptedTurn(fault=Fault(status=429, headers=headers))]) as model:
        with pytest.raises(anthropic.RateLimitError) as caught:
            ask(connect(model))
        assert len(model.requests) == 1
    assert caught.value.response.headers["retry-after"] == "3600"


def test_a_page_of_html_is_a_status_error_without_a_type(connect: Connect) -> None:
    fault = Fault(status=502, body=b"<html><h1>Bad Gateway</h1></html>")
    with (
        LoopbackModel([ScriptedTurn(fault=fault)]) as model,
        pytest.raises(anthropic.InternalServerError) as caught,
    ):
        ask(connect(model, max_retries=0))
    assert caught.value.status_code == 502
    assert caught.value.type is None
    assert "Bad Gateway" in caught.value.response.text


def test_a_retry_takes_the_next_turn(connect: Connect) -> None:
    fault = Fault(status=529, headers={"retry-after-ms": "1"})
    with LoopbackModel([ScriptedTurn(fault=fault), ScriptedTurn([Text("hi")])]) as model:
        assert ask(connect(model)).content[0].text == "hi"
        assert [h["x-stainless-retry-count"] for h in model.headers] == ["0", "1"]


def test_a_connection_closed_before_the_reply_is_a_connection_error(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn(fault=Fault(kind="disconnect"))]) as model:
        with pytest.raises(anthropic.APIConnectionError):
            ask(connect(model, max_retries=0))
        assert len(model.requests) == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("error", anthropic.APIStatusError),
        ("truncate", httpx2.RemoteProtocolError),
        ("reset", httpx2.ReadError),
    ],
)
def test_a_failure_in_the_stream_is_not_retried(
    connect: Connect, kind: FaultKind, error: type[Exception]
) -> None:
    with LoopbackModel([ScriptedTurn(WORDS, fault=Fault(kind=kind, after=4))]) as model:
        with pytest.raises(error) as caught:
            ask(connect(model))
        assert len(model.requests) == 1
        assert model.usages == []
    if isinstance(caught.value, anthropic.APIStatusError):
        assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")


@pytest.mark.parametrize("kind", ["error", "truncate", "reset", "eof"])
def test_the_events_before_a_failure_arrive(connect: Connect, kind: FaultKind) -> None:
    seen = []
    with LoopbackModel([ScriptedTurn(WORDS, fault=Fault(kind=kind, after=4))]) as model:
        settings = {"model": MODEL, "max_tokens": 99, "messages": HELLO}
        try:
            for event in connect(model).messages.create(stream=True, **settings):
                seen.append(event.type)
        except (anthropic.APIError, httpx2.HTTPError):
            assert kind != "eof"
    assert seen == ["message_start", "content_block_start", "content_block_delta"]


def test_a_clean_end_without_message_stop_looks_like_success(connect: Connect) -> None:
    with LoopbackModel([ScriptedTurn(WORDS, fault=Fault(kind="eof", after=4))]) as model:
        message = ask(connect(model))
    assert message.stop_reason is None
    assert message.content[0].text == "a b c d e f "


def test_a_stalled_stream_is_a_read_timeout(connect: Connect) -> None:
    fault = Fault(kind="stall", after=3, seconds=60)
    with (
        LoopbackModel([ScriptedTurn(WORDS, fault=fault)]) as model,
        pytest.raises(httpx2.ReadTimeout),
    ):
        ask(connect(model), timeout=0.2)


def test_a_stall_shorter_than_the_timeout_is_only_slow(connect: Connect) -> None:
    fault = Fault(kind="stall", after=3, seconds=0.2)
    with LoopbackModel([ScriptedTurn(WORDS, fault=fault)]) as model:
        assert ask(connect(model)).stop_reason == "end_turn"
        assert model.completions[0] - model.arrivals[0] >= 0.2


def test_latency_is_before_the_first_byte_and_delay_between_events(connect: Connect) -> None:
    turn = ScriptedTurn([Text("abcdef", chunk=1)], latency=0.1, delay=0.01)
    with LoopbackModel([turn]) as model:
        events = raw(connect(model))
        seconds = model.completions[0] - model.arrivals[0]
    assert seconds >= 0.1 + 0.01 * (len(events) - 1)
