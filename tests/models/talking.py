"""What the tests of the models share: requests, and a model on a loopback server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.messages import Delta, Message, Request, Retry, Text
from codeact_jupyter.engine.trajectory import Reply, Trajectory, Turn
from codeact_jupyter.models.anthropic import AnthropicModel
from codeact_jupyter.models.profiles import CLAUDE, PROFILES
from codeact_jupyter.models.retrying import Retrying
from codeact_jupyter.prompts import prompt, python_tool
from tests.engine.twins import AllowAll, Workshop, listen
from tests.loopback import LoopbackModel, ScriptedTurn, ToolUse
from tests.loopback import Text as Says

KEY = "sk-ant-very-secret-0123456789"
OPUS = "claude-opus-5-5"


def said(task: str = "hello") -> tuple[Message, ...]:
    return (Message("user", ({"text": task, "type": "text"},)),)


def request(messages: tuple[Message, ...] = (), max_tokens: int = 4_000) -> Request:
    return Request(prompt("system"), (python_tool(),), messages or said(), max_tokens)


@asynccontextmanager
async def talking_to(
    server: LoopbackModel, name: str = OPUS, **options: Any
) -> AsyncIterator[AnthropicModel]:
    """The real model over real HTTP, with Claude's profile unless another is given."""
    options = {"api_key": KEY, "profile": CLAUDE, **options}
    if isinstance(options["profile"], str):
        options["profile"] = PROFILES[options["profile"]]
    model = AnthropicModel(name, base_url=server.url, **options)
    try:
        yield model
    finally:
        await model.close()


class Heard(list[Delta]):
    """The deltas of a query."""

    def part(self, part: str) -> str:
        return "".join(
            delta.text for delta in self if isinstance(delta, Text) and delta.part == part
        )

    @property
    def retries(self) -> list[Retry]:
        return [delta for delta in self if isinstance(delta, Retry)]


async def ask(model: Any, asked: Request | None = None) -> tuple[Reply, Heard]:
    heard = Heard()
    return await model.reply(asked or request(), on_delta=heard.append), heard


def patient(model: AnthropicModel, **options: Any) -> Retrying:
    """The model asked again, without long waits."""
    return Retrying(model, **{"attempts": 3, "first_wait": 0.01, **options})


def runs(code: str, **options: Any) -> ScriptedTurn:
    return ScriptedTurn([ToolUse("python", {"code": code}, **options)])


def says(text: str) -> ScriptedTurn:
    return ScriptedTurn([Says(text)])


def conversation(task: str = "add up") -> Trajectory:
    turn = Turn("r1", task, ({"text": task, "type": "text"},))
    return Trajectory(prompt("system"), (python_tool(),), (turn,))


async def converse(model: Any, workshop: Workshop, trajectory: Trajectory) -> Trajectory:
    """Run the last turn to its end."""
    _, turn = await listen(Agent(model, workshop, AllowAll()), trajectory)
    return trajectory.with_turn(turn)
