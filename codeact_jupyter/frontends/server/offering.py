"""What the panel can offer before a run: the model and where it comes from, or the ways to one."""

from __future__ import annotations

from typing import Any

from ...engine.trajectory import Usage
from ...errors import CodeActError
from ...session import choose_model, has_other_credentials
from ...settings import Settings


def offer(settings: Settings) -> dict[str, Any]:
    """The model in use and the limits, as JSON; never the key. Blocks for up to a second."""
    ways, notice, model = "", "", settings.model
    try:
        chosen = choose_model(settings)
        model, notice = chosen.model.name, chosen.notice
        chosen.model.price(Usage(input=1))  # reads all prices, which would hold up the first run
    except CodeActError as error:
        ways = str(error)
    limits = settings.limits
    return {
        "model": model,
        "key": bool(settings.api_key) or has_other_credentials(),
        "models": list(dict.fromkeys((model, "demo"))),
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
