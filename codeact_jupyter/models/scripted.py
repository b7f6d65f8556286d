"""A model that says what it was told to say: for the demo, for tests and for documentation.

Its words are fixed; the code in them runs live. What it replies depends only on the request: the
reply's place in the turn, so it can be stopped, resumed and asked again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from ..engine.messages import Message, OnDelta, Request, Text
from ..engine.trajectory import Block, Reply, Usage

CHUNK = 12


@dataclass(frozen=True)
class Line:
    """One reply of the script: text, and the code to run after it; without code, an answer."""

    text: str
    code: str = ""


class ScriptedModel:
    """Replies with the lines of a script, one for each query of a turn, from the first again."""

    output_tokens = 16_000
    context_tokens = 1_000_000

    def __init__(self, lines: Sequence[Line], *, name: str = "scripted", pace: float = 0.0) -> None:
        self.name = name
        self._lines = tuple(lines)
        self._pace = pace

    def price(self, usage: Usage) -> Decimal | None:
        return Decimal(0)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def reply(self, request: Request, *, on_delta: OnDelta) -> Reply:
        place = _place(request.messages)
        line = self._lines[min(place, len(self._lines) - 1)]
        await self._type("thought" if line.code else "answer", line.text, on_delta)
        await self._type("code", line.code, on_delta)
        blocks: list[Block] = [{"text": line.text, "type": "text"}] if line.text else []
        call = f"call_{len(request.messages):04d}"
        if line.code:
            blocks.append(
                {"id": call, "input": {"code": line.code}, "name": "python", "type": "tool_use"}
            )
        read = sum(len(json.dumps(block)) for said in request.messages for block in said.blocks)
        return Reply(
            tuple(blocks),
            thought=line.text if line.code else "",
            text="" if line.code else line.text,
            code=line.code or None,
            calls=(call,) if line.code else (),
            model=self.name,
            stop="tool_use" if line.code else "end_turn",
            usage=Usage(input=read // 4, output=(len(line.text) + len(line.code)) // 4),
            cost=Decimal(0),
        )

    async def _type(self, part: str, text: str, on_delta: OnDelta) -> None:
        for start in range(0, len(text), CHUNK):
            await asyncio.sleep(self._pace)
            on_delta(Text(part, text[start : start + CHUNK]))  # type: ignore[arg-type]


def demo_model(*, pace: float = 0.0) -> ScriptedModel:
    """The embedded demo: recorded replies to a question about quarterly revenue."""
    recorded = json.loads((files("codeact_jupyter.demo") / "replies.json").read_text("utf-8"))
    return ScriptedModel([Line(**line) for line in recorded], name="demo", pace=pace)


def _place(messages: tuple[Message, ...]) -> int:
    """How many replies this turn has already: those since the last message with a task in it."""
    replies = 0
    for message in reversed(messages):
        if message.role == "assistant":
            replies += 1
        elif any(block.get("type") == "text" for block in message.blocks):
            return replies
    return replies
