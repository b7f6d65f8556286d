"""The model of the Jupyter Server that started this kernel, for a kernel without a key.

The server keeps the key. What opens its route is made of the secret that signs this kernel's own
messages, so there is nothing to set up and nothing that another kernel could use.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import urllib.request
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import unquote, urlsplit

from ..settings import KEYS

SERVER = "CODEACT_SERVER"  # the address of a server that lends; in its kernels' environment
SECONDS = 5.0
MOST_SAID = 100_000
CONNECTION_FILE = re.compile(r"kernel-([\w-]+)\.json$")


def token_of(key: bytes, kernel: str) -> str:
    """What opens the server's route for this kernel, whose messages are signed with `key`."""
    return hmac.new(key, f"codeact: the model, for {kernel}".encode(), hashlib.sha256).hexdigest()


def borrowed(shell: Any, environ: Mapping[str, str]) -> dict[str, str]:
    """The flags that name the server's model; none when there is none, or a key is set here.

    Blocks for some seconds at most.
    """
    server, running = environ.get(SERVER, ""), getattr(shell, "kernel", None)
    if not server or running is None or any(environ.get(name) for name in KEYS):
        return {}
    kernel = kernel_id()
    token = token_of(running.session.key, kernel)
    url = f"{server.rstrip('/')}/codeact/api/lent/{kernel}"
    offered = _asked(url, token)
    if not offered.get("model"):
        return {}
    return {
        "api_key": token,
        "base_url": url,
        "profile": str(offered["profile"]),
        "model": str(offered["model"]),
    }


def _asked(url: str, token: str) -> dict[str, Any]:
    """What the server says that it lends; nothing when it does not answer."""
    parts = urlsplit(url)
    headers = {"X-Api-Key": token}
    try:
        if parts.scheme == "http+unix":
            said = _through(unquote(parts.netloc), parts.path, headers)
        else:
            # No proxy: the server is on this machine, whatever the environment says.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            request = urllib.request.Request(url, headers=headers)
            with opener.open(request, timeout=SECONDS) as answer:
                said = answer.read(MOST_SAID)
        offered = json.loads(said)
    except (OSError, HTTPException, ValueError):
        return {}
    return offered if isinstance(offered, dict) else {}


def _through(path: str, route: str, headers: Mapping[str, str]) -> bytes:
    """What is answered at a unix socket, as a sandbox has one; raises OSError, HTTPException."""
    connection = HTTPConnection("127.0.0.1", timeout=SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(SECONDS)
        connection.sock.connect(path)
        connection.request("GET", route, headers=dict(headers))
        return connection.getresponse().read(MOST_SAID)
    finally:
        connection.close()


def kernel_id() -> str:
    """The id by which the server knows this kernel."""
    from ipykernel.connect import get_connection_file

    try:
        found = CONNECTION_FILE.search(get_connection_file())
    except RuntimeError:  # no kernel
        return ""
    return found[1] if found else ""
