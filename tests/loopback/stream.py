"""The server-sent events of one reply, and the same reply as one message.

`max_tokens` and `stop_sequences` really cut what the script says. Nothing here knows sockets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .prompt import Json, tokens_of_text
from .script import Block, ScriptedTurn, Text, Thinking, ToolUse
from .signatures import binding_for

Event = tuple[str, Json]
_CUMULATIVE = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
    "output_tokens_details",
)


class Reply:
    """Say one scripted turn in answer to one request."""

    def __init__(
        self, request: Json, turn: ScriptedTurn, opening: Json, *, displays_thinking: bool
    ) -> None:
        self.usage: Json = dict(opening["usage"])
        self._displays_thinking = displays_thinking
        self._request = request
        self._turn = turn
        self._opening = opening
        self._content = tuple(turn.content)
        self._said: list[Json] = []
        self._spent = 0
        self._thought = 0
        self._stop_reason: str | None = None
        self._stop_sequence: str | None = None

    def events(self) -> Iterator[Event]:
        """Yield the events in wire order; `usage` is final once `message_delta` was yielded."""
        yield event("message_start", message=self._opening)
        if self._request["max_tokens"] == 0:
            self._stop_reason = "max_tokens"
        for index, block in enumerate(self._content):
            if self._stop_reason:
                break
            yield from self._block(index, block)
        yield self._message_delta()
        yield event("message_stop")

    def _block(self, index: int, block: Block) -> Iterator[Event]:
        start = self._start(index, block)
        yield event("content_block_start", index=index, content_block=start)
        if index == 0 and self._turn.ping:
            yield event("ping")
        displayed = ""
        for piece in self._afforded(self._pieces(block), isinstance(block, Thinking)):
            if isinstance(block, Thinking) and not self._displays_thinking:
                continue
            displayed += piece
            yield event("content_block_delta", index=index, delta=_delta(block, piece))
        if self._stop_reason == "max_tokens":
            return
        if isinstance(block, Thinking):
            start["signature"] = binding_for(self._request, self._said, displayed).to_signature()
            delta = {"type": "signature_delta", "signature": start["signature"]}
            yield event("content_block_delta", index=index, delta=delta)
        if self._turn.close_blocks or index < len(self._content) - 1:
            yield event("content_block_stop", index=index)
        self._said.append(_whole(start, block, displayed))

    def _start(self, index: int, block: Block) -> Json:
        if isinstance(block, Thinking):
            return {"type": "thinking", "thinking": "", "signature": ""}
        if isinstance(block, Text):
            return {"type": "text", "text": ""}
        number = self._opening["id"].rpartition("_")[2]
        identity = block.id or f"toolu_{number}{index:02d}"
        call = {"type": "tool_use", "id": identity, "name": block.name, "input": {}}
        return {**call, "caller": {"type": "direct"}}

    def _pieces(self, block: Block) -> Iterator[str]:
        if isinstance(block, Text):
            yield from _chunks(self._before_stop_sequence(block.text), block.chunk)
        elif isinstance(block, Thinking):
            yield from _chunks(block.text, block.chunk)
        else:
            raw = json.dumps(dict(block.input)) if block.raw is None else block.raw
            yield ""
            yield from _chunks(raw, block.chunk) if self._is_eager(block.name) else [raw]

    def _is_eager(self, name: str) -> bool:
        """Tell whether a call streams as it is written; else the service holds it back whole."""
        tools = self._request.get("tools") or []
        return any(t.get("name") == name and t.get("eager_input_streaming") for t in tools)

    def _afforded(self, pieces: Iterable[str], is_thought: bool) -> Iterator[str]:
        """Yield the pieces that `max_tokens` leaves room for."""
        text, before = "", self._spent
        for piece in pieces:
            text += piece
            tokens = tokens_of_text(text)
            if before + tokens > self._request["max_tokens"]:
                self._stop_reason, self._stop_sequence = "max_tokens", None
                return
            self._thought += (before + tokens - self._spent) if is_thought else 0
            self._spent = before + tokens
            yield piece

    def _before_stop_sequence(self, text: str) -> str:
        found = [(text.find(s), s) for s in self._request.get("stop_sequences") or [] if s in text]
        if not found:
            return text
        position, self._stop_sequence = min(found)
        self._stop_reason = "stop_sequence"
        return text[:position]

    def _message_delta(self) -> Event:
        calls = any(isinstance(block, ToolUse) for block in self._content)
        reason = self._stop_reason or ("tool_use" if calls else "end_turn")
        self.usage["output_tokens"] = self._spent
        if "cache_creation" in self.usage:
            self.usage["output_tokens_details"] = {"thinking_tokens": self._thought}
        usage = {key: self.usage[key] for key in _CUMULATIVE if key in self.usage}
        delta: Json = {
            "stop_reason": self._turn.stop_reason or reason,
            "stop_sequence": self._turn.stop_sequence or self._stop_sequence,
        }
        if self._turn.stop_details:
            delta["stop_details"] = dict(self._turn.stop_details)
        return event("message_delta", delta=delta, usage=usage)


def event(kind: str, **data: Any) -> Event:
    """Name an event and repeat its name in its data, as the wire does."""
    return kind, {"type": kind, **data}


def fold(events: Iterable[Event]) -> Json:
    """Give the message a stream amounts to, for a request that did not ask for a stream."""
    message: Json = {}
    raw: dict[int, str] = {}
    for kind, data in events:
        if kind == "message_start":
            message = data["message"]
        elif kind == "content_block_start":
            message["content"].append(dict(data["content_block"]))
        elif kind == "content_block_delta":
            _extend(message["content"][data["index"]], data, raw)
        elif kind == "message_delta":
            message.update(data["delta"])
            message["usage"].update(data["usage"])
    for index, text in raw.items():
        message["content"][index]["input"] = _parsed(text)
    return message


def _extend(block: Json, data: Json, raw: dict[int, str]) -> None:
    delta = data["delta"]
    if delta["type"] == "input_json_delta":
        raw[data["index"]] = raw.get(data["index"], "") + delta["partial_json"]
    elif delta["type"] == "signature_delta":
        block["signature"] = delta["signature"]
    else:
        key = delta["type"].removesuffix("_delta")
        block[key] += delta[key]


def _delta(block: Block, piece: str) -> Json:
    if isinstance(block, ToolUse):
        return {"type": "input_json_delta", "partial_json": piece}
    if isinstance(block, Thinking):
        return {"type": "thinking_delta", "thinking": piece}
    return {"type": "text_delta", "text": piece}


def _whole(start: Json, block: Block, displayed: str) -> Json:
    if isinstance(block, ToolUse):
        return {**start, "input": _parsed(displayed)}
    return {**start, start["type"]: displayed}


def _parsed(raw: str) -> Json:
    try:
        value = json.loads(raw or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _chunks(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]
