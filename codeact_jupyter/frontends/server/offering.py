"""What the panel can offer before a run: the model and where it comes from, or the ways to one."""

from __future__ import annotations

from typing import Any

from ...choosing import choose_model
from ...engine.trajectory import Usage
from ...errors import CodeActError
from ...models.listing import listed_models
from ...settings import Settings, has_other_credentials, sent_headers


def offer(settings: Settings) -> dict[str, Any]:
    """The models and the limits, as JSON; never the key. Blocks for a few seconds at most."""
    ways, notice, model = "", "", settings.model
    has_key = bool(settings.api_key or settings.auth_token) or has_other_credentials()
    try:
        chosen = choose_model(settings)
        model, notice = chosen.model.name, chosen.notice
        chosen.model.price(Usage(input=1))  # reads all prices, which would hold up the first run
    except CodeActError as error:
        ways = str(error)
    limits = settings.limits
    asks = has_key or bool(settings.base_url)
    listed = listed_models(settings.api_key, settings.base_url, sent_headers()) if asks else ()
    return {
        "model": model,
        "key": has_key,
        "models": list(dict.fromkeys((model, *listed, "demo"))),
        "ready": not ways,
        "notice": notice,
        "ways": ways.splitlines(),
        "approve": settings.approve,
        "limits": {
            "steps": limits.steps,
            "tokens": limits.tokens,
            "cost": None if limits.cost is None else float(limits.cost),
            "seconds": limits.seconds,
        },
    }
