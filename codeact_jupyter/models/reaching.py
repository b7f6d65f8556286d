"""How a server's address is reached: over the network, directly, or through a unix socket."""

from __future__ import annotations

import os
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl

    import httpx2

LOOPBACK = ("127.0.0.1", "::1", "localhost")
OF_SOCKETS = "http+unix"  # http+unix://%2Fpath%2Fof%2Fa.sock/path
_reading = threading.Lock()


def address_of(url: str | None) -> str | None:
    """The address that a request names; of a server at a socket, that of this machine."""
    parts = urlsplit(url or "")
    return f"http://127.0.0.1{parts.path}" if parts.scheme == OF_SOCKETS else url


def client_for(url: str, timeout: httpx2.Timeout) -> httpx2.AsyncClient:
    """The HTTP client for the server at this address.

    What is on this machine is not asked by way of a proxy, whatever the environment says.
    """
    from anthropic import DefaultAsyncHttpxClient
    from httpx2 import AsyncHTTPTransport

    parts = urlsplit(url)
    at_socket = parts.scheme == OF_SOCKETS
    there = not at_socket and parts.hostname not in LOOPBACK
    options: dict[str, Any] = {"timeout": timeout, "trust_env": there, "verify": _believed(there)}
    if at_socket:
        options["transport"] = AsyncHTTPTransport(uds=unquote(parts.netloc), verify=False)
    return DefaultAsyncHttpxClient(**options)


def _believed(as_environ: bool) -> ssl.SSLContext:
    """Whose certificates are believed, from files that are named in the environment or not.

    Read once for all clients: it takes a tenth of a second, in which no other thread runs. A server
    has a client for each notebook.
    """
    files = tuple(os.environ.get(name) for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"))
    with _reading:
        return _read(as_environ, files if as_environ else ())


@lru_cache
def _read(as_environ: bool, _files: tuple[str | None, ...]) -> ssl.SSLContext:
    from httpx2 import create_ssl_context

    return create_ssl_context(trust_env=as_environ)
