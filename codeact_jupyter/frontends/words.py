"""Words that all ways in share: what a person types at a question, what a run cost."""

from __future__ import annotations

from decimal import Decimal

from ..engine.policy import Answered
from ..engine.trajectory import Turn


def answered(answer: str) -> Answered:
    """What a person typed at the question, as an answer: yes, no, or a word to the model."""
    word = answer.strip()
    if word.lower() in ("y", "yes"):
        return Answered("allow")
    return Answered("reject", "" if word.lower() in ("", "n", "no") else word)


def money(cost: Decimal | None) -> str:
    """A cost for people: `$0.0213`; `no known price` when nobody knows."""
    if cost is None:
        return "no known price"
    return "$0" if cost == 0 else f"${cost:.4f}"


def counted(number: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def turn_facts(turn: Turn) -> str:
    """How a turn ended and what it took, in one line."""
    facts = (turn.state, counted(len(turn.steps), "step"), f"{turn.usage.total:,} tokens")
    return " · ".join((*facts, money(turn.cost), f"{turn.seconds:.1f} s"))


QUESTION = "Run it? [y]es, [n]o, or say what to do instead: "
