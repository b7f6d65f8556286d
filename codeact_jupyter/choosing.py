"""Which model the settings name: one with a key, one at an address, a local one, or the demo's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .engine.messages import Message, Request
from .engine.model import Model
from .engine.trajectory import Usage
from .errors import SettingsError
from .prompts import python_tool
from .settings import Settings, config_path, has_other_credentials, sent_headers

if TYPE_CHECKING:
    from .models.anthropic import AnthropicModel

FOUR_WAYS = """\
No key is set and no local model was found. Four ways to go on:
  1. a key:            codeact key set; or set ANTHROPIC_API_KEY, or `api_key` in {config}
  2. another server:   set ANTHROPIC_BASE_URL to one that speaks the Messages API
  3. a local model:    start Ollama, LM Studio, llama-server or vLLM on its usual port
  4. the demo:         --model demo (in a notebook also: %codeact model demo)"""

DEMO = "The demo model: its words are recorded, its code runs live."


@dataclass(frozen=True)
class Chosen:
    """A model; in words where it comes from, if the person did not name it, and what it lacks."""

    model: Model
    notice: str = ""


def choose_model(
    settings: Settings,
    *,
    demo_pace: float = 0.0,
    ports: Sequence[tuple[str, int]] | None = None,
) -> Chosen:
    """The model that the settings name; looks for a local server when there is no key.

    `ports` are the products and ports that it may be at, the usual ones unless given.
    Blocks for up to a second. Raises SettingsError with the ways to go on when there is none.
    """
    from .models.demo import demo_model
    from .models.retrying import Retrying

    if settings.model == "demo":
        return Chosen(demo_model(pace=demo_pace), DEMO)
    model, notice = direct_model(settings, ports=ports)
    if settings.max_cost is not None and model.price(Usage(input=1)) is None:
        unwatched = f"No price is known for {model.name}: max_cost is not watched."
        notice = f"{notice}. {unwatched}" if notice else unwatched
    return Chosen(Retrying(model), notice)


def direct_model(
    settings: Settings, *, ports: Sequence[tuple[str, int]] | None = None
) -> tuple[AnthropicModel, str]:
    """The same without the demo, not asked again when it fails; and the notice."""
    from .models.anthropic import DEFAULT_URL, AnthropicModel
    from .models.profiles import profile_for

    url, name, notice, profile = settings.base_url, settings.model, "", settings.profile
    known = bool(settings.auth_token) or has_other_credentials()
    if not url and not settings.api_key and not known:
        from .models.local import PORTS, find_local_server

        server = find_local_server(PORTS if ports is None else ports)
        if server is None:
            raise SettingsError(FOUR_WAYS.format(config=config_path()))
        name = settings.model if "model" in settings.given else server.models[0]
        url, notice = server.url, f"No key is set: using {name} of {server.product} at {server.url}"
        profile = profile or server.product.lower().replace(" ", "-")
    model = AnthropicModel(
        name,
        api_key=settings.api_key or ("none" if url and not known else None),
        auth_token=settings.auth_token or None,
        base_url=url or DEFAULT_URL,
        profile=profile_for(url, profile),
        output_tokens=settings.output_tokens,
        context_tokens=settings.context_tokens,
        effort=settings.effort or None,
        headers=sent_headers(),
    )
    return model, notice


def greeting() -> Request:
    """A short request that shows whether a model can be asked, as a run would ask it."""
    hello = Message("user", ({"text": "Say hello in one word.", "type": "text"},))
    return Request("You are being tested.", (python_tool(),), (hello,), 64)
