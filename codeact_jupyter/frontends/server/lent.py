"""The routes by which a kernel asks this server's model; its own token opens them, and no other.

A person's token or cookie does not: people ask by the panel. They see what is lent, and may take
it back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from tornado import web

from ...environments.hiding import hidden
from ...errors import CodeActError, ModelError, SettingsError
from .lending import LENDING, Lending, Loan
from .route import Route

PASSED_ON = ("retry-after", "retry-after-ms", "x-should-retry", "request-id")


class KernelRoute(Route):
    """What both share: who asks is a kernel of this server, by the token of its own."""

    by_kernel = False

    @property
    def lending(self) -> Lending:
        lending: Lending = self.settings[LENDING]
        return lending

    async def prepare(self, **options: Any) -> Any:
        given = self.request.headers  # in either of the ways in which the SDK sends a key
        token = given.get("X-Api-Key") or given.get("Authorization", "").removeprefix("Bearer ")
        self.by_kernel = self.lending.knows(self.path_kwargs["kernel"] or "", token)
        return await super().prepare(**options)

    def check_xsrf_cookie(self) -> None:
        if not self.by_kernel:  # a kernel sends no cookie that a page could have it send
            super().check_xsrf_cookie()

    async def require_kernel(self) -> None:
        """Refuse whoever is not the kernel: 403, or 404 for somebody who may run code here."""
        if not self.by_kernel:
            status = 404 if await self.may_run_code() else 403
            raise web.HTTPError(status, "this is for the kernel itself, by its own token")


class Loans(Route):
    """`GET lent`: the kernels that were lent the model, each with its notebook and what it took."""

    @web.authenticated
    @authorized("execute")
    async def get(self) -> None:
        async def work() -> Any:
            manager: Any = self.session_manager
            sessions = await ensure_async(manager.list_sessions())
            names = {each["kernel"]["id"]: str(each["path"]) for each in sessions}
            lending: Lending = self.settings[LENDING]
            loans = [_shown(each, names.get(each.kernel, "")) for each in lending.loans()]
            return {"kernels": loans}

        await self.answer(work)


class Lent(KernelRoute):
    """`GET lent/<kernel>`: what is lent to it, for the kernel; `DELETE`: nothing any more, by a
    person or by the kernel itself."""

    @allow_unauthenticated
    async def get(self, kernel: str) -> None:
        await self.require_kernel()

        async def work() -> Any:
            offered = await self.lending.offer(kernel)
            return {**offered, "loan": _shown(self.lending.loan(kernel), "")}

        await self.answer(work)

    @allow_unauthenticated
    async def delete(self, kernel: str) -> None:
        if not (self.by_kernel or await self.may_run_code()):
            raise web.HTTPError(403, "who may not run code here takes no kernel its model")

        async def work() -> Any:
            self.lending.revoke(kernel)
            return {}

        await self.answer(work)


class LentMessages(KernelRoute):
    """`POST lent/<kernel>/v1/messages`: the Messages API as the server may use it, streamed."""

    _work: asyncio.Future[None] | None = None

    @allow_unauthenticated
    async def post(self, kernel: str) -> None:
        await self.require_kernel()
        self._work = asyncio.ensure_future(self._stream(kernel))
        await asyncio.wait({self._work})
        if not self._work.cancelled():
            self._work.result()

    def on_connection_close(self) -> None:
        """The kernel stopped thinking: the model's call ends at once."""
        super().on_connection_close()
        if self._work is not None:
            self._work.cancel()

    async def _stream(self, kernel: str) -> None:
        try:
            async with aclosing(self.lending.events(kernel, self.request.body)) as events:
                async for event in events:
                    self.set_header("Content-Type", "text/event-stream")
                    self._write_event(str(event.get("type")), event)
                    await self.flush()
        except Exception as error:
            status, told, headers = _failure(error)
            told = hidden(told, self.lending.secrets)
            if self._headers_written:
                self._write_event("error", told)
            else:
                self.set_status(status)
                for name, value in headers.items():
                    self.set_header(name, value)
                self.set_header("Content-Type", "application/json")
                self.write(json.dumps(told))
        await self.finish()

    def _write_event(self, name: str, event: Mapping[str, Any]) -> None:
        self.write(f"event: {name}\ndata: {json.dumps(event)}\n\n")


def _shown(loan: Loan, path: str) -> dict[str, Any]:
    cost = None if loan.cost is None else float(loan.cost)
    return {**loan._asdict(), "cost": cost, "path": path}


def _failure(error: Exception) -> tuple[int, dict[str, Any], dict[str, str]]:
    """The status, body and headers by which the Messages API would tell of this; never the key's.

    What the SDK raised is told as the model's own server told it.
    """
    import anthropic

    from ...models.faults import model_error

    if isinstance(error, anthropic.APIStatusError) and isinstance(error.body, dict):
        given = error.response.headers
        passed = {name: given[name] for name in PASSED_ON if name in given}
        return error.status_code, dict(error.body), passed
    if isinstance(error, ModelError) and error.fault == "authentication":
        return 401, _told("authentication_error", error), {}
    if isinstance(error, (SettingsError, CodeActError)):
        return 400, _told("invalid_request_error", error), {}
    return 502, _told("api_error", model_error(error, model="the model", url="its server")), {}


def _told(kind: str, error: Exception) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": str(error)}}
