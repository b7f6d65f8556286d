"""The Messages API through the `anthropic` SDK (2.x), as raw stream events.

The SDK is imported, and its client made, in a thread at the first query: it takes seconds.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ..engine.bill import Bill, Usage
from ..engine.messages import OnDelta, Request, Wasted
from ..engine.trajectory import Reply
from ..engine.wire import canonical
from ..errors import ModelError
from ..prompts import prompt
from .fenced import FenceTyping, fenced_reply
from .profiles import Profile, profile_for, thinks
from .reaching import address_of, client_for
from .reply import ReplyBuilder
from .shaping import Encoded, as_json

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

DEFAULT_URL = "https://api.anthropic.com"


class AnthropicModel:
    """A model behind a server that speaks the Messages API.

    `api_key`, `auth_token` and `base_url` None are left to the SDK: its environment variables and
    profiles. `headers` are sent with each request.
    """

    def __init__(
        self,
        name: str,
        *,
        api_key: str | None = None,
        auth_token: str | None = None,
        base_url: str | None = None,
        profile: Profile | None = None,
        output_tokens: int | None = None,
        context_tokens: int | None = None,
        effort: str | None = None,
        silence: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        base_url = base_url or os.environ.get("ANTHROPIC_BASE_URL") or None
        self.profile = profile or profile_for(base_url or "")
        self.output_tokens = output_tokens or self.profile.output_tokens
        self.context_tokens = context_tokens or self.profile.context_tokens
        self._api_key = api_key.strip() if api_key else None
        self._auth_token = auth_token.strip() if auth_token else None
        self._base_url = base_url
        self._effort = effort
        self._headers = dict(headers or {})
        self._silence = silence or self.profile.silence
        self._encoded = Encoded(self.profile)
        self._client: AsyncAnthropic | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def url(self) -> str:
        """The server's address, without what may be secret in it."""
        url = str(self._client.base_url) if self._client else self._base_url or DEFAULT_URL
        scheme, _, rest = url.partition("://")
        place, slash, path = rest.partition("/")
        return f"{scheme}://{place.rpartition('@')[2]}{slash}{path.partition('?')[0]}".rstrip("/")

    def price(self, usage: Usage, *, of: str = "") -> Decimal | None:
        """What this usage costs, of this model or of another of its server's."""
        if not self.profile.prices:
            return None
        from .prices import price

        return price(of or self.name, usage)

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
        fenced, bare = self._reads_fences(request), not self.profile.tools
        typing = FenceTyping(on_delta, bare=bare) if fenced else None
        builder = ReplyBuilder(request, typing or on_delta)
        try:
            await self._stream(request, builder)
            if typing:
                typing.close()
            reply = builder.reply()
        except BaseException as error:  # a stop too: what was streamed until then is billed
            if builder.billed != Usage():
                cost = self._cost(builder.model, builder.billed)
                on_delta(Wasted(Bill(builder.billed, cost)))
            if not isinstance(error, Exception):
                raise
            from .faults import model_error

            raise self._without_key(model_error(error, model=self.name, url=self.url)) from None
        if fenced and not reply.calls:
            reply = fenced_reply(reply, bare=bare)
        return replace(reply, cost=self._cost(reply.model, reply.usage))

    def _reads_fences(self, request: Request) -> bool:
        """Whether fenced code is an action: always without tools, and until a tool was called.

        Some servers take a request's tools and drop them, because the model's template has none.
        """
        if not self.profile.tools or not self.profile.fences:
            return self.profile.fences
        blocks = (block for message in request.messages for block in message.blocks)
        return not any(block.get("type") == "tool_use" for block in blocks)

    def _cost(self, model: str, usage: Usage) -> Decimal | None:
        if not self.profile.prices:
            return None
        from .prices import price

        known = price(model, usage) if model else None
        return self.price(usage) if known is None else known

    async def _stream(self, request: Request, builder: ReplyBuilder) -> None:
        async with aclosing(self.events(self.body(request))) as events:
            async for event in events:
                builder.feed(event)

    async def events(self, body: bytes) -> AsyncGenerator[Mapping[str, Any], None]:
        """What the server answers to a request's body, as the raw events of its stream.

        Raises ModelError without credentials, and what the SDK raises when it cannot be asked.
        """
        from anthropic import AsyncStream

        await self.open()
        assert self._client is not None
        # What `messages.create(stream=True)` does, less its walk over the whole conversation,
        # which would take longer with every step, and less a typed object for each event.
        stream = await self._client.post(
            "/v1/messages",
            content=body,
            cast_to=object,
            stream=True,
            stream_cls=AsyncStream[object],
            # The key goes where it was set for, and nowhere that an answer names.
            options={"follow_redirects": False},
        )
        async with stream:
            async for event in stream:
                if isinstance(event, dict):
                    yield event

    def body(self, request: Request) -> bytes:
        """The request as this server can take it, as JSON."""
        head = as_json(self._options(request)).removesuffix(b"}")
        return b"".join((head, b',"messages":', *self._encoded.pieces(request.messages), b"}"))

    def _options(self, request: Request) -> dict[str, Any]:
        profile = self.profile
        body: dict[str, Any] = {
            "model": self.name,
            "max_tokens": request.max_tokens,
            "stream": True,
        }
        if system := self._system(request).strip():
            body["system"] = [{"type": "text", "text": system}]
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

        from . import faults  # imported here, and prices read, off the event loop's thread

        self.price(Usage())
        timeout = httpx2.Timeout(self._silence, connect=10.0)
        try:
            client = AsyncAnthropic(
                api_key=self._api_key,
                auth_token=self._auth_token,
                base_url=address_of(self._base_url),
                max_retries=0,
                default_headers=self._headers,
                timeout=timeout,
                http_client=client_for(self._base_url or DEFAULT_URL, timeout),
            )
        except AnthropicError as error:
            raise ModelError(f"{error} {faults.KEY_ADVICE}", fault="authentication") from error
        except (httpx2.InvalidURL, ValueError) as error:
            raise ModelError(f"{self.url!r} is no address: {error}", fault="request") from None
        for secret in (client.api_key, client.auth_token):
            if secret and not (secret.isascii() and secret.isprintable() and " " not in secret):
                text = f"The key holds characters that no key has. {faults.KEY_ADVICE}"
                raise ModelError(text, fault="authentication")
        return client

    def _without_key(self, error: ModelError) -> ModelError:
        if self._client is not None:
            secrets = (
                self._client.api_key,
                self._client.auth_token,
                self._client.base_url.password,
            )
            for secret in secrets:
                if secret and len(secret) > 6:
                    error.args = (str(error.args[0]).replace(secret, "…"),)
        return error
