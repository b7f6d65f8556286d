"""Asks again when a query failed in passing: visibly, and never for an hour in silence."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from decimal import Decimal

from ..engine.messages import OnDelta, Request, Retry
from ..engine.model import Model
from ..engine.trajectory import Reply, Usage
from ..errors import ModelError

LONGEST_WAIT = 60.0
OF_OUR_OWN = random.Random()  # in a kernel, the shared numbers are the person's


class Retrying:
    """A model that asks another one again, up to `attempts` times in all.

    Each wait is told as a `Retry` delta and ends at once when the query is cancelled. A server
    that asks to wait longer than `longest_wait` seconds is not waited for: the error says so.
    The limits are asked before each attempt, because one that broke off was billed all the same.
    """

    def __init__(
        self,
        model: Model,
        *,
        attempts: int = 6,
        first_wait: float = 1.0,
        longest_wait: float = LONGEST_WAIT,
        jitter: Callable[[], float] = OF_OUR_OWN.random,
    ) -> None:
        self._model = model
        self._attempts = attempts
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._jitter = jitter

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def output_tokens(self) -> int:
        return self._model.output_tokens

    @property
    def context_tokens(self) -> int:
        return self._model.context_tokens

    def price(self, usage: Usage) -> Decimal | None:
        return self._model.price(usage)

    async def open(self) -> None:
        await self._model.open()

    async def close(self) -> None:
        await self._model.close()

    async def reply(self, request: Request, *, on_delta: OnDelta) -> Reply:
        for attempt in range(1, self._attempts + 1):
            try:
                return await self._model.reply(request, on_delta=on_delta)
            except ModelError as error:
                if not error.retryable:
                    raise
                if attempt == self._attempts:
                    text = f"{error} Asked {attempt} times; try again later."
                    raise ModelError(text, fault=error.fault) from error
                seconds = self._wait(error, attempt)
                request.again()  # a limit that is reached already is not waited for
                on_delta(Retry(attempt + 1, round(seconds, 1), str(error)))
                await asyncio.sleep(seconds)
                request = request.again()
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _wait(self, error: ModelError, attempt: int) -> float:
        wish = error.retry_after
        if wish is not None and wish > self._longest_wait:
            raise ModelError(
                f"{error} The server asks to wait {wish:,.0f} seconds; try again later.",
                fault=error.fault,
            ) from error
        if wish is not None:
            return max(wish, 0.0)
        wait: float = min(self._first_wait * 2 ** (attempt - 1), 20.0)
        return wait * (0.75 + 0.25 * self._jitter())
