"""Two ways to speak the Messages API: as documented, and as local servers do.

The compatible dialect gathers the gaps of llama-server and Ollama: a client that works with it
works with a server that knows tools and text and little else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Literal, Protocol

from .cache import PromptCache
from .facts import FACTS, model_info, thinking_is_displayed, thinking_is_on
from .prompt import Json, images_of, tokens_of_request
from .refused import Refused
from .script import Block, ScriptedTurn, Text, Thinking, ToolUse
from .signatures import BINDING_BETA, check_signatures, without
from .stream import Event
from .validation import check_request

DialectName = Literal["anthropic", "compatible"]
REFUSED_BY_COMPATIBLE = ("thinking", "output_config", "cache_control")


@dataclass(frozen=True)
class Accepted:
    """A request that passed: as the model reads it, and what the reply must say of it."""

    request: Json
    _: KW_ONLY
    displays_thinking: bool
    reply_fields: Json = field(default_factory=dict)


class Dialect(Protocol):
    """What differs between servers; the server calls the first three once a request, in order."""

    models: Sequence[str]

    def check(self, request: Json, headers: Mapping[str, str]) -> Accepted:
        """Refuse the request, or return it as the model reads it."""

    def play(self, request: Json, turn: ScriptedTurn) -> ScriptedTurn:
        """Give what this server makes of a scripted turn."""

    def charge(self, request: Json) -> Json:
        """Account for the prompt; return the usage that opens the reply."""

    def reshape(self, events: Iterator[Event]) -> Iterator[Event]:
        """Put the events of a reply in this server's shape."""

    def error(self, refused: Refused, request_id: str) -> Json:
        """Give the body of an error response."""

    def model_list(self) -> Json:
        """Give the body of `GET /v1/models`."""


class AnthropicDialect:
    """The API as documented: strict requests, cache accounting, signed thinking."""

    def __init__(self, clock: Callable[[], float], models: Sequence[str] | None) -> None:
        self.models: Sequence[str] = tuple(FACTS) if models is None else tuple(models)
        self._cache = PromptCache(clock)

    def check(self, request: Json, headers: Mapping[str, str]) -> Accepted:
        """Validate as the API does, and leave out thinking the model will not read."""
        check_request(request, headers)
        dropped = check_signatures(request, headers)
        fields: Json = {}
        if BINDING_BETA in headers.get("anthropic-beta", ""):
            fields["input_transformations"] = [drop.to_json() for drop in dropped]
        return Accepted(
            without(request, dropped) if dropped else request,
            displays_thinking=thinking_is_displayed(request),
            reply_fields=fields,
        )

    def play(self, request: Json, turn: ScriptedTurn) -> ScriptedTurn:
        """Hold the model to the request: thinking turned off, tools not allowed, one call only."""
        choice = request.get("tool_choice") or {}
        content: list[Block] = []
        for block in turn.content:
            called = any(isinstance(before, ToolUse) for before in content)
            if isinstance(block, Thinking) and not thinking_is_on(request):
                continue
            if isinstance(block, ToolUse) and choice.get("type") == "none":
                continue
            if called and choice.get("disable_parallel_tool_use"):
                break
            content.append(block)
        return replace(turn, content=content)

    def charge(self, request: Json) -> Json:
        """Charge the prompt to the cache."""
        return {**self._cache.charge(request), "output_tokens": 1, "service_tier": "standard"}

    def reshape(self, events: Iterator[Event]) -> Iterator[Event]:
        """Leave the events as they are."""
        return events

    def error(self, refused: Refused, request_id: str) -> Json:
        """Give the documented error shape."""
        error = {"type": refused.error_type, "message": refused.message}
        return {"type": "error", "error": error, "request_id": request_id}

    def model_list(self) -> Json:
        """Give one page with every model."""
        data = [model_info(model) for model in self.models]
        return {
            "data": data,
            "has_more": False,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
        }


class CompatibleDialect:
    """A lenient third-party server, which knows neither cache nor thinking nor images."""

    def __init__(self, models: Sequence[str] | None, tools: bool) -> None:
        self.models: Sequence[str] = ("local-model",) if models is None else tuple(models)
        self._tools = tools

    def check(self, request: Json, headers: Mapping[str, str]) -> Accepted:
        """Refuse what such servers choke on, and let everything else pass."""
        for name in REFUSED_BY_COMPATIBLE:
            if name in request:
                raise Refused(f"unsupported parameter: {name}")
        if not isinstance(request.get("messages"), list):
            raise Refused("'messages' is required")
        if images_of(request):
            raise Refused(
                "image input is not supported - hint: if this is unexpected, you may need to "
                "provide the mmproj",
                status=500,
                error_type="server_error",
            )
        defaults = {"model": self.models[0], "max_tokens": 1 << 30}
        return Accepted({**defaults, **request}, displays_thinking=True)

    def play(self, request: Json, turn: ScriptedTurn) -> ScriptedTurn:
        """Write calls as prose when the model's template has no tools, or none were sent."""
        if self._tools and request.get("tools"):
            return turn
        return replace(
            turn,
            content=[_as_prose(b) if isinstance(b, ToolUse) else b for b in turn.content],
            stop_reason="end_turn" if turn.stop_reason == "tool_use" else turn.stop_reason,
        )

    def charge(self, request: Json) -> Json:
        """Count the prompt; there is no word about a cache."""
        return {"input_tokens": tokens_of_request(request), "output_tokens": 0}

    def reshape(self, events: Iterator[Event]) -> Iterator[Event]:
        """Send every block stop at the very end, no ping, no `input`, no signature, no details."""
        stops: list[Event] = []
        for kind, data in events:
            if kind == "content_block_stop":
                stops.append((kind, data))
                continue
            if kind == "message_delta":
                yield from stops
            if (shaped := _compatible(kind, data)) is not None:
                yield kind, shaped

    def error(self, refused: Refused, request_id: str) -> Json:
        """Give the OpenAI error shape."""
        error = {"code": refused.status, "message": refused.message, "type": refused.error_type}
        return {"error": error}

    def model_list(self) -> Json:
        """Give the OpenAI list shape."""
        data = [{"id": model, "object": "model", "owned_by": "local"} for model in self.models]
        return {"object": "list", "data": data}


def _as_prose(call: ToolUse) -> Text:
    code = call.input.get("code")
    if call.raw is None and isinstance(code, str):
        return Text(f"```python\n{code}\n```", chunk=call.chunk)
    raw = json.dumps(dict(call.input)) if call.raw is None else call.raw
    return Text(f"```json\n{raw}\n```", chunk=call.chunk)


def _compatible(kind: str, data: Json) -> Json | None:
    """Reshape one event; None leaves it out."""
    if kind == "ping":
        return None
    if kind == "content_block_start" and data["content_block"]["type"] == "tool_use":
        block = {key: data["content_block"][key] for key in ("type", "id", "name")}
        return {**data, "content_block": block}
    if kind == "content_block_delta" and data["delta"]["type"] == "signature_delta":
        return {**data, "delta": {"type": "signature_delta", "signature": ""}}
    if kind == "message_delta":
        delta = dict(data["delta"])
        if delta["stop_reason"] == "stop_sequence":
            delta["stop_reason"] = "end_turn"
        usage = {"output_tokens": data["usage"]["output_tokens"]}
        return {**data, "delta": delta, "usage": usage}
    return data
