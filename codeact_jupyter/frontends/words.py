"""Words that all ways in share: what a person types at a question, what a run cost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ..engine.policy import Answered, Scope
from ..engine.trajectory import Turn

SCOPES: tuple[tuple[str, Scope, str], ...] = (
    ("r", "run", "yes to this kind in this [r]un"),
    ("a", "notebook", "[a]lways to this kind in this notebook"),
)


def answered(answer: str, scopes: Sequence[Scope] = ("once",)) -> Answered:
    """What a person typed at the question, as an answer: yes, no, or a word to the model."""
    word = answer.strip()
    if word.lower() in ("y", "yes"):
        return Answered("allow")
    for letter, scope, _ in SCOPES:
        if word.lower() == letter and scope in scopes:
            return Answered("allow", scope=scope)
    return Answered("reject", "" if word.lower() in ("", "n", "no") else word)


def question(scopes: Sequence[Scope]) -> str:
    """The question, with the answers that it may have."""
    more = "".join(f", {says}" for _, scope, says in SCOPES if scope in scopes)
    return f"Run it? [y]es{more}, [n]o, or say what to do instead: "


def visible(code: str) -> str:
    """Code, or words on it, as a person must see it to say yes: nothing in it hides anything.

    A line ends where it ends for Python, also at a lone `\\r`; what cannot be seen, or moves or
    conceals what can, is an escape.
    """
    lines = re.sub(r"\r\n?", "\n", code)
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in lines)


def why_asked(reasons: Sequence[str]) -> tuple[str, ...]:
    """Why an action asks, each reason as a line; without one it asks because each does."""
    asks = tuple(f"asks because it {visible(reason)}" for reason in reasons)
    return asks or ("Every action asks (--approve ask).",)


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
