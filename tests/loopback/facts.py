"""What each Claude model accepts, as documented in November 2026.

Sources: /docs/en/build-with-claude/{thinking-troubleshooting,prompt-caching,
mid-conversation-system-messages} at platform.claude.com. Where they say nothing of a model, the
stricter reading is kept: a client that satisfies it satisfies the service too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

THINKING_TYPES = ("adaptive", "between_tools", "disabled", "enabled")
EFFORTS = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True)
class ModelFacts:
    """What one model accepts, and what it does when a parameter is left out."""

    refused_thinking: tuple[str, ...] = ("enabled", "disabled")
    thinks_by_default: bool = True
    displays_by_default: bool = False
    preserves_thinking: bool = False
    forced_tool: bool = True
    prefill: bool = False
    system_role: bool = True
    minimum_cacheable: int = 512
    default_effort: str = "high"


_NEWEST = ModelFacts(preserves_thinking=True, forced_tool=False)
_EXTENDED_ONLY = ModelFacts(
    refused_thinking=("adaptive", "between_tools"),
    thinks_by_default=False,
    displays_by_default=True,
    prefill=True,
    system_role=False,
    minimum_cacheable=4096,
)

FACTS: dict[str, ModelFacts] = {
    "claude-fable-5-2": _NEWEST,
    "claude-mythos-5-2": _NEWEST,
    "claude-fable-5-1": _NEWEST,
    "claude-mythos-5-1": _NEWEST,
    "claude-opus-5-5": ModelFacts(
        preserves_thinking=True, forced_tool=False, default_effort="medium"
    ),
    "claude-sonnet-5-5": ModelFacts(
        preserves_thinking=True, forced_tool=False, minimum_cacheable=1024
    ),
    "claude-haiku-5-5": ModelFacts(
        refused_thinking=("enabled",),
        preserves_thinking=True,
        minimum_cacheable=1024,
        default_effort="medium",
    ),
    "claude-fable-5": ModelFacts(),
    "claude-mythos-5": ModelFacts(),
    "claude-opus-5": ModelFacts(refused_thinking=("enabled",)),
    "claude-sonnet-5": ModelFacts(
        refused_thinking=("enabled",), system_role=False, minimum_cacheable=1024
    ),
    "claude-opus-4-8": ModelFacts(
        refused_thinking=("enabled",), thinks_by_default=False, minimum_cacheable=1024
    ),
    "claude-opus-4-7": ModelFacts(
        refused_thinking=("enabled",),
        thinks_by_default=False,
        system_role=False,
        minimum_cacheable=2048,
    ),
    "claude-mythos-preview": ModelFacts(refused_thinking=("disabled",), minimum_cacheable=2048),
    "claude-opus-4-6": ModelFacts(
        refused_thinking=(),
        thinks_by_default=False,
        displays_by_default=True,
        system_role=False,
        minimum_cacheable=4096,
    ),
    "claude-sonnet-4-6": ModelFacts(
        refused_thinking=(),
        thinks_by_default=False,
        displays_by_default=True,
        system_role=False,
        minimum_cacheable=1024,
    ),
    "claude-haiku-4-5": _EXTENDED_ONLY,
    "claude-opus-4-5": _EXTENDED_ONLY,
    "claude-sonnet-4-5": ModelFacts(
        refused_thinking=("adaptive", "between_tools"),
        thinks_by_default=False,
        displays_by_default=True,
        prefill=True,
        system_role=False,
        minimum_cacheable=1024,
    ),
}


def facts_of(model: str) -> ModelFacts:
    """Look a model up, with or without its date; an unknown one is as strict as the newest."""
    return FACTS.get(re.sub(r"-20\d{6}$", "", model), _NEWEST)


def thinking_is_on(request: dict[str, Any]) -> bool:
    """Tell whether the model may think in its reply to this request."""
    thinking = request.get("thinking") or {}
    if "type" not in thinking:
        return facts_of(request["model"]).thinks_by_default
    return bool(thinking["type"] != "disabled")


def thinking_is_displayed(request: dict[str, Any]) -> bool:
    """Tell whether thinking blocks carry their text, or only their signature."""
    thinking = request.get("thinking") or {}
    if thinking.get("type") == "between_tools":
        return True
    default = "summarized" if facts_of(request["model"]).displays_by_default else "omitted"
    return bool((thinking.get("display") or default) != "omitted")


def model_info(model: str) -> dict[str, Any]:
    """Describe a model as `GET /v1/models/{id}` does."""
    facts = facts_of(model)
    yes, no = {"supported": True}, {"supported": False}
    line = model.split("-")[1] if model.startswith("claude-") else None
    return {
        "type": "model",
        "id": model,
        "display_name": model.replace("-", " ").title(),
        "line": line,
        "lifecycle": "active",
        "created_at": "2026-09-22T00:00:00Z",
        "deprecated_at": None,
        "retires_at": None,
        "max_input_tokens": 1_000_000,
        "max_tokens": 128_000,
        "capabilities": {
            "batch": yes,
            "citations": yes,
            "code_execution": yes,
            "context_management": yes,
            "effort": {**yes, **dict.fromkeys(EFFORTS, yes)},
            "image_input": yes,
            "pdf_input": yes,
            "server_tools": {**yes, "code_execution": yes, "web_search": yes},
            "structured_outputs": yes,
            "thinking": {
                **yes,
                "types": {
                    kind: no if kind in facts.refused_thinking else yes for kind in THINKING_TYPES
                },
            },
        },
    }
