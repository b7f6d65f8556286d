"""What routes and sockets have in common: the server's agents, and who may run code here."""

from __future__ import annotations

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler

from .service import SERVICE, Service


class OfService(JupyterHandler):
    """A handler of ours, for who may run code on this server."""

    auth_resource = "kernels"

    @property
    def service(self) -> Service:
        """The server's agents."""
        service: Service = self.settings[SERVICE]
        return service

    async def may_run_code(self) -> bool:
        """Whether who asks is a user of this server who may run code on it."""
        user = self.current_user
        may = user is not None and await ensure_async(
            self.authorizer.is_authorized(self, user, "execute", self.auth_resource)
        )
        return bool(may)
