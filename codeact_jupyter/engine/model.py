"""The port to a model: answers messages with a reply."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from .bill import Usage
from .messages import OnDelta, Request
from .trajectory import Reply


class Model(Protocol):
    """Answers messages with a reply."""

    @property
    def name(self) -> str:
        """The model's id, for the record and for the person."""

    @property
    def output_tokens(self) -> int:
        """The most tokens one reply may have; the loop asks for fewer when a limit is near."""

    @property
    def context_tokens(self) -> int:
        """The most tokens a request and its reply may have together."""

    def price(self, usage: Usage) -> Decimal | None:
        """US dollars for such a usage, or None when nobody knows. Called before each query."""

    async def open(self) -> None:
        """Get ready for queries; called at the start of each run, and cheap after the first."""

    async def reply(self, request: Request, *, on_delta: OnDelta) -> Reply:
        """Stream a reply; called once a step. `on_delta` is called on the loop's thread.

        Raises ModelError when there is none. Cancelling it ends the call at once; a reply whose
        stream was cut is never returned as a whole one. What was billed for a reply that is not
        returned is told as `Wasted`, and a model that asks again asks with `request.again()`.
        """

    async def close(self) -> None:
        """Give back connections; called by who made the model."""
