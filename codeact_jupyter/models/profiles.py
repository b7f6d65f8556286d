"""What a server that speaks the Messages API can do.

One profile per kind of server decides what is sent, so that no call site has to try and catch.
Sources: the servers' own pages and runs of them (Anthropic Messages API 2026-10-21; Ollama >= 0.14;
llama-server; LM Studio >= 0.4; vLLM; LiteLLM).
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import SettingsError


@dataclass(frozen=True)
class Profile:
    """The abilities of a server; what is False is never sent to it."""

    name: str
    tools: bool = True
    caching: bool = False
    thinking: bool = False
    images: bool = False
    eager_streaming: bool = False
    single_calls: bool = False
    context_tokens: int = 32_000
    output_tokens: int = 4_096
    prices: bool = False


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
)
COMPATIBLE = Profile("compatible")
PROFILES = {
    profile.name: profile
    for profile in (
        CLAUDE,
        COMPATIBLE,
        Profile("compatible-images", images=True),
        Profile("fenced", tools=False),
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
    host = urlsplit(base_url).hostname or ""
    return CLAUDE if not base_url or host in ANTHROPIC_HOSTS else COMPATIBLE


def thinks(profile: Profile, model: str) -> bool:
    """Whether to ask this model for its summarised thinking."""
    return profile.thinking and not model.startswith(WITHOUT_THINKING)
