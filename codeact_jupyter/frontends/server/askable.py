"""What a kernel may ask of the server's model: what this agent asks, and not more of it at once.

Checked before it is sent with the server's key. A kernel is what its code makes of it.
"""

from __future__ import annotations

import json
from typing import Any

from ...errors import SettingsError
from ...models.reply import TOOL

# What a request of this agent holds; whatever else the server could be asked for is refused.
FIELDS = {
    *("model", "max_tokens", "stream", "system", "tools", "tool_choice", "messages"),
    *("cache_control", "thinking", "output_config"),
}
BLOCKS = {"text", "image", "tool_use", "tool_result", "thinking", "redacted_thinking"}
# Quotes, what stands between and around values, and escapes, of each. A step has about a hundred;
# a million costs a parser a tenth of a second, in which nobody else is served.
MOST_MARKS = 1_000_000


def request_of(body: bytes) -> dict[str, Any]:
    """The request, if it is one of this agent's; raises SettingsError when it is not."""
    if not _has_few_values(body):
        raise SettingsError(
            f"a request of more than {MOST_MARKS:,} values is none of this agent's, and not lent; "
            "begin a new conversation"
        )
    try:
        asked = json.loads(body.decode("utf-8"))  # and nothing else, as which it was counted
    except (ValueError, RecursionError):  # the latter where it nests too deep for the parser
        raise SettingsError("the request is no JSON that can be read") from None
    if not isinstance(asked, dict) or asked.get("stream") is not True:
        raise SettingsError("only this agent's streamed calls are lent to kernels")
    if unknown := sorted(asked.keys() - FIELDS):
        raise SettingsError(f"{unknown[0]!r} is not asked for by this agent, and not lent")
    if not isinstance(asked.get("model"), str):
        raise SettingsError(f"the model cannot be {asked.get('model')!r}: it must be a name")
    most = asked.get("max_tokens")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise SettingsError(f"max_tokens cannot be {most!r}: it must be a whole number from 1")
    for tool in _items(asked.get("tools") or []):
        if "type" in tool or tool.get("name") != TOOL:
            raise SettingsError("a tool that is not this agent's is not lent to kernels")
    for message in _items(asked.get("messages")):
        _require_known(message.get("content"))
    return asked


def _has_few_values(body: bytes) -> bool:
    """Whether JSON holds no more values than a conversation of this agent's, before any is made.

    How long a text is costs little, and what is in it counts for nothing but its escapes.
    """
    if not _are_few(b"\\", body):
        return False
    bare = body.replace(rb"\\", b"").replace(rb"\"", b"")
    if not _are_few(b'"', bare):
        return False
    outside = b"".join(bare.split(b'"')[::2])
    if len(outside) > 2 * MOST_MARKS:
        return False
    return sum(map(outside.count, (b",", b"[", b"{"))) <= MOST_MARKS


def _are_few(mark: bytes, text: bytes) -> bool:
    """Whether the text has at most so many of a mark; the rest is not counted, which takes long."""
    return len(text) - len(text.replace(mark, b"", MOST_MARKS + 1)) <= MOST_MARKS


def _require_known(content: Any, within_result: bool = False) -> None:
    """Raise SettingsError for a block that this agent never sends.

    The model's server would fetch what some of them name: a way to the network for a sandbox. A
    tool's result holds blocks, and those hold none.
    """
    if isinstance(content, str):
        return
    for block in _items(content):
        kind, source = block.get("type"), block.get("source")
        if not isinstance(kind, str) or kind not in BLOCKS:
            raise SettingsError(f"a block of kind {kind!r:.99} is not this agent's, and not lent")
        if source is not None and (not isinstance(source, dict) or source.get("type") != "base64"):
            raise SettingsError("a picture that is elsewhere is not lent: the request must hold it")
        if "content" in block:
            if within_result or kind != "tool_result":
                raise SettingsError(f"a block of kind {kind!r} that holds others is not lent")
            _require_known(block["content"], within_result=True)


def _items(given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise SettingsError("the tools, the messages and their blocks must be lists of objects")
    return given
