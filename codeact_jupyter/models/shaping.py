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
    said = []
    for message in messages:
        blocks = [kept for block in message.blocks for kept in _shape(block, profile)]
        if blocks:
            said.append({"role": message.role, "content": blocks})
    return said


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
