"""What a server that speaks the Messages API can do.

One profile per kind of server decides what is sent, so that no call site has to try and catch.
Sources: the servers' own pages and runs of them (Anthropic Messages API 2026-10-21; Ollama >= 0.14;
llama-server; LM Studio >= 0.4; vLLM; LiteLLM).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..errors import SettingsError


@dataclass(frozen=True)
class Profile:
    """The abilities of a server; what is False is never sent to it."""

    name: str
    tools: bool = True
    fences: bool = False  # fenced code counts too: the server may have dropped the tools
    caching: bool = False
    thinking: bool = False
    images: bool = False
    eager_streaming: bool = False
    single_calls: bool = False
    context_tokens: int = 32_000
    output_tokens: int = 4_096
    prices: bool = False
    silence: float = 900.0  # seconds without a byte: a local model may read for long


CLAUDE = Profile(
    "claude",
    caching=True,
    thinking=True,
    images=True,
    eager_streaming=True,
    single_calls=True,
    context_tokens=200_000,
    output_tokens=16_000,
    prices=True,
    silence=120.0,  # the API pings more often
)
COMPATIBLE = Profile("compatible", fences=True)
PROFILES = {
    profile.name: profile
    for profile in (
        CLAUDE,
        COMPATIBLE,
        replace(COMPATIBLE, name="compatible-images", images=True),
        Profile("fenced", tools=False, fences=True),
        # By product. None of them bills, caches on request or signs its thinking; images depend on
        # the model that is loaded, and a server without an image model fails on them.
        replace(COMPATIBLE, name="ollama"),
        replace(COMPATIBLE, name="llama-server"),
        replace(COMPATIBLE, name="lm-studio"),
        replace(COMPATIBLE, name="vllm"),
        replace(COMPATIBLE, name="litellm", fences=False, images=True, context_tokens=128_000),
    )
}
ANTHROPIC_HOSTS = ("api.anthropic.com",)
# Models before adaptive thinking: they refuse the parameter.
WITHOUT_THINKING = ("claude-3", "claude-haiku-4", "claude-sonnet-4-5", "claude-opus-4-5")


def profile_for(base_url: str, name: str = "") -> Profile:
    """The profile of that name, or the one for this address; unknown servers get the careful one.

    Raises SettingsError for a name that is none.
    """
    if name:
        if name not in PROFILES:
            names = ", ".join(sorted(PROFILES))
            raise SettingsError(f"there is no profile {name!r}; choose one of: {names}")
        return PROFILES[name]
    try:
        host = urlsplit(base_url).hostname or ""
    except ValueError as error:
        raise SettingsError(f"{base_url!r} is no address: {error}") from None
    return CLAUDE if not base_url or host in ANTHROPIC_HOSTS else COMPATIBLE


def thinks(profile: Profile, model: str) -> bool:
    """Whether to ask this model for its summarised thinking."""
    return profile.thinking and not model.startswith(WITHOUT_THINKING)
