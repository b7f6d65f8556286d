"""Numbers that end a run, checked before the call that would break them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from .bill import NOTHING, Bill, Usage
from .context import last_usage, unread
from .model import Model
from .trajectory import Trajectory

SHORTEST_REPLY = 256
TOO_NEAR = "and a step more could pass it"


@dataclass(frozen=True)
class Limits:
    """The most that one run may take; None is no limit."""

    steps: int | None = 50
    tokens: int | None = 5_000_000
    cost: Decimal | None = Decimal(2)
    seconds: float | None = 1800.0


@dataclass(frozen=True)
class Allowance:
    """What the next query may take: `max_tokens` of output, or `reached`, why it may not be."""

    max_tokens: int = 0
    reached: str = ""


def allowance(
    limits: Limits,
    trajectory: Trajectory,
    model: Model,
    *,
    warm: bool = False,
    wasted: Bill = NOTHING,
) -> Allowance:
    """How long the next reply may be so that no limit can break; time is the loop's to watch.

    `warm` says that the last reply is so recent that its prompt cache must still be there;
    `wasted` went to attempts at this very reply, which the trajectory does not have yet.
    """
    turn = trajectory.turns[-1]
    if limits.steps is not None and len(turn.steps) >= limits.steps:
        return Allowance(reached=f"{len(turn.steps)} of {limits.steps} steps are used")
    asked = _next_prompt(trajectory, warm=warm)
    room = min(model.output_tokens, model.context_tokens - asked.prompt)
    if room < SHORTEST_REPLY:
        return Allowance(
            reached=f"the model's context of {model.context_tokens:,} tokens is full; "
            "start a new conversation"
        )
    billed = turn.bill + wasted
    used = billed.usage.total
    if limits.tokens is not None:
        room = min(room, limits.tokens - used - asked.prompt)
        if room < SHORTEST_REPLY:
            used_up = f"{used:,} of {limits.tokens:,} tokens are used"
            return Allowance(reached=f"{used_up}, {TOO_NEAR}")
    spent = billed.cost
    if limits.cost is not None and spent is not None:
        left = limits.cost - spent
        room = _affordable(room, left, lambda output: model.price(_with_output(asked, output)))
        if room < SHORTEST_REPLY:
            used_up = f"{spent:.4f} of {limits.cost:f} USD are used"
            return Allowance(reached=f"{used_up}, {TOO_NEAR}")
    return Allowance(max_tokens=room)


def _next_prompt(trajectory: Trajectory, *, warm: bool) -> Usage:
    """The request's tokens, billed at the dearest they can be: what is not read is written."""
    last = last_usage(trajectory)
    cached = last.cache_read + last.cache_write if warm else 0
    return Usage(cache_read=cached, cache_write=last.total - cached + unread(trajectory))


def _with_output(usage: Usage, output: int) -> Usage:
    return usage + Usage(output=output)


def _affordable(room: int, left: Decimal, price: Callable[[int], Decimal | None]) -> int:
    """The longest reply, up to `room` tokens, that `left` dollars pay for."""
    base, one = price(0), price(1_000_000)
    if base is None or one is None or one == base:
        return room
    return min(room, int((left - base) / (one - base) * 1_000_000))
