"""What a kernel asks of the server's model is bounded before it is read, and nothing stays open."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from codeact_jupyter.engine.messages import Message
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.frontends.server.askable import request_of
from codeact_jupyter.frontends.server.lending import Budget, Lending
from codeact_jupyter.models.anthropic import AnthropicModel
from codeact_jupyter.models.profiles import CLAUDE
from codeact_jupyter.settings import Settings
from tests.loopback import LoopbackModel
from tests.models.talking import OPUS, request, says

HEAD = b'{"stream":true,"model":"m","max_tokens":1,"messages":['
Events = AsyncGenerator[Mapping[str, Any], None]


def body(messages: tuple[Message, ...] = ()) -> bytes:
    """A request as this agent sends it."""
    return AnthropicModel(OPUS, profile=CLAUDE).body(request(messages))


class Server:
    """The settings of a server, which its person may change, and how often it was asked."""

    def __init__(self, url: str) -> None:
        self.settings = Settings(model=OPUS, api_key="sk-test-0123456789", base_url=url)

    async def __call__(self) -> Settings:
        return self.settings


@asynccontextmanager
async def lending(**options: Any) -> AsyncIterator[tuple[Lending, Server]]:
    with LoopbackModel(lambda asked: says("Hello, and so on.")) as model:
        server = Server(model.url)
        lent = Lending({}, server, **options)
        yield lent, server
        await lent.close()


async def rest(events: Events) -> list[str]:
    return [str(event["type"]) async for event in events]


def test_a_long_conversation_of_ours_is_lent() -> None:
    code = 'print("a, b", [1, 2])\n' * 20
    step = (
        Message(
            "assistant",
            (
                {"type": "thinking", "thinking": "Now the sum.\n", "signature": "s" * 400},
                {"type": "text", "text": "I add up."},
                {"type": "tool_use", "id": "toolu_1", "name": "python", "input": {"code": code}},
            ),
        ),
        Message(
            "user",
            (
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "1,2,3,4\n" * 100}],
                },
            ),
        ),
    )
    asked = request_of(body(step * 1_500))
    assert len(asked["messages"]) == 3_000


@pytest.mark.parametrize("value", [b"{}", b"[]", b'""', b"1", b'{"":""}', b'"\\n\\n\\n\\n"'])
def test_a_request_of_more_values_than_a_conversation_has_is_refused_unread(value: bytes) -> None:
    with pytest.raises(SettingsError, match="more than 1,000,000 values"):
        request_of(HEAD + b",".join([value] * 1_000_001))


def test_no_quote_in_a_text_hides_what_stands_outside() -> None:
    hiding = rb'"\\",' + rb'"\"",' + rb'"\\\"\\",'
    with pytest.raises(SettingsError, match="more than 1,000,000 values"):
        request_of(HEAD + hiding + b"{}," * 600_000)
    with pytest.raises(SettingsError, match="no JSON that can be read"):
        request_of((HEAD + b'"",' + b"{}," * 10).decode().encode("utf-16"))


@pytest.mark.parametrize(
    "more",
    [
        b'"tools":5,"messages":[]',
        b'"tools":{"a":1},"messages":[]',
        b'"messages":[{"content":[{"type":[]}]}]',
        b'"messages":[{"content":[{"type":{}}]}]',
    ],
)
def test_what_is_of_another_type_is_refused_in_words(more: bytes) -> None:
    with pytest.raises(SettingsError, match=r"tool|kind"):
        request_of(b'{"stream":true,"model":"m","max_tokens":1,' + more + b"}")


async def test_what_a_kernel_sends_while_it_asks_is_not_read() -> None:
    async with lending() as (lent, _):
        first = lent.events("kernel", body())
        await anext(first)
        with pytest.raises(SettingsError, match="asking already"):
            await anext(lent.events("kernel", b"no JSON"))
        assert await rest(first)
        assert await rest(lent.events("kernel", body()))


async def test_what_a_kernel_without_a_budget_sends_is_not_read() -> None:
    async with lending(budget=Budget(tokens=100)) as (lent, _):
        with pytest.raises(SettingsError, match="leaves no room"):
            await anext(lent.events("kernel", b"no JSON" * 100))


async def test_a_kernel_whose_request_was_refused_may_ask_again() -> None:
    async with lending() as (lent, _):
        with pytest.raises(SettingsError, match="no JSON"):
            await anext(lent.events("kernel", b"no JSON"))
        assert await rest(lent.events("kernel", body()))


async def test_a_model_whose_settings_changed_is_closed_after_its_last_stream() -> None:
    async with lending() as (lent, server):
        going = [lent.events(kernel, body()) for kernel in ("one", "two")]
        for events in going:
            await anext(events)
        old = lent._model
        assert old is not None
        server.settings = replace(server.settings, max_steps=7)
        assert await rest(lent.events("three", body())) and lent._model is not old
        for events in going:
            assert old._client is not None
            assert await rest(events)
        assert old._client is None


async def test_a_model_whose_settings_changed_is_closed_at_once_where_nobody_asks_it() -> None:
    async with lending() as (lent, server):
        assert await rest(lent.events("one", body()))
        old = lent._model
        assert old is not None and old._client is not None
        server.settings = replace(server.settings, max_steps=7)
        assert await rest(lent.events("one", body()))
        assert old._client is None
