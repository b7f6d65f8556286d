"""Lends this server's model to the kernels it started: to each by a token of its own.

The key, the address and the headers are the server's and never leave it. A kernel's token is made
of the secret that signs its messages, which it has from its connection file: nothing is handed
over, no other kernel has it, and it ends with the kernel. What it allows is this agent's calls.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from ...choosing import direct_model
from ...engine.bill import Usage
from ...engine.messages import Request
from ...errors import SettingsError
from ...models.reply import ReplyBuilder
from ...settings import Settings, has_other_credentials, secrets_of
from ..borrowing import token_of
from .askable import request_of

if TYPE_CHECKING:
    from ...models.anthropic import AnthropicModel

LENDING = "codeact_lending"  # the key of the server's settings that holds it
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
        self, kernels: Any, settings: Callable[[], Awaitable[Settings]], budget: Budget = Budget()
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
        self._used: Counter[AnthropicModel] = Counter()  # by how many calls that go on
        self._made_for: Settings | None = None
        self._secrets: set[str] = set()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no kernel may be told of what the model was ever asked with, longest first."""
        return tuple(sorted(self._secrets, key=len, reverse=True))

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

    async def offer(self, kernel: str) -> dict[str, Any]:
        """What a kernel must know to ask: nothing when there is no key to ask with."""
        if kernel in self._revoked:
            return {"refused": TAKEN_BACK}
        settings = await self._settings()
        if not (settings.api_key or settings.auth_token or has_other_credentials()):
            return {}
        model, _ = await asyncio.to_thread(direct_model, settings)
        self._lent[kernel] = None
        return {"model": model.name, "profile": model.profile.name}

    async def events(self, kernel: str, body: bytes) -> AsyncGenerator[Mapping[str, Any], None]:
        """What the model answers to this kernel, as the raw events of its stream.

        Raises SettingsError for what is not lent, ModelError when there is no key, and what the
        SDK raises when the model cannot be asked.
        """
        if kernel in self._revoked:
            raise SettingsError(TAKEN_BACK)
        if kernel in self._asking:
            raise SettingsError("this kernel is asking already, and may ask one thing at a time")
        self._require_room(kernel, could := Usage(cache_write=len(body) // CHARACTERS_A_TOKEN))
        self._asking.add(kernel)
        try:
            asked = await asyncio.to_thread(request_of, body)
            self._lent[kernel] = None
            async with self._borrowed_model() as model:
                could += Usage(output=asked["max_tokens"])
                self._require_room(kernel, could, self._price(model, could, asked["model"]))
                async with aclosing(self._answered(kernel, model, body, asked["model"])) as events:
                    async for event in events:
                        yield event
        finally:
            self._asking.discard(kernel)

    async def close(self) -> None:
        """Give back the connections."""
        if self._model is not None:
            await self._model.close()

    async def _answered(
        self, kernel: str, model: AnthropicModel, body: bytes, name: str
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        """What the model answers, which is counted."""
        said = ReplyBuilder(Request("", (), (), 0), lambda _: None)
        try:
            async with aclosing(model.events(body)) as events:
                async for event in events:
                    said.feed(event)
                    yield event
        finally:
            self._count(kernel, model, name, said.billed)

    @asynccontextmanager
    async def _borrowed_model(self) -> AsyncIterator[AnthropicModel]:
        """The model of the settings as they are; one of others is closed when no call uses it."""
        model = await self._ready_model()
        self._used[model] += 1
        try:
            yield model
        finally:
            self._used[model] -= 1
            await self._close_unused(model)

    async def _ready_model(self) -> AnthropicModel:
        settings = await self._settings()
        if self._model is not None and settings == self._made_for:
            return self._model
        model, _ = await asyncio.to_thread(direct_model, settings)
        before, self._model, self._made_for = self._model, model, settings
        self._secrets.update(secrets_of(settings))
        if before is not None:
            await self._close_unused(before)
        return model

    async def _close_unused(self, model: AnthropicModel) -> None:
        if model is not self._model and not self._used[model]:
            del self._used[model]
            await model.close()

    def _require_room(self, kernel: str, could: Usage, price: Decimal = Decimal(0)) -> None:
        """Refuse a call that could take so much if the kernel's budget does not hold it."""
        left, cost = self._budget.tokens, self._budget.cost
        if left is not None and self._taken.get(kernel, Usage()).total + could.total > left:
            raise SettingsError(_used_up(f"{left:,} tokens"))
        if cost is not None and self._spent.get(kernel, Decimal(0)) + price > cost:
            raise SettingsError(_used_up(f"{cost:f} USD"))

    def _price(self, model: AnthropicModel, could: Usage, name: str) -> Decimal:
        """What this costs of the model of that name; SettingsError where no budget would hold."""
        price = model.price(could, of=name)
        if self._budget.cost is not None and price is None and model.price(could) is not None:
            raise SettingsError(
                f"what {name!r} costs is not known, so no budget holds for it, and it is not lent "
                f"to kernels; use {model.name!r}"
            )
        return price or Decimal(0)

    def _count(self, kernel: str, model: AnthropicModel, name: str, billed: Usage) -> None:
        self._taken[kernel] = self._taken.get(kernel, Usage()) + billed
        price = model.price(billed, of=name) or Decimal(0)
        self._spent[kernel] = self._spent.get(kernel, Decimal(0)) + price


def _used_up(budget: str) -> str:
    return (
        f"this kernel's budget at the Jupyter Server, {budget}, leaves no room for the call; use "
        "another kernel, or set CodeActApp.kernel_max_cost or kernel_max_tokens"
    )
