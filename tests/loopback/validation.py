"""Requests are validated as the Messages API documents it.

Every rule raises `Refused` with the service's own words where they are public, and with words
close to them where they are not: tests should match on the parameter's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .cache import breakpoints
from .conversation import check_messages
from .facts import EFFORTS, THINKING_TYPES, facts_of
from .prompt import Json, content_blocks, prompt_blocks
from .refused import Refused

SAMPLING = ("temperature", "top_p", "top_k")
FIRST_VERSION_WITHOUT_SAMPLING = "2026-10-21"
DISPLAYS = ("summarized", "omitted")
PARAMETERS = frozenset(
    {"model", "messages", "max_tokens", "stream", "system", "tools", "tool_choice", "thinking"}
    | {"output_config", "cache_control", "stop_sequences", "metadata", "service_tier", "speed"}
    | {"diagnostics", "container", "inference_geo", "user_profile_id", "workspace_id"}
)
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def check_request(request: Json, headers: Mapping[str, str]) -> None:
    """Refuse what the API would refuse."""
    _check_parameters(request, headers)
    _check_tools(request)
    _check_tool_choice(request)
    _check_thinking(request, headers)
    _check_stop_sequences(request)
    _check_cache_controls(request)
    check_messages(request)


def _check_parameters(request: Json, headers: Mapping[str, str]) -> None:
    if "anthropic-version" not in headers:
        raise Refused("anthropic-version: header is required")
    for name in ("model", "messages", "max_tokens"):
        if name not in request:
            raise Refused(f"{name}: Field required")
    if not isinstance(request["messages"], list) or not request["messages"]:
        raise Refused("messages: at least one message is required")
    budget = request["max_tokens"]
    if not isinstance(budget, int) or isinstance(budget, bool) or budget < 0:
        raise Refused("max_tokens: Input should be greater than or equal to 0")
    if budget == 0 and request.get("stream"):
        raise Refused("max_tokens: 0 is not supported with `stream`")
    permitted = PARAMETERS
    if headers["anthropic-version"] < FIRST_VERSION_WITHOUT_SAMPLING:
        permitted |= set(SAMPLING)
    unknown = sorted(set(request) - permitted)
    if unknown and (set(unknown) & set(SAMPLING) or "anthropic-beta" not in headers):
        raise Refused(f"{unknown[0]}: Extra inputs are not permitted")
    effort = (request.get("output_config") or {}).get("effort")
    if effort is not None and effort not in EFFORTS:
        raise Refused(f"output_config.effort: Input should be one of {', '.join(EFFORTS)}")
    for i, block in enumerate(content_blocks(request.get("system"))):
        if block.get("type") != "text" or not str(block.get("text") or "").strip():
            raise Refused(f"system.{i}: text content blocks must contain non-whitespace text")


def _check_tools(request: Json) -> None:
    names = []
    for i, tool in enumerate(request.get("tools") or []):
        name, custom = tool.get("name"), tool.get("type") in (None, "custom")
        if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
            raise Refused(f"tools.{i}.custom.name: String should match '{_TOOL_NAME.pattern}'")
        if custom and (tool.get("input_schema") or {}).get("type") != "object":
            raise Refused(f"tools.{i}.custom.input_schema.type: Input should be 'object'")
        names.append(name)
    if len(set(names)) < len(names):
        raise Refused("tools: Tool names must be unique.")


def _check_tool_choice(request: Json) -> None:
    choice = request.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type")
    if kind not in ("auto", "any", "tool", "none"):
        raise Refused(f"tool_choice: Input tag {kind!r} does not match any of the expected tags")
    if not request.get("tools"):
        raise Refused("tool_choice: may only be specified while providing `tools`")
    if kind in ("any", "tool") and not facts_of(request["model"]).forced_tool:
        raise Refused(f'tool_choice: type "{kind}" is not supported on this model')
    thinking = (request.get("thinking") or {}).get("type")
    if kind in ("any", "tool") and thinking in ("adaptive", "enabled"):
        raise Refused("tool_choice: Thinking may not be enabled when it forces tool use")
    if kind == "tool" and choice.get("name") not in [tool["name"] for tool in request["tools"]]:
        raise Refused(f"tool_choice: Tool {choice.get('name')!r} not found in provided tools")


def _check_thinking(request: Json, headers: Mapping[str, str]) -> None:
    thinking = request.get("thinking")
    if thinking is None:
        return
    kind, facts = thinking.get("type"), facts_of(request["model"])
    if kind not in THINKING_TYPES:
        raise Refused(f"thinking: Input tag {kind!r} does not match any of the expected tags")
    if kind == "adaptive" and kind in facts.refused_thinking:
        raise Refused("adaptive thinking is not supported on this model")
    if kind in facts.refused_thinking:
        raise Refused(f'"thinking.type.{kind}" is not supported for this model.')
    effort = (request.get("output_config") or {}).get("effort")
    if request["model"] == "claude-opus-5" and kind == "disabled" and effort in ("xhigh", "max"):
        raise Refused(f'"thinking.type.disabled" is not supported with effort {effort!r}')
    displays = DISPLAYS if "anthropic-beta" not in headers else (*DISPLAYS, "updates")
    if thinking.get("display") not in (None, *displays):
        raise Refused(f"thinking.{kind}.display: Input should be one of {', '.join(displays)}")
    if kind == "enabled":
        _check_thinking_budget(thinking.get("budget_tokens"), request)


def _check_thinking_budget(budget: Any, request: Json) -> None:
    if not isinstance(budget, int) or budget < 1024:
        raise Refused("thinking.enabled.budget_tokens: Input should be at least 1024")
    if budget >= request["max_tokens"]:
        raise Refused("`max_tokens` must be greater than `thinking.budget_tokens`")


def _check_stop_sequences(request: Json) -> None:
    for i, sequence in enumerate(request.get("stop_sequences") or []):
        if not isinstance(sequence, str) or not sequence.strip():
            raise Refused(f"stop_sequences.{i}: each stop sequence must contain non-whitespace")


def _check_cache_controls(request: Json) -> None:
    for item in prompt_blocks(request):
        if not item.block.get("cache_control"):
            continue
        if item.is_thinking:
            where = f"messages.{item.message}.content.{item.position}"
            raise Refused(f"{where}.cache_control: cannot be set on thinking blocks")
    breakpoints(request, list(prompt_blocks(request)))
