"""What all sockets of the extension have in common: who may open one."""

from __future__ import annotations

from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from .service import SERVICE, Service


class Socket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """A socket for who may run code here."""

    auth_resource = "kernels"

    @property
    def service(self) -> Service:
        """The server's agents."""
        service: Service = self.settings[SERVICE]
        return service

    @ws_authenticated
    async def get(self, *args: Any, **options: Any) -> None:
        """Open the socket for a user who may run code here; else 403."""
        may = self.authorizer.is_authorized(self, self.current_user, "execute", self.auth_resource)
        if not await ensure_async(may):
            raise HTTPError(403, "not allowed to run code here")
        await super().get(*args, **options)
