"""The requests these tests send."""

from __future__ import annotations

from typing import Any

import anthropic

MODEL = "claude-opus-5-5"
PYTHON: dict[str, Any] = {
    "name": "python",
    "description": "Run a cell",
    "eager_input_streaming": True,
    "input_schema": {
        "type": "object",
        "properties": {"code": {"type": "string"}},
        "required": ["code"],
    },
}
HELLO: list[Any] = [{"role": "user", "content": "hello"}]


def ask(client: anthropic.Anthropic, messages: list[Any] = HELLO, **options: Any) -> Any:
    """Stream one reply to its end; return the SDK's message."""
    return watch(client, messages, **options)[1]


def watch(client: anthropic.Anthropic, messages: list[Any] = HELLO, **options: Any) -> Any:
    """Stream one reply to its end; return the SDK's events and its message."""
    settings = {"model": MODEL, "max_tokens": 2000, "tools": [PYTHON], **options}
    with client.messages.stream(messages=messages, **settings) as stream:
        events = list(stream)
        return events, stream.get_final_message()


def raw(client: anthropic.Anthropic, messages: list[Any] = HELLO, **options: Any) -> list[Any]:
    """Stream one reply as the raw events of the wire."""
    settings = {"model": MODEL, "max_tokens": 2000, "tools": [PYTHON], **options}
    return list(client.messages.create(messages=messages, stream=True, **settings))
