"""The rules of `messages`: who may speak when, what a block holds, which call has its result."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import groupby, takewhile

from .facts import facts_of
from .prompt import Json, PromptBlock, content_blocks, prompt_blocks
from .refused import Refused

_TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")
_BLOCK_TYPES = {
    "user": {"text", "image", "document", "search_result", "tool_result", "container_upload"},
    "assistant": {"text", "tool_use", "thinking", "redacted_thinking", "server_tool_use"},
    "system": {"text", "tool_addition", "tool_removal"},
}
_TOOL_BLOCKS = ("tool_use", "tool_result")
_IMAGE_STARTS = {
    "image/png": b"\x89PNG",
    "image/jpeg": b"\xff\xd8",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}


def check_messages(request: Json) -> None:
    """Refuse a conversation the API would refuse."""
    messages = request["messages"]
    for i, message in enumerate(messages):
        _check_role(request, i)
        blocks = content_blocks(message.get("content"))
        if not blocks and not (message["role"] == "assistant" and i == len(messages) - 1):
            raise Refused(
                f"messages.{i}: all messages must have non-empty content except for the optional "
                "final assistant message"
            )
        for j, block in enumerate(blocks):
            _check_block(f"messages.{i}.content.{j}", message["role"], block)
    _check_tool_pairs(request)
    if not request.get("tools") and _uses_tools(request):
        raise Refused("Requests which include `tool_use` or `tool_result` blocks must define tools")


def _check_role(request: Json, i: int) -> None:
    messages, facts = request["messages"], facts_of(request["model"])
    role, last = messages[i].get("role"), i == len(messages) - 1
    if role not in _BLOCK_TYPES:
        raise Refused(f"messages.{i}.role: Input should be 'user', 'assistant' or 'system'")
    if role == "system" and not facts.system_role:
        raise Refused(f"messages.{i}: role 'system' is not supported on this model")
    if i == 0 and role != "user":
        raise Refused('messages: first message must use the "user" role')
    if role == "system" and messages[i - 1]["role"] != "user":
        raise Refused(f"messages.{i}: a system message must immediately follow a user message")
    if role == "system" and not last and messages[i + 1].get("role") != "assistant":
        raise Refused(
            f"messages.{i}: a system message must precede an assistant message or end the messages"
        )
    if role == "assistant" and last and not facts.prefill:
        raise Refused(
            "This model does not support assistant message prefill. The conversation must end "
            "with a user message."
        )


def _check_block(where: str, role: str, block: Json) -> None:
    kind = block.get("type")
    if kind not in _BLOCK_TYPES[role]:
        raise Refused(f"{where}: Input tag {kind!r} is not expected in {role} messages")
    if kind == "text":
        _check_text(where, block)
    elif kind == "image":
        _check_image(where, block.get("source") or {})
    elif kind == "tool_use":
        _check_tool_use(where, block)
    elif kind == "tool_result":
        if not isinstance(block.get("tool_use_id"), str):
            raise Refused(f"{where}.tool_result.tool_use_id: Field required")
        if not isinstance(block.get("content"), str):
            for k, inner in enumerate(block.get("content") or []):
                _check_result_block(f"{where}.tool_result.content.{k}", inner)


def _check_result_block(where: str, block: Json) -> None:
    if block.get("type") not in ("text", "image", "document", "search_result", "tool_reference"):
        raise Refused(f"{where}: Input tag {block.get('type')!r} is not expected in tool results")
    if block["type"] == "text":
        _check_text(where, block)
    elif block["type"] == "image":
        _check_image(where, block.get("source") or {})


def _check_text(where: str, block: Json) -> None:
    text = block.get("text")
    if not isinstance(text, str):
        raise Refused(f"{where}.text.text: Field required")
    if not text:
        raise Refused(f"{where}: text content blocks must be non-empty")
    if not text.strip():
        raise Refused(f"{where}: text content blocks must contain non-whitespace text")


def _check_image(where: str, source: Json) -> None:
    if source.get("type") != "base64":
        return
    media_type = source.get("media_type")
    if media_type not in _IMAGE_STARTS:
        expected = ", ".join(_IMAGE_STARTS)
        raise Refused(f"{where}.image.source.base64.media_type: Input should be {expected}")
    try:
        start = base64.b64decode(source.get("data") or "", validate=True)[:4]
    except (binascii.Error, ValueError, TypeError):
        raise Refused(f"{where}.image.source.base64.data: invalid base64 data") from None
    if not start.startswith(_IMAGE_STARTS[media_type]):
        raise Refused(f"{where}.image.source.base64: the image is not {media_type}")


def _check_tool_use(where: str, block: Json) -> None:
    identity = block.get("id")
    if not isinstance(identity, str) or not _TOOL_ID.fullmatch(identity):
        raise Refused(f"{where}.tool_use.id: String should match pattern '^{_TOOL_ID.pattern}$'")
    if not isinstance(block.get("input"), dict):
        raise Refused(f"{where}.tool_use.input: Input should be a valid dictionary")


def _check_tool_pairs(request: Json) -> None:
    """Check that the calls of each turn have their results first in the next turn.

    Consecutive messages of one role are one turn, so results may be spread over several.
    """
    items = [item for item in prompt_blocks(request) if item.role in ("user", "assistant")]
    called: list[str] = []
    seen: set[str] = set()
    for _, run in groupby(items, key=lambda item: item.role):
        turn = list(run)
        _check_results(turn, called)
        called = [item.block["id"] for item in turn if item.block["type"] == "tool_use"]
        if len(set(called)) < len(called) or seen & set(called):
            raise Refused(f"messages.{turn[0].message}: `tool_use` ids must be unique")
        seen |= set(called)
    if called:
        raise Refused(_unanswered(len(request["messages"]) - 1, called))


def _check_results(turn: list[PromptBlock], called: list[str]) -> None:
    results = [item for item in turn if item.block["type"] == "tool_result"]
    for item in results:
        if item.block["tool_use_id"] not in called:
            raise Refused(
                f"messages.{item.message}.content.{item.position}: unexpected `tool_use_id` found "
                f"in `tool_result` blocks: {item.block['tool_use_id']}. Each `tool_result` block "
                "must have a corresponding `tool_use` block in the previous message."
            )
    first = takewhile(lambda item: item.block["type"] == "tool_result", turn)
    answered = [item.block["tool_use_id"] for item in first]
    missing = [identity for identity in called if identity not in answered]
    if missing:
        raise Refused(_unanswered(turn[0].message - 1, missing))
    if len(set(answered)) < len(answered):
        raise Refused(f"messages.{turn[0].message}: each tool_use must have a single result")


def _unanswered(message: int, missing: list[str]) -> str:
    return (
        f"messages.{message}: `tool_use` ids were found without `tool_result` blocks immediately "
        f"after: {', '.join(missing)}. Each `tool_use` block must have a corresponding "
        "`tool_result` block in the next message."
    )


def _uses_tools(request: Json) -> bool:
    return any(item.block.get("type") in _TOOL_BLOCKS for item in prompt_blocks(request))
