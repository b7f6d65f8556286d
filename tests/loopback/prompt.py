"""A request as the flat run of blocks the model reads: tools, then system, then messages.

The cache and the signatures of thinking are both bound to prefixes of this run, so they cannot
disagree about what counts as a change.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]

IMAGE_TOKENS = 1500
THINKING_BLOCKS = ("thinking", "redacted_thinking")
_OPAQUE = ("input", "input_schema")
_UNREAD = ("cache_control", "caller")


@dataclass(frozen=True)
class PromptBlock:
    """One block, and where in the request it was."""

    tier: Literal["tools", "system", "messages"]
    role: str
    block: Json
    message: int = -1
    position: int = -1

    @property
    def is_thinking(self) -> bool:
        """Tell whether this is a thinking block, shown or redacted."""
        return self.block.get("type") in THINKING_BLOCKS

    @property
    def text(self) -> str:
        """Give the text two blocks have in common exactly when the model reads them as one."""
        return f"{self.tier}\0{self.role}\0{canonical(self.block)}\1"


def content_blocks(content: Any) -> list[Json]:
    """Read a string as the one text block it is short for."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content or [])


def prompt_blocks(request: Json) -> Iterator[PromptBlock]:
    """List the blocks of a request in the order the model reads them."""
    for tool in request.get("tools") or []:
        yield PromptBlock("tools", "", tool)
    for block in content_blocks(request.get("system")):
        yield PromptBlock("system", "", block)
    for i, message in enumerate(request["messages"]):
        for j, block in enumerate(content_blocks(message.get("content"))):
            yield PromptBlock("messages", message.get("role", ""), block, i, j)


def canonical(value: Any) -> str:
    """Serialise what the model reads of a value.

    The order of keys counts only in tool inputs and schemas, which are rendered as they came.
    """
    return json.dumps(_normal(value), separators=(",", ":"), ensure_ascii=False)


def _normal(value: Any) -> Any:
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    normal: Json = {}
    for key in sorted(value):
        if key in _OPAQUE:
            normal[key] = value[key]
        elif key == "content" and value.get("type") == "tool_result":
            normal[key] = _normal(content_blocks(value[key]))
        elif key not in _UNREAD and value[key] is not None:
            normal[key] = _normal(value[key])
    return normal


def tokens_of_text(text: str) -> int:
    """Count one token for four bytes: a stand-in, of which only the ratios mean something."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def tokens_of_block(block: Json) -> int:
    """Count the tokens of one block of the prompt."""
    if block.get("type") == "image":
        return IMAGE_TOKENS
    if block.get("type") == "tool_result":
        return 8 + sum(tokens_of_block(inner) for inner in content_blocks(block.get("content")))
    return tokens_of_text(canonical(block))


def tokens_of_request(request: Json) -> int:
    """Count the tokens of a whole prompt."""
    return sum(tokens_of_block(item.block) for item in prompt_blocks(request))


def images_of(request: Json) -> list[Json]:
    """Find the image blocks of a request, those inside tool results too."""
    images = []
    for item in prompt_blocks(request):
        inner = content_blocks(item.block.get("content")) if "content" in item.block else []
        images += [b for b in (item.block, *inner) if b.get("type") == "image"]
    return images
