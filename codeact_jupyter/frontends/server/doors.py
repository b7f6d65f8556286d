"""A sandboxed kernel's way to this server's model: a unix socket with that behind it, and no more.

The kernel has no network, so it reaches none of this server's other routes. Its token and its
budget are those of any kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join
from tornado import httpserver, web
from tornado.netutil import bind_unix_socket

from .lent import Lent, LentMessages

MOST_CONNECTIONS = 8
MOST_BYTES = 64 << 20  # of a request: a long conversation with its pictures
MOST_HEADER_BYTES = 32 << 10
BODY_SECONDS, IDLE_SECONDS = 60.0, 60.0
# What would add routes, or pages for addresses that are none.
NOT_BEHIND = ("static_path", "default_handler_class", "default_handler_args")


class OfferOnly(Lent):
    """`GET lent/<kernel>`, without the word by which a person revokes it."""

    SUPPORTED_METHODS = ("GET",)


class ModelDoor:
    """Listens at `path` for one kernel of the server with these settings, until it is closed."""

    def __init__(self, settings: Mapping[str, Any], root: str, kernel: str, path: Path) -> None:
        place = url_path_join("/", root, f"lent/(?P<kernel>{kernel})")
        routes = [(place, OfferOnly), (f"{place}/v1/messages", LentMessages)]
        kept = {name: each for name, each in settings.items() if name not in NOT_BEHIND}
        self._server = _Bounded(
            web.Application(routes, **kept),
            max_body_size=MOST_BYTES,
            max_header_size=MOST_HEADER_BYTES,
            body_timeout=BODY_SECONDS,
            idle_connection_timeout=IDLE_SECONDS,
        )
        self._server.add_socket(bind_unix_socket(str(path), mode=0o600, backlog=MOST_CONNECTIONS))

    def close(self) -> None:
        """Listen no more."""
        self._server.stop()


class _Bounded(httpserver.HTTPServer):
    """A server that closes a connection at once when there are too many."""

    open_now = 0

    def handle_stream(self, stream: Any, address: Any) -> None:
        if self.open_now >= MOST_CONNECTIONS:
            stream.close()
            return
        self.open_now += 1
        super().handle_stream(stream, address)

    def on_close(self, server_conn: object) -> None:
        self.open_now -= 1
        super().on_close(server_conn)
