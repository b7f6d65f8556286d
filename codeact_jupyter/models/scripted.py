"""A model that says what it was told to say: for the demo, for tests and for documentation.

Its words are fixed; the code in them runs live. What it replies depends only on the request: the
reply's place in the turn, so it can be stopped, resumed and asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..engine.messages import Message, OnDelta, Request, Text
from ..engine.trajectory import Block, Reply, Usage

CHUNK = 12


@dataclass(frozen=True)
class Line:
    """One reply of the script: text, and the code to run after it; without code, an answer."""

    text: str
    code: str = ""


Script = Callable[[tuple[Message, ...]], Line]


class ScriptedModel:
    """Replies with the lines of a script, one for each query of a turn.

    The script is a list of lines, which each turn begins again, or a function from the
    conversation to the line that comes next.
    """

    output_tokens = 16_000
    context_tokens = 1_000_000

    def __init__(
        self, script: Sequence[Line] | Script, *, name: str = "scripted", pace: float = 0.0
    ) -> None:
        self.name = name
        self._script: Script = script if callable(script) else _read_out(script)
        self._pace = pace
        self._read: tuple[tuple[Message, ...], int] = ((), 0)

    def price(self, usage: Usage) -> Decimal | None:
        return Decimal(0)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def reply(self, request: Request, *, on_delta: OnDelta) -> Reply:
        line = self._script(request.messages)
        await self._type("thought" if line.code else "answer", line.text, on_delta)
        await self._type("code", line.code, on_delta)
        blocks: list[Block] = [{"text": line.text, "type": "text"}] if line.text else []
        call = f"call_{len(request.messages):04d}"
        if line.code:
            blocks.append(
                {"id": call, "input": {"code": line.code}, "name": "python", "type": "tool_use"}
            )
        read = self._size(request.messages)
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

    def _size(self, messages: tuple[Message, ...]) -> int:
        """The characters of a conversation, of which those of the last request are known."""
        known, size = self._read
        if messages[: len(known)] != known:
            known, size = (), 0
        size += sum(message.size for message in messages[len(known) :])
        self._read = (messages, size)
        return size

    async def _type(self, part: str, text: str, on_delta: OnDelta) -> None:
        for start in range(0, len(text), CHUNK):
            await asyncio.sleep(self._pace)
            on_delta(Text(part, text[start : start + CHUNK]))  # type: ignore[arg-type]


def _read_out(lines: Sequence[Line]) -> Script:
    return lambda messages: lines[min(place_in(messages)[1], len(lines) - 1)]


def place_in(messages: tuple[Message, ...]) -> tuple[str, int]:
    """The turn's task, and how many replies the turn has already."""
    replies = 0
    for message in reversed(messages):
        if message.role == "assistant":
            replies += 1
            continue
        if (last := message.blocks[-1]).get("type") == "text":
            return str(last["text"]), replies
    return "", replies
