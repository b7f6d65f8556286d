"""The names of the models that a server offers, where it says so (`GET /v1/models`)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

SECONDS = 2.0
MOST = 100


def listed_models(
    api_key: str | None, base_url: str | None, headers: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The models that a key may use at a server; none where it does not list them in time.

    None for either is left to the SDK. Blocks for some seconds at most; what a server said is asked
    once. Anthropic's "List Models" gives the newest first.
    """
    try:
        return _asked(api_key, base_url, tuple((headers or {}).items()))
    except Exception:  # the SDK's errors, and a server's own idea of a list
        return ()


@lru_cache(maxsize=8)
def _asked(
    api_key: str | None, base_url: str | None, headers: tuple[tuple[str, str], ...]
) -> tuple[str, ...]:
    import anthropic

    client = anthropic.Anthropic(
        api_key=api_key,
        base_url=base_url,
        default_headers=dict(headers),
        max_retries=0,
        timeout=SECONDS,
    )
    with client:
        return tuple(str(model.id) for model in client.models.list(limit=MOST).data)
