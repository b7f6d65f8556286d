"""How a server's address is reached: over the network, directly, or through a unix socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import httpx2

LOOPBACK = ("127.0.0.1", "::1", "localhost")
OF_SOCKETS = "http+unix"  # http+unix://%2Fpath%2Fof%2Fa.sock/path


def address_of(url: str | None) -> str | None:
    """The address that a request names; of a server at a socket, that of this machine."""
    parts = urlsplit(url or "")
    return f"http://127.0.0.1{parts.path}" if parts.scheme == OF_SOCKETS else url


def client_for(url: str, timeout: httpx2.Timeout) -> httpx2.AsyncClient | None:
    """The HTTP client for what is on this machine; None for the SDK's own, elsewhere.

    It is not asked by way of a proxy, whatever the environment says.
    """
    from anthropic import DefaultAsyncHttpxClient
    from httpx2 import AsyncHTTPTransport

    parts = urlsplit(url)
    options: dict[str, Any] = {"timeout": timeout, "trust_env": False}
    if parts.scheme == OF_SOCKETS:
        options["transport"] = AsyncHTTPTransport(uds=unquote(parts.netloc))
    elif parts.hostname not in LOOPBACK:
        return None
    return DefaultAsyncHttpxClient(**options)
