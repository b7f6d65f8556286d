"""Words that all ways in share: what a person types at a question, what a run cost."""

from __future__ import annotations

from decimal import Decimal

from ..engine.policy import Answered


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


QUESTION = "Run it? [y]es, [n]o, or say what to do instead: "
