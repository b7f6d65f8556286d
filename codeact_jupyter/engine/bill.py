"""What a model was paid for: tokens, and dollars where somebody knows the price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Usage:
    """Tokens that one reply was billed for; `input` is the part that no cache served."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the request."""
        return self.input + self.cache_read + self.cache_write

    @property
    def total(self) -> int:
        return self.prompt + self.output

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


@dataclass(frozen=True)
class Bill:
    """Tokens and their cost in US dollars, which is None when a price in it is not known."""

    usage: Usage = Usage()
    cost: Decimal | None = Decimal(0)

    def __add__(self, other: Bill) -> Bill:
        usage = self.usage + other.usage
        if self.cost is None or other.cost is None:
            return Bill(usage, None)
        return Bill(usage, self.cost + other.cost)


NOTHING = Bill()
