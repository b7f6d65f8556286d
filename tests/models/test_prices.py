"""A price is what the data of `genai-prices` says, however it is computed."""

from __future__ import annotations

import random

import pytest
from genai_prices import Usage as Counts
from genai_prices import calc_price

from codeact_jupyter.engine.trajectory import Usage
from codeact_jupyter.models.prices import price

FLAT, TIERED = "claude-opus-5-5", "claude-sonnet-4-5"


@pytest.mark.parametrize("model", [FLAT, TIERED])
def test_it_is_what_the_data_calculates_for_any_usage(model: str):
    chance = random.Random(3)
    for _ in range(200):
        usage = Usage(*(chance.choice((0, chance.randrange(400_000))) for _ in range(4)))
        counts = Counts(
            input_tokens=usage.prompt,
            cache_read_tokens=usage.cache_read,
            cache_write_tokens=usage.cache_write,
            output_tokens=usage.output,
        )
        calculated = calc_price(counts, model_ref=model, provider_id="anthropic")
        assert price(model, usage) == calculated.total_price


def test_tokens_of_a_long_prompt_cost_more_where_the_data_says_so():
    short, long = price(TIERED, Usage(input=1_000)), price(TIERED, Usage(input=1_000_000))
    assert short is not None and long is not None and long > short * 1_000


def test_a_model_that_nobody_has_a_price_for_has_none():
    assert price("claude-unknown", Usage(input=1)) is None
