"""What all sockets of the extension have in common: who may open one."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from .rights import OfService


class Socket(WebSocketMixin, WebSocketHandler, OfService):
    """A socket for who may run code here."""

    @ws_authenticated
    async def get(self, *args: Any, **options: Any) -> None:
        """Open the socket for a user who may run code here; else 403."""
        if not await self.may_run_code():
            raise HTTPError(403, "not allowed to run code here")
        await super().get(*args, **options)
