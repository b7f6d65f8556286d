"""The conversation as a given server can take it: what it cannot read is left out or put in words.

Pure, and the same each time: blocks that were sent once are sent with the same bytes again.
"""

from __future__ import annotations

import json
from typing import Any

from ..engine.messages import Message
from ..engine.trajectory import Block
from .profiles import Profile
from .reply import TOOL

NO_IMAGE: Block = {"text": "(an image, which this model cannot see)", "type": "text"}


def shaped(messages: tuple[Message, ...], profile: Profile) -> list[dict[str, Any]]:
    """The messages as JSON for a server of this profile."""
    said = (_message(message, profile) for message in messages)
    return [message for message in said if message["content"]]


def as_json(value: Any) -> bytes:
    """`value` as it goes over the wire."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class Encoded:
    """The JSON of a conversation that grows: what was encoded once is not encoded again.

    A step costs what it adds, however long the conversation is.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._messages: tuple[Message, ...] = ()
        self._json = bytearray()

    def pieces(self, messages: tuple[Message, ...]) -> tuple[bytes | bytearray, ...]:
        """The messages as a JSON array, the same as that of `shaped`; good until the next call."""
        known = len(self._messages)
        if messages[:known] != self._messages:
            known, self._json = 0, bytearray()
        for message in messages[known:]:
            if item := as_json(shaped((message,), self._profile))[1:-1]:
                self._json += b"," + item if self._json else item
        self._messages = messages
        return b"[", self._json, b"]"


def _message(message: Message, profile: Profile) -> dict[str, Any]:
    content = [kept for block in message.blocks for kept in _shape(block, profile)]
    return {"role": message.role, "content": content}


def _shape(block: Block, profile: Profile) -> list[Block]:
    kind = block.get("type")
    if kind in ("thinking", "redacted_thinking"):
        return [block] if profile.thinking else []
    if kind == "image":
        return [block] if profile.images else [NO_IMAGE]
    if kind == "tool_use" and not profile.tools:
        return [{"text": _fence(block.get("input")), "type": "text"}]
    if kind == "tool_result":
        return _result(block, profile)
    return [block]


def _result(block: Block, profile: Profile) -> list[Block]:
    content = block.get("content")
    if isinstance(content, str):
        content = [{"text": content, "type": "text"}]
    parts = [kept for part in content or () for kept in _shape(part, profile)]
    if not profile.tools:
        return parts
    if profile.images or isinstance(block.get("content"), str):
        return [block]
    return [{**block, "content": parts}]


def _fence(arguments: Any) -> str:
    code = arguments.get("code") if isinstance(arguments, dict) else None
    return f"```{TOOL}\n{code if isinstance(code, str) else json.dumps(arguments)}\n```"
