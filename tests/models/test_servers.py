"""Profiles, prices, local servers, shaping, and the models that need no server."""

from __future__ import annotations

import asyncio
import json
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from codeact_jupyter.engine.context import Context, messages
from codeact_jupyter.engine.messages import Retry
from codeact_jupyter.engine.trajectory import Reply, Step, Trajectory, Turn, Usage
from codeact_jupyter.errors import ModelError, SettingsError
from codeact_jupyter.models.local import PORTS, LocalServer, find_local_server
from codeact_jupyter.models.prices import price
from codeact_jupyter.models.profiles import CLAUDE, COMPATIBLE, PROFILES, profile_for, thinks
from codeact_jupyter.models.retrying import Retrying
from codeact_jupyter.models.scripted import Line, ScriptedModel
from codeact_jupyter.models.shaping import Encoded, as_json, shaped
from tests.engine import strategies as any_
from tests.engine.twins import Played, Workshop, answer
from tests.loopback import LoopbackModel

from .talking import Heard, ask, conversation, converse, request


@pytest.mark.parametrize(
    ("url", "profile"),
    [
        ("", CLAUDE),
        ("https://api.anthropic.com", CLAUDE),
        ("https://API.Anthropic.com:443/", CLAUDE),
        ("http://localhost:11434", COMPATIBLE),
        ("https://openrouter.ai/api", COMPATIBLE),
        ("https://api.anthropic.com.evil.example", COMPATIBLE),
        ("https://api.anthropic.com@evil.example", COMPATIBLE),
    ],
)
def test_the_address_chooses_the_profile_and_unknown_ones_get_the_careful_one(
    url: str, profile: object
) -> None:
    assert profile_for(url) == profile


def test_a_name_overrides_the_address() -> None:
    assert profile_for("http://localhost:4000", "claude") == CLAUDE
    assert profile_for("", "fenced") == PROFILES["fenced"]


@pytest.mark.parametrize("name", ["ollama", "llama-server", "lm-studio", "vllm", "litellm"])
def test_the_servers_by_name_are_never_sent_what_is_claudes_alone(name: str) -> None:
    profile = profile_for("http://localhost:1", name)
    assert profile.tools
    assert not (profile.caching or profile.thinking or profile.eager_streaming or profile.prices)


def test_an_unknown_profile_or_address_is_named() -> None:
    with pytest.raises(SettingsError, match="no profile 'gpt'; choose one of: claude, compatible"):
        profile_for("", "gpt")
    with pytest.raises(SettingsError, match="is no address"):
        profile_for("http://[::1")


def test_only_models_that_can_are_asked_to_think() -> None:
    assert thinks(CLAUDE, "claude-opus-5-5")
    assert not thinks(CLAUDE, "claude-haiku-4-5")
    assert not thinks(COMPATIBLE, "claude-opus-5-5")


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        ("claude-opus-5-5", Usage(input=1_000_000), "4"),
        ("claude-opus-5-5", Usage(output=1_000_000), "20"),
        ("claude-opus-5-5", Usage(cache_read=1_000_000), "0.2"),
        ("claude-opus-5-5", Usage(cache_write=1_000_000), "5"),
        ("claude-opus-5-5", Usage(100, 50, 10_000, 1_000), "0.0084"),
        ("claude-sonnet-5-5", Usage(input=1_000_000, output=100_000), "3"),
        ("claude-haiku-5-5", Usage(input=100_000), "0.01"),
        ("claude-haiku-5-5", Usage(input=200_000), "0.1"),
        ("claude-opus-5-5", Usage(), "0"),
    ],
)
def test_prices_are_those_counted_by_hand(model: str, usage: Usage, cost: str) -> None:
    assert price(model, usage) == Decimal(cost)


def test_a_price_that_nobody_knows_is_not_invented() -> None:
    assert price("qwen3-coder:30b", Usage(input=1_000)) is None


@contextmanager
def silent_port() -> Iterator[int]:
    """A port on which somebody listens and says nothing that is HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def port_of(server: LoopbackModel) -> int:
    return int(server.url.rpartition(":")[2])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_the_first_local_server_with_a_model_is_found() -> None:
    listed = ["nomic-embed-text", "qwen3-coder", "llama"]
    with (
        LoopbackModel(dialect="compatible", models=()) as empty,
        LoopbackModel(dialect="compatible", models=listed) as second,
        LoopbackModel(dialect="compatible") as third,
    ):
        ports = [
            ("Ollama", free_port()),
            ("LM Studio", port_of(empty)),
            ("llama-server", port_of(second)),
            ("vLLM", port_of(third)),
        ]
        found = find_local_server(ports)
    assert found == LocalServer("llama-server", second.url, ("qwen3-coder", "llama"))
    assert second.paths == ["GET /v1/models"]
    assert "authorization" not in str(second.headers)


def test_local_servers_are_looked_for_at_their_usual_ports() -> None:
    usual = {"Ollama": 11434, "LM Studio": 1234, "llama-server": 8080, "vLLM": 8000}
    assert dict(PORTS) == usual


def test_no_local_server_is_none() -> None:
    with silent_port() as port:
        assert find_local_server([("Ollama", free_port()), ("vLLM", port)]) is None


@pytest.mark.parametrize("head", ["", "Content-Type: text/event-stream\r\n\r\n"])
async def test_a_server_whose_answer_never_ends_is_none(head: str) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\n{head}".encode())
        with suppress(ConnectionError):
            while not over.is_set():
                writer.write(b"a: b\r\n")
                await writer.drain()
                await asyncio.sleep(0.1)
            writer.close()
            await writer.wait_closed()
        closed.set()

    over, closed = asyncio.Event(), asyncio.Event()
    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as endless:
        ports = [("vLLM", endless.sockets[0].getsockname()[1])]
        assert await asyncio.to_thread(find_local_server, ports) is None
        over.set()
        await closed.wait()


async def test_something_that_is_no_http_server_is_none() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
        await writer.drain()
        writer.close()

    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n<html>hello</html>")
        await writer.drain()
        writer.close()

    for serve in (greet, page):
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as other:
            ports = [("vLLM", other.sockets[0].getsockname()[1])]
            assert await asyncio.to_thread(find_local_server, ports) is None


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(any_.trajectories, any_.trajectories)
def test_what_is_encoded_piece_by_piece_is_what_is_encoded_at_once(
    one: Trajectory, other: Trajectory
) -> None:
    first, second = messages(one), messages(other)
    for profile in PROFILES.values():
        encoded = Encoded(profile)
        for said in (first[:1], first, first + second, second, (), first[:2] + second, first):
            assert b"".join(encoded.pieces(said)) == as_json(shaped(said, profile))


def test_what_was_encoded_once_is_not_encoded_again() -> None:
    class Once(dict[str, Any]):
        """A block that can be looked at once."""

        looked = 0

        def get(self, key: str, default: Any = None) -> Any:
            self.looked += 1
            assert self.looked == 1
            return super().get(key, default)

    def once(words: str) -> tuple[Once]:
        return (Once(type="text", text=words),)

    encoded, context = Encoded(CLAUDE), Context()
    stopped = Turn("r1", "one", ({"text": "one", "type": "text"},))
    trajectory = Trajectory("", (), (stopped, Turn("r2", "two", stopped.told)))
    for number in range(1, 6):
        step = Step(number, Reply(once("say")), told=once("told"))
        trajectory = trajectory.with_turn(trajectory.turns[-1].with_step(step))
        sent = json.loads(b"".join(encoded.pieces(context.messages(trajectory))))
        assert len(sent) == 1 + 2 * number
        assert [len(message["content"]) for message in sent] == [2] + [1] * (2 * number)


async def test_a_script_is_said_line_by_line_and_depends_on_the_request_only() -> None:
    workshop = Workshop()
    model = ScriptedModel([Line("First.", "x = 1"), Line("", "x + 1"), Line("It is 2.")])
    trajectory = await converse(model, workshop, conversation())
    turn = trajectory.turns[0]
    assert workshop.ran == ["x = 1", "x + 1"]
    assert turn.answer is not None
    assert (turn.state, turn.answer.text, turn.cost) == ("answered", "It is 2.", Decimal(0))
    assert turn.usage.prompt > 0
    assert (await ask(model, request()))[0] == (await ask(model, request()))[0]


async def test_a_script_is_typed_live() -> None:
    model = ScriptedModel([Line("A thought that is long.", "print('some code')")])
    reply, heard = await ask(model)
    assert heard.part("thought") == reply.thought
    assert heard.part("code") == reply.code
    assert len(heard) > 3


class Passing(Played):
    """Fails in passing so many times, then answers."""

    def __init__(self, times: int, **options: Any) -> None:
        error = ModelError("busy.", fault="overloaded", retryable=True, **options)
        super().__init__(*[error] * times, answer("at last"))


async def test_waits_grow_and_are_told() -> None:
    heard = Heard()
    model = Retrying(Passing(3), first_wait=0.01, jitter=lambda: 1.0)
    reply = await model.reply(request(), on_delta=heard.append)
    assert reply.text == "at last"
    assert heard.retries == [
        Retry(2, 0.0, "busy."),
        Retry(3, 0.0, "busy."),
        Retry(4, 0.0, "busy."),
    ]


def test_the_jitter_draws_none_of_the_random_numbers_of_the_person() -> None:
    before = random.getstate()
    Retrying(Passing(1))._wait(ModelError("busy.", fault="rate", retryable=True), 1)
    assert random.getstate() == before


def test_the_wait_doubles_to_a_bound_with_some_jitter() -> None:
    model = Retrying(Passing(1), jitter=lambda: 1.0)
    error = ModelError("busy.", fault="rate", retryable=True)
    assert [model._wait(error, attempt) for attempt in range(1, 8)] == [1, 2, 4, 8, 16, 20, 20]
    least = Retrying(Passing(1), jitter=lambda: 0.0)
    assert least._wait(error, 1) == 0.75


async def test_a_wish_beyond_patience_is_not_waited_for() -> None:
    model = Retrying(Passing(1, retry_after=3600.0))
    with pytest.raises(ModelError, match="asks to wait 3,600 seconds") as caught:
        await ask(model)
    assert not caught.value.retryable
