"""What a usage costs, from the data of `genai-prices`; a price nobody knows is None.

The data comes with the package: nothing is fetched.
"""

from __future__ import annotations

import time
from decimal import Decimal
from functools import lru_cache

from ..engine.trajectory import Usage

MILLION = 1_000_000


def price(model: str, usage: Usage) -> Decimal | None:
    """US dollars for this usage of a Claude model."""
    try:
        rates = _rates(model, int(time.time() // 3600))
        if rates is None:
            return _calculated(model, usage)
    except LookupError:
        return None
    counts = (usage.input, usage.output, usage.cache_read, usage.cache_write)
    total = sum((rate * count for rate, count in zip(rates, counts, strict=True)), Decimal(0))
    return total / MILLION


@lru_cache
def _rates(model: str, hour: int) -> tuple[Decimal, ...] | None:
    """Dollars for a million tokens of each kind; None where that depends on how many there are.

    A calculation takes as long as all else that is done with a reply. Kept for an hour, because
    prices may change from a date on.
    """
    from genai_prices import Usage as Counts
    from genai_prices import calc_price
    from genai_prices.types import TieredPrices

    found = calc_price(Counts(), model_ref=model, provider_id="anthropic").model_price
    if any(isinstance(each, TieredPrices) for each in vars(found).values()):
        return None
    kinds = (
        Usage(input=MILLION),
        Usage(output=MILLION),
        Usage(cache_read=MILLION),
        Usage(cache_write=MILLION),
    )
    return tuple(_calculated(model, kind) for kind in kinds)


def _calculated(model: str, usage: Usage) -> Decimal:
    from genai_prices import Usage as Counts
    from genai_prices import calc_price

    counts = Counts(
        input_tokens=usage.prompt,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
    )
    return calc_price(counts, model_ref=model, provider_id="anthropic").total_price
