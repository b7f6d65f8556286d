"""Signatures that bind a thinking block to its model and to everything before it.

This is why a conversation must be append-only: an edit of system, tools or an old message makes
every later thinking block invalid. The secret is a constant, so that a conversation begun with one
server can be resumed with another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass

from .facts import facts_of
from .prompt import Json, PromptBlock, content_blocks, prompt_blocks
from .refused import Refused

BINDING_BETA = "thinking-binding-controls-2026-08-01"
_SECRET = b"codeact-jupyter loopback"
_READABLE_BY_ALL = "claude-haiku-5-5"


@dataclass(frozen=True)
class Binding:
    """What one thinking block is bound to."""

    model: str
    prefix: str
    previous: str
    text: str

    def to_signature(self) -> str:
        """Sign the binding."""
        payload = json.dumps(astuple(self)).encode()
        return base64.b64encode(_mac(payload) + payload).decode()

    @classmethod
    def from_signature(cls, signature: str) -> Binding | None:
        """Read a binding back; None when this server never signed it."""
        try:
            signed = base64.b64decode(signature, validate=True)
        except ValueError:
            return None
        mac, payload = signed[:32], signed[32:]
        return cls(*json.loads(payload)) if hmac.compare_digest(mac, _mac(payload)) else None


@dataclass(frozen=True)
class Dropped:
    """A thinking block the service left out of the prompt, and why."""

    message: int
    position: int
    reason: str

    def to_json(self) -> Json:
        """Report it as an entry of `input_transformations`."""
        path = f"messages.{self.message}.content.{self.position}"
        return {"type": "thinking_dropped", "path": path, "reason": self.reason}


class Prefix:
    """What a thinking block at this place would be bound to: a running digest of what is before."""

    def __init__(self) -> None:
        self._read = hashlib.sha256()
        self._previous = ""

    def extend(self, item: PromptBlock) -> None:
        """Move past one block; a thinking block is remembered only as the one before the next."""
        if item.is_thinking:
            self._previous = _digest(item.block.get("signature") or item.block.get("data") or "")
        else:
            self._read.update(item.text.encode("utf-8", "surrogatepass"))

    def bind(self, model: str, text: str) -> Binding:
        """Bind a thinking block of this text to this place."""
        return Binding(model, self._read.hexdigest()[:24], self._previous, _digest(text))


def binding_for(request: Json, said: list[Json], text: str) -> Binding:
    """Bind a new thinking block, which follows the request and the blocks `said` in this reply."""
    reply = {"role": "assistant", "content": said}
    prefix = Prefix()
    for item in prompt_blocks({**request, "messages": [*request["messages"], reply]}):
        prefix.extend(item)
    return prefix.bind(request["model"], text)


def check_signatures(request: Json, headers: Mapping[str, str]) -> list[Dropped]:
    """Check every thinking block of a request; return those the model will not read."""
    controls = BINDING_BETA in headers.get("anthropic-beta", "")
    binding = (request.get("thinking") or {}).get("block_binding")
    if binding is not None and not controls:
        raise Refused("thinking.adaptive.block_binding: Extra inputs are not permitted")
    drops = (binding or {}).get("prefix_mismatch_behavior") == "drop_block"
    prefix, dropped = Prefix(), list[Dropped]()
    for item in prompt_blocks(request):
        reason = None
        if item.block.get("type") == "thinking":
            reason = _mismatch(request["model"], prefix, item, dropped[-1] if dropped else None)
        if reason == "prefix_binding_mismatch" and not drops:
            raise Refused(_prefix_message(item, controls))
        if reason:
            dropped.append(Dropped(item.message, item.position, reason))
        else:
            prefix.extend(item)
    return dropped


def without(request: Json, dropped: list[Dropped]) -> Json:
    """Give the request as the model reads it, less the dropped blocks."""
    gone = {(drop.message, drop.position) for drop in dropped}
    messages = [
        {
            **message,
            "content": [
                block
                for j, block in enumerate(content_blocks(message["content"]))
                if (i, j) not in gone
            ],
        }
        for i, message in enumerate(request["messages"])
    ]
    return {**request, "messages": messages}


def _mismatch(model: str, prefix: Prefix, item: PromptBlock, last: Dropped | None) -> str | None:
    """Say why the model will not read a thinking block; None when it will.

    A block right after a dropped one of its message goes with it. Thinking may be left out at the
    front, but not between blocks that stay: hence the check of the block before.
    """
    text = item.block.get("thinking") or ""
    bound = Binding.from_signature(item.block.get("signature") or "")
    if bound is None or bound.text != _digest(text):
        where = f"messages.{item.message}.content.{item.position}"
        raise Refused(f"{where}: Invalid `signature` in `thinking` block")
    if bound.model not in (model, _READABLE_BY_ALL):
        return "model_binding_mismatch"
    if not facts_of(model).preserves_thinking:
        return None
    if last and (last.message, last.position) == (item.message, item.position - 1):
        return last.reason
    actual = prefix.bind(bound.model, text)
    moved = actual.previous and actual.previous != bound.previous
    return "prefix_binding_mismatch" if moved or actual.prefix != bound.prefix else None


def _prefix_message(item: PromptBlock, controls: bool) -> str:
    message = (
        f"messages.{item.message}.content.{item.position}: Invalid `signature` in `thinking` "
        "block. The block is bound to a different conversation. Remove the block, or set "
        '`thinking.block_binding.prefix_mismatch_behavior` to "drop_block".'
    )
    if not controls:
        message += (
            f" That setting requires the `{BINDING_BETA}` value in the `anthropic-beta` header."
        )
    return message


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24] if text else ""


def _mac(payload: bytes) -> bytes:
    return hmac.new(_SECRET, payload, hashlib.sha256).digest()
