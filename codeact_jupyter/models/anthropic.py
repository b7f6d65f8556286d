"""The Messages API through the `anthropic` SDK (2.x), as raw stream events.

The SDK is imported, and its client made, in a thread at the first query: it takes seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..engine.messages import OnDelta, Request
from ..engine.trajectory import Reply, Usage
from ..engine.wire import canonical
from ..errors import ModelError
from ..prompts import prompt
from .fenced import FenceTyping, fenced_reply
from .profiles import Profile, profile_for, thinks
from .reply import ReplyBuilder
from .shaping import shaped

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

DEFAULT_URL = "https://api.anthropic.com"
SILENCE = 120.0  # seconds without a byte in the middle of a stream; the API pings more often


class AnthropicModel:
    """A model behind a server that speaks the Messages API.

    `api_key` and `base_url` None are left to the SDK: its environment variables and profiles.
    """

    def __init__(
        self,
        name: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        profile: Profile | None = None,
        output_tokens: int | None = None,
        context_tokens: int | None = None,
        effort: str | None = None,
        silence: float = SILENCE,
    ) -> None:
        self.name = name
        self.profile = profile or profile_for(base_url or "")
        self.output_tokens = output_tokens or self.profile.output_tokens
        self.context_tokens = context_tokens or self.profile.context_tokens
        self._api_key = api_key
        self._base_url = base_url
        self._effort = effort
        self._silence = silence
        self._client: AsyncAnthropic | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """The server's address."""
        return str(self._client.base_url).rstrip("/") if self._client else self._base_url or ""

    def price(self, usage: Usage) -> Decimal | None:
        if not self.profile.prices:
            return None
        from .prices import price

        return price(self.name, usage)

    async def open(self) -> None:
        if self._client is None or self._loop is not asyncio.get_running_loop():
            self._client = await asyncio.to_thread(self._make_client)
            self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.close()

    async def reply(self, request: Request, *, on_delta: OnDelta) -> Reply:
        await self.open()
        typing = None if self.profile.tools else FenceTyping(on_delta)
        builder = ReplyBuilder(typing or on_delta)
        try:
            await self._stream(request, builder)
        except Exception as error:
            from .faults import model_error

            raise self._without_key(model_error(error, model=self.name, url=self.url)) from None
        if typing:
            typing.close()
        reply = builder.reply()
        if not self.profile.tools:
            reply = fenced_reply(reply)
        if self.profile.prices:
            from .prices import price

            reply = replace(reply, cost=price(reply.model or self.name, reply.usage))
        return reply

    async def _stream(self, request: Request, builder: ReplyBuilder) -> None:
        assert self._client is not None
        # The conversation goes in the extra body: it is JSON already, and the SDK's walk over
        # typed messages would take longer with every step.
        stream = await self._client.messages.create(
            model=self.name,
            max_tokens=request.max_tokens,
            messages=(),
            stream=True,
            extra_body=self.body(request),
        )
        async with stream:
            async for event in stream:
                builder.feed(event.to_dict())

    def body(self, request: Request) -> Mapping[str, Any]:
        """The request as this server can take it."""
        profile = self.profile
        body: dict[str, Any] = {
            "system": [{"type": "text", "text": self._system(request)}],
            "messages": shaped(request.messages, profile),
        }
        if profile.tools:
            eager = {"eager_input_streaming": True} if profile.eager_streaming else {}
            body["tools"] = [canonical({**tool, **eager}) for tool in request.tools]
        if profile.single_calls:
            body["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
        if profile.caching:
            body["cache_control"] = {"type": "ephemeral"}
        if thinks(profile, self.name):
            body["thinking"] = {"type": "adaptive", "display": "summarized"}
        if self._effort and profile.thinking:
            body["output_config"] = {"effort": self._effort}
        return body

    def _system(self, request: Request) -> str:
        return request.system if self.profile.tools else f"{request.system}\n\n{prompt('fenced')}"

    def _make_client(self) -> AsyncAnthropic:
        import httpx2
        from anthropic import AnthropicError, AsyncAnthropic

        from . import faults, prices  # noqa: F401 - imported here, off the event loop's thread

        try:
            return AsyncAnthropic(
                api_key=self._api_key,
                base_url=self._base_url,
                max_retries=0,
                timeout=httpx2.Timeout(self._silence, connect=10.0),
            )
        except AnthropicError as error:
            raise ModelError(f"{error} {faults.KEY_ADVICE}", fault="authentication") from error

    def _without_key(self, error: ModelError) -> ModelError:
        if self._client is not None:
            for secret in (self._client.api_key, self._client.auth_token):
                if secret and len(secret) > 6:
                    error.args = (str(error.args[0]).replace(secret, "…"),)
        return error
