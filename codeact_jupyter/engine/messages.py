"""What a model is sent, and what it tells while it writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from .bill import Bill
from .blocks import Block, Message

__all__ = ["Delta", "Message", "OnDelta", "Request", "Retry", "Text", "Wasted"]


@dataclass(frozen=True)
class Request:
    """One query: everything a model needs to reply.

    `ration` says how many tokens another attempt at it may write, now that others were wasted; it
    raises what ends the run when a limit allows no other.
    """

    system: str
    tools: tuple[Block, ...]
    messages: tuple[Message, ...]
    max_tokens: int
    ration: Callable[[], int] | None = field(default=None, compare=False, repr=False)

    @property
    def size(self) -> int:
        """Its length as JSON, in characters."""
        tools = Message("user", self.tools)
        return len(self.system) + tools.size + sum(message.size for message in self.messages)

    def again(self) -> Request:
        """The request to make after an attempt failed: its reply as long as the limits still allow.

        Who asks again calls it right before it does.
        """
        return self if self.ration is None else replace(self, max_tokens=self.ration())


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


@dataclass(frozen=True)
class Wasted:
    """An attempt broke off, by a fault or a stop, and was billed for this all the same."""

    bill: Bill
    kind: Literal["wasted"] = "wasted"


Delta: TypeAlias = Text | Retry | Wasted
OnDelta: TypeAlias = Callable[[Delta], None]
