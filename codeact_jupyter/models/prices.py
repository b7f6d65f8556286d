"""What a usage costs, from the data of `genai-prices`; a price nobody knows is None.

The data comes with the package: nothing is fetched.
"""

from __future__ import annotations

from decimal import Decimal

from ..engine.trajectory import Usage


def price(model: str, usage: Usage) -> Decimal | None:
    """US dollars for this usage of a Claude model."""
    from genai_prices import Usage as Counts
    from genai_prices import calc_price

    counts = Counts(
        input_tokens=usage.prompt,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_tokens=usage.output,
    )
    try:
        return calc_price(counts, model_ref=model, provider_id="anthropic").total_price
    except LookupError:
        return None
