"""Limits are hard: the next reply may only be as long as what is left pays for."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from codeact_jupyter.engine.bill import Bill
from codeact_jupyter.engine.context import unread
from codeact_jupyter.engine.limits import Limits, allowance
from codeact_jupyter.engine.loop import Agent
from codeact_jupyter.engine.messages import OnDelta, Request, Wasted
from codeact_jupyter.engine.trajectory import Reply, Step, Trajectory, Usage
from codeact_jupyter.models.prices import price

from .twins import AllowAll, Played, Workshop, act, begun, listen

NONE = Limits(None, None, None, None)


class Priced(Played):
    """A model at the real prices of one."""

    def price(self, usage: Usage) -> Decimal | None:
        return price("claude-opus-5-5", usage)


def after(usage: Usage, cost: Decimal | None = None) -> Trajectory:
    step = Step(1, act("1", usage=usage, cost=cost), told=({"text": "ok", "type": "text"},))
    return begun().with_turn(begun().turns[0].with_step(step))


def test_without_limits_a_reply_may_be_as_long_as_the_model_can() -> None:
    assert allowance(NONE, begun(), Played()).max_tokens == Played.output_tokens


def test_a_context_that_is_full_is_said() -> None:
    allowed = allowance(NONE, after(Usage(input=199_900)), Played())
    assert allowed.max_tokens == 0
    assert "the model's context of 200,000 tokens is full" in allowed.reached


def test_a_context_that_is_nearly_full_shortens_the_reply() -> None:
    assert 256 <= allowance(NONE, after(Usage(input=195_000)), Played()).max_tokens < 5_000


def test_a_limit_of_tokens_shortens_the_reply() -> None:
    limits = Limits(None, 20_000, None, None)
    allowed = allowance(limits, after(Usage(input=5_000, output=1_000)), Played())
    assert 7_000 < allowed.max_tokens < 20_000 - 6_000 - 6_000


def test_what_was_wasted_on_a_reply_shortens_it_as_what_was_billed_does() -> None:
    seen, wasted = Usage(input=5_000, output=1_000), Bill(Usage(input=4_000), Decimal("0.02"))
    tokens = Limits(None, 20_000, None, None)
    without = allowance(tokens, after(seen), Played()).max_tokens
    assert allowance(tokens, after(seen), Played(), wasted=wasted).max_tokens == without - 4_000
    money, paid = Limits(None, None, Decimal("0.10"), None), after(seen, Decimal("0.02"))
    dearer = allowance(Limits(None, None, Decimal("0.08"), None), paid, Priced())
    assert allowance(money, paid, Priced(), wasted=wasted) == dearer
    much = Bill(Usage(input=4_000), Decimal("0.06"))
    reached = allowance(money, paid, Priced(), wasted=much).reached
    assert reached == "0.0800 of 0.10 USD are used, and a step more could pass it"
    tiny = allowance(Limits(None, None, Decimal("1E-7"), None), paid, Priced())
    assert "of 0.0000001 USD are used" in tiny.reached


def test_money_that_nobody_can_count_is_not_limited() -> None:
    limits = Limits(None, None, Decimal("0.000001"), None)
    assert allowance(limits, after(Usage(input=50_000)), Played()).max_tokens == 16_000


def test_a_free_model_is_not_limited_by_money() -> None:
    limits = Limits(None, None, Decimal("0.000001"), None)
    free = Played(prices=(0, 0))
    assert allowance(limits, after(Usage(input=9), Decimal(0)), free).max_tokens == 16_000


def test_a_cache_that_may_be_gone_is_counted_as_written_again() -> None:
    seen = after(Usage(cache_read=90_000, cache_write=10_000), Decimal("0.1"))
    limits, model = Limits(None, None, Decimal("0.3"), None), Priced()
    assert allowance(limits, seen, model, warm=True).max_tokens > 5_000
    assert "of 0.3 USD are used" in allowance(limits, seen, model, warm=False).reached


@given(
    seen=st.builds(Usage, *[st.integers(0, 40_000)] * 4),
    spent=st.decimals(0, 2, places=4),
    limit=st.decimals("0.0001", 2, places=4),
    warm=st.booleans(),
)
def test_the_dearest_reply_that_is_allowed_stays_below_the_limit(
    seen: Usage, spent: Decimal, limit: Decimal, warm: bool
) -> None:
    trajectory = after(seen, spent)
    allowed = allowance(Limits(None, None, limit, None), trajectory, Priced(), warm=warm)
    if allowed.reached:
        assert "USD are used" in allowed.reached
        return
    cached = seen.cache_read + seen.cache_write if warm else 0
    fresh = seen.total - cached + unread(trajectory)
    dearest = Usage(cache_read=cached, cache_write=fresh, output=allowed.max_tokens)
    cost = price("claude-opus-5-5", dearest)
    assert cost is not None
    assert spent + cost <= limit


async def test_a_model_that_always_takes_all_it_may_never_breaks_the_money_limit() -> None:
    async def greedy(request: Request, on_delta: OnDelta) -> Reply:
        read = sum(len(str(block)) for said in request.messages for block in said.blocks) // 3
        usage = Usage(input=read, output=request.max_tokens)
        code = f"'{'x' * 4_000}'"
        call = f"call_{len(request.messages)}"
        return act(code, call=call, usage=usage, cost=price("claude-opus-5-5", usage))

    for limit in (Decimal("0.01"), Decimal("0.37"), Decimal(2)):
        model = Priced(greedy)
        agent = Agent(model, Workshop(), AllowAll(), limits=Limits(None, None, limit, None))
        _, turn = await listen(agent, begun())
        assert turn.state == "limit"
        assert turn.cost is not None
        assert turn.cost <= limit
        assert turn.cost > limit * Decimal("0.4")
        assert len(model.requests) == len(turn.steps) > 0


async def test_a_model_whose_replies_all_break_off_never_breaks_the_money_limit() -> None:
    async def broken(request: Request, on_delta: OnDelta) -> Reply:
        while True:
            read = sum(len(str(block)) for said in request.messages for block in said.blocks) // 3
            usage = Usage(input=read, output=request.max_tokens)
            on_delta(Wasted(Bill(usage, price("claude-opus-5-5", usage))))
            request = request.again()

    limit = Decimal("0.5")
    agent = Agent(Priced(broken), Workshop(), AllowAll(), limits=Limits(None, None, limit, None))
    _, turn = await listen(agent, begun())
    assert turn.state == "limit"
    assert turn.steps == ()
    assert turn.cost is not None
    assert limit * Decimal("0.8") < turn.cost <= limit
    assert turn.bill == turn.wasted


async def test_a_model_that_always_takes_all_it_may_never_breaks_the_token_limit() -> None:
    async def greedy(request: Request, on_delta: OnDelta) -> Reply:
        read = sum(len(str(block)) for said in request.messages for block in said.blocks) // 3
        usage = Usage(input=read, output=request.max_tokens)
        return act("1", call=f"call_{len(request.messages)}", usage=usage)

    limits = Limits(None, 100_000, None, None)
    _, turn = await listen(Agent(Played(greedy), Workshop(), AllowAll(), limits=limits), begun())
    assert turn.state == "limit"
    assert 60_000 < turn.usage.total <= 100_000
