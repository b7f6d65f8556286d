"""Lends this server's model to the kernels it started: to each by a token of its own.

The key, the address and the headers are the server's and never leave it. A kernel's token is made
of the secret that signs its messages, which it has from its connection file: nothing is handed
over, no other kernel has it, and it ends with the kernel. What it allows is this agent's calls.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ...choosing import direct_model
from ...engine.bill import Usage
from ...engine.messages import Request
from ...errors import SettingsError
from ...models.reply import TOOL, ReplyBuilder
from ...settings import Settings, has_other_credentials
from ..borrowing import token_of

if TYPE_CHECKING:
    from ...models.anthropic import AnthropicModel

LENDING = "codeact_lending"  # the key of the server's settings that holds it
# What a request of this agent holds; whatever else the server could be asked for is refused.
FIELDS = {
    *("model", "max_tokens", "stream", "system", "tools", "tool_choice", "messages"),
    *("cache_control", "thinking", "output_config"),
}
CHARACTERS_A_TOKEN = 3
TAKEN_BACK = (
    "the Jupyter Server lends its model to this kernel no more: it was taken back, in the panel or "
    "by `%codeact lent --return`; start another kernel, or give this one a key of its own"
)


class Loan(NamedTuple):
    """A kernel that the model was lent to, and what it took in its life so far."""

    kernel: str
    tokens: int
    cost: Decimal | None
    taken_back: bool


@dataclass(frozen=True)
class Budget:
    """The most that one kernel may take in its life; None is no limit."""

    cost: Decimal | None = Decimal(20)
    tokens: int | None = 50_000_000


class Lending:
    """Answers the calls of kernels, and counts what each took.

    `kernels` is the server's kernel manager, `settings` gives the server's own settings.
    """

    def __init__(
        self, kernels: Any, settings: Callable[[], Settings], budget: Budget = Budget()
    ) -> None:
        self._kernels = kernels
        self._settings = settings
        self._budget = budget
        self._taken: dict[str, Usage] = {}
        self._spent: dict[str, Decimal] = {}
        self._asking: set[str] = set()
        self._lent: dict[str, None] = {}  # in the order in which they first asked
        self._revoked: set[str] = set()
        self._model: AnthropicModel | None = None
        self._made_for: Settings | None = None

    def knows(self, kernel: str, token: str) -> bool:
        """Whether this is the token of a kernel that runs here."""
        if kernel not in self._kernels:
            return False
        key = self._kernels.get_kernel(kernel).session.key
        return bool(key) and hmac.compare_digest(token_of(key, kernel).encode(), token.encode())

    def revoke(self, kernel: str) -> None:
        """Lend nothing to this kernel any more."""
        self._lent[kernel] = None
        self._revoked.add(kernel)

    def loan(self, kernel: str) -> Loan:
        """What this kernel took, and whether it may take more."""
        taken, spent = self._taken.get(kernel, Usage()), self._spent.get(kernel)
        return Loan(kernel, taken.total, spent, kernel in self._revoked)

    def loans(self) -> list[Loan]:
        """The kernels that asked to be lent the model, and run."""
        return [self.loan(kernel) for kernel in self._lent if kernel in self._kernels]

    def forget(self, kernel: str) -> None:
        """The kernel is gone, and its budget with it."""
        for kept in (self._taken, self._spent):
            kept.pop(kernel, None)
        self._lent.pop(kernel, None)
        self._revoked.discard(kernel)

    def offer(self, kernel: str) -> dict[str, Any]:
        """What a kernel must know to ask: nothing when there is no key to ask with."""
        if kernel in self._revoked:
            return {"refused": TAKEN_BACK}
        settings = self._settings()
        if not (settings.api_key or settings.auth_token or has_other_credentials()):
            return {}
        model, _ = direct_model(settings)
        self._lent[kernel] = None
        return {"model": model.name, "profile": model.profile.name}

    async def events(self, kernel: str, body: bytes) -> AsyncGenerator[Mapping[str, Any], None]:
        """What the model answers to this kernel, as the raw events of its stream.

        Raises SettingsError for what is not lent, ModelError when there is no key, and what the
        SDK raises when the model cannot be asked.
        """
        if kernel in self._revoked:
            raise SettingsError(TAKEN_BACK)
        asked = request_of(body)
        self._lent[kernel] = None
        model = await self._ready_model()
        if kernel in self._asking:
            raise SettingsError("this kernel is asking already, and may ask one thing at a time")
        self._asking.add(kernel)
        said = ReplyBuilder(Request("", (), (), 0), lambda _: None)
        try:
            self._require_room(kernel, model, len(body), asked["max_tokens"])
            async with aclosing(model.events(body)) as events:
                async for event in events:
                    said.feed(event)
                    yield event
        finally:
            self._asking.discard(kernel)
            self._count(kernel, model, said.billed)

    async def close(self) -> None:
        """Give back the connections."""
        if self._model is not None:
            await self._model.close()

    async def _ready_model(self) -> AnthropicModel:
        settings = self._settings()
        if self._model is not None and settings == self._made_for:
            return self._model
        model, _ = await asyncio.to_thread(direct_model, settings)
        self._model, self._made_for = model, settings
        return model

    def _require_room(self, kernel: str, model: AnthropicModel, size: int, most: int) -> None:
        """Refuse a call that could break the kernel's budget, before it is made."""
        could = Usage(cache_write=size // CHARACTERS_A_TOKEN, output=most)
        left = self._budget.tokens
        if left is not None and self._taken.get(kernel, Usage()).total + could.total > left:
            raise SettingsError(_used_up(f"{left:,} tokens"))
        cost, price = self._budget.cost, model.price(could)
        spent = self._spent.get(kernel, Decimal(0)) + (price or Decimal(0))
        if cost is not None and spent > cost:
            raise SettingsError(_used_up(f"{cost:f} USD"))

    def _count(self, kernel: str, model: AnthropicModel, billed: Usage) -> None:
        self._taken[kernel] = self._taken.get(kernel, Usage()) + billed
        price = model.price(billed) or Decimal(0)
        self._spent[kernel] = self._spent.get(kernel, Decimal(0)) + price


def request_of(body: bytes) -> dict[str, Any]:
    """The request, if it is one of this agent's; raises SettingsError when it is not."""
    try:
        asked = json.loads(body)
    except ValueError:
        raise SettingsError("the request is no JSON") from None
    if not isinstance(asked, dict) or asked.get("stream") is not True:
        raise SettingsError("only this agent's streamed calls are lent to kernels")
    if unknown := sorted(asked.keys() - FIELDS):
        raise SettingsError(f"{unknown[0]!r} is not asked for by this agent, and not lent")
    most = asked.get("max_tokens")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise SettingsError(f"max_tokens cannot be {most!r}: it must be a whole number from 1")
    for tool in asked.get("tools") or ():
        if not isinstance(tool, dict) or "type" in tool or tool.get("name") != TOOL:
            raise SettingsError("a tool that is not this agent's is not lent to kernels")
    return asked


def _used_up(budget: str) -> str:
    return (
        f"this kernel's budget at the Jupyter Server, {budget}, leaves no room for the call; use "
        "another kernel, or set CodeActApp.kernel_max_cost or kernel_max_tokens"
    )
