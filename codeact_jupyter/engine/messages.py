"""What a model is sent, and what it tells while it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .trajectory import Block, Message

__all__ = ["Delta", "Message", "OnDelta", "Request", "Retry", "Text"]


@dataclass(frozen=True)
class Request:
    """One query: everything a model needs to reply."""

    system: str
    tools: tuple[Block, ...]
    messages: tuple[Message, ...]
    max_tokens: int


@dataclass(frozen=True)
class Text:
    """New characters of a thought, of an action's code, or of the answer."""

    part: Literal["thought", "code", "answer"]
    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class Retry:
    """The last attempt failed and the next starts in `seconds`; what was streamed is void."""

    attempt: int
    seconds: float
    reason: str
    kind: Literal["retry"] = "retry"


Delta: TypeAlias = Text | Retry
OnDelta: TypeAlias = Callable[[Delta], None]
