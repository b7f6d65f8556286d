"""Raw stream events -> a reply: what the blocks are, and what they mean.

The SDK's own stream helper is not used: it hides unfinished strings, takes cut tool calls for
empty ones and loses the usage of malformed ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..engine.messages import OnDelta, Request, Text
from ..engine.trajectory import Block, Mistake, Reply, Usage
from ..engine.wire import canonical
from ..errors import ModelError
from .code_argument import CodeArgument

TOOL = "python"
WRITTEN = ("text", "thinking")
CHARACTERS_A_TOKEN = 3


class ReplyBuilder:
    """Takes the events of one stream, as JSON, and builds the reply they make.

    Of a server that counts no tokens, or none for one side, that side's usage is an estimate: a
    token for three characters of the request, or of what was written.
    """

    def __init__(self, request: Request, on_delta: OnDelta) -> None:
        self._request = request
        self._on_delta = on_delta
        self._blocks: dict[int, dict[str, Any]] = {}
        self._arguments: dict[int, CodeArgument] = {}
        self._usage: dict[str, int] = {}
        self.model = ""
        self._begun = self._counted = False
        self._stop: str | None = None
        self._complete = False

    def feed(self, event: Mapping[str, Any]) -> None:
        """Take one event of the Messages API's stream.

        Raises ModelError where what it holds as a text is none.
        """
        kind = event.get("type")
        if kind == "message_start":
            message, self._begun = event["message"], True
            self.model = _text(message, "model")
            self._count(message.get("usage"))
        elif kind == "content_block_start":
            block = {k: v for k, v in event["content_block"].items() if v is not None}
            for written in WRITTEN:
                _text(block, written)  # it is counted too where the reply breaks off
            self._blocks[event["index"]] = block
            if block.get("type") == "tool_use":
                self._arguments[event["index"]] = CodeArgument()
        elif kind == "content_block_delta":
            self._extend(event["index"], event["delta"])
        elif kind == "message_delta":
            self._stop = event["delta"].get("stop_reason") or self._stop
            self._counted = "output_tokens" in self._count(event.get("usage"))
        elif kind == "message_stop":
            self._complete = True

    @property
    def billed(self) -> Usage:
        """What the stream was billed for so far.

        The server counts what it wrote only at the end, in `message_delta`. Until then a token for
        three characters, rounded up, is the estimate; of thinking that is streamed as a summary
        more may have been written.
        """
        counts = self._counts()
        if self._counted:
            return counts
        return replace(counts, output=max(counts.output, _estimate(self._characters())))

    def reply(self) -> Reply:
        """The whole reply.

        Raises ModelError when the stream broke off, or the model refused.
        """
        if self._stop is None or not self._complete:
            raise ModelError(
                "The model's answer broke off before its end.", fault="stream", retryable=True
            )
        if self._stop == "refusal":
            raise ModelError("The model refused this task.", fault="refusal")
        if self._stop == "model_context_window_exceeded":
            raise ModelError(
                "The conversation no longer fits the model's context; start a new one.",
                fault="context",
            )
        self._take_whole_inputs()
        texts = self._texts("text", "text")
        thoughts = self._texts("thinking", "thinking")
        calls = sorted(self._arguments)
        code, mistake = self._code(calls[0]) if calls else (None, self._mistake(texts))
        return Reply(
            self._kept(),
            thought="\n\n".join(thoughts + (texts if calls else [])),
            text="" if calls else "\n\n".join(texts),
            code=code,
            calls=tuple(str(self._blocks[index].get("id", "")) for index in calls),
            mistake=mistake,
            model=self.model,
            stop=self._stop,
            usage=self._counts(),
        )

    def _extend(self, index: int, delta: Mapping[str, Any]) -> None:
        block = self._blocks.setdefault(index, {"type": "text", "text": ""})
        kind = delta.get("type")
        if kind == "text_delta":
            block["text"] = block.get("text", "") + (said := _text(delta, "text"))
            self._on_delta(Text("answer", said))
        elif kind == "thinking_delta":
            block["thinking"] = block.get("thinking", "") + (said := _text(delta, "thinking"))
            self._on_delta(Text("thought", said))
        elif kind == "signature_delta":
            block["signature"] = delta["signature"]
        elif kind == "input_json_delta" and index in self._arguments:
            typed = self._arguments[index].feed(_text(delta, "partial_json"))
            if typed and index == min(self._arguments) and block.get("name") == TOOL:
                self._on_delta(Text("code", typed))

    def _take_whole_inputs(self) -> None:
        """Read the calls of servers that send the input with the block's start, not in deltas."""
        for index, argument in self._arguments.items():
            if not argument.raw and self._blocks[index].get("input"):
                raw = json.dumps(self._blocks[index]["input"])
                self._extend(index, {"type": "input_json_delta", "partial_json": raw})

    def _code(self, index: int) -> tuple[str | None, Mistake | None]:
        name = self._blocks[index].get("name")
        if name != TOOL:
            return None, Mistake(
                "unknown tool", f"there is no tool {name!r}; the only one is {TOOL!r}"
            )
        code, problem = self._arguments[index].final()
        if code is None and self._stop == "max_tokens":
            detail = "the call was cut off at the output limit; do this in smaller pieces"
            return None, Mistake("cut", detail)
        if code is None:
            return None, Mistake("no code" if "no string" in problem else "malformed", problem)
        if not code.strip():
            return None, Mistake("no code", "the call's code is empty")
        return code, None

    def _mistake(self, texts: list[str]) -> Mistake | None:
        if self._stop == "max_tokens":
            return Mistake("cut", "the reply was cut off at the output limit; go on, and be brief")
        if not any(text.strip() for text in texts):
            return Mistake("empty", "the reply was empty; act, or answer the task")
        return None

    def _kept(self) -> tuple[Block, ...]:
        """The blocks as they must be sent back: whole ones unchanged, cut ones made sendable."""
        kept = []
        for index, block in sorted(self._blocks.items()):
            kind = block.get("type")
            if kind == "text" and not block.get("text", "").strip():
                continue  # the API refuses blank text
            if kind == "thinking" and not block.get("signature"):
                continue  # cut, or of a server that does not sign: it would be refused
            if kind == "tool_use":
                block = {**block, "input": self._input(index)}
            kept.append(canonical(_sendable(block)))
        if all(block["type"] in ("thinking", "redacted_thinking") for block in kept):
            return ()  # thinking that led to nothing: a message may not end with it
        return tuple(kept)

    def _input(self, index: int) -> dict[str, Any]:
        argument = self._arguments[index]
        value = argument.arguments()
        return {"invalid_json": argument.raw} if value is None else value

    def _texts(self, kind: str, key: str) -> list[str]:
        texts = [b.get(key, "") for _, b in sorted(self._blocks.items()) if b.get("type") == kind]
        return [text.strip() for text in texts if text.strip()]

    def _characters(self) -> int:
        """How much of the reply was streamed, in characters."""
        said = (block.get(kind, "") for block in self._blocks.values() for kind in WRITTEN)
        return sum(map(len, (*said, *(call.raw for call in self._arguments.values()))))

    def _count(self, usage: Mapping[str, Any] | None) -> Mapping[str, int]:
        """Take what the server counted, and return it: what is no whole number is no count."""
        counts = {k: v for k, v in (usage or {}).items() if type(v) is int and v >= 0}
        self._usage.update(counts)
        return counts

    def _counts(self) -> Usage:
        """What the server counted; an estimate of a side that it did not count."""

        def tokens(key: str) -> int:
            return self._usage.get(key, 0)

        counts = Usage(
            tokens("input_tokens"),
            tokens("output_tokens"),
            tokens("cache_read_input_tokens"),
            tokens("cache_creation_input_tokens"),
        )
        if not self._begun:
            return counts
        return replace(
            counts,
            input=counts.input if counts.prompt else _estimate(self._request.size),
            output=counts.output or _estimate(self._characters()),
        )


def _estimate(characters: int) -> int:
    return -(-characters // CHARACTERS_A_TOKEN)


def _text(given: Mapping[str, Any], key: str) -> str:
    """The text under this key, empty where there is none; raises ModelError for what is no text."""
    text = given.get(key)
    if text is not None and not isinstance(text, str):
        raise ModelError(
            f"The model's server sent {key!r} as {repr(text)[:100]}, which is no text; it must "
            "speak the Messages API.",
            fault="server",
        )
    return text or ""


def _sendable(value: Any) -> Any:
    """`value` with halves of surrogate pairs, which no UTF-8 can carry, written as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_sendable(key): _sendable(item) for key, item in value.items()}
    return [_sendable(item) for item in value] if isinstance(value, list) else value
