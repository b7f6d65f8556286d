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
from decimal import Decimal
from http.client import HTTPConnection, HTTPException
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from ..errors import SettingsError
from ..settings import KEYS
from .our_routes import ROOT, answer_of
from .words import money

SERVER = "CODEACT_SERVER"  # the address of a server that lends; in its kernels' environment
SECONDS = 5.0
MOST_SAID = 100_000
CONNECTION_FILE = re.compile(r"kernel-([\w-]+)\.json$")


class Lender(NamedTuple):
    """The server's route for this kernel, and what opens it."""

    url: str
    token: str


def token_of(key: bytes, kernel: str) -> str:
    """What opens the server's route for this kernel, whose messages are signed with `key`."""
    return hmac.new(key, f"codeact: the model, for {kernel}".encode(), hashlib.sha256).hexdigest()


def borrowed(shell: Any, environ: Mapping[str, str]) -> dict[str, str]:
    """The flags that name the server's model; none when there is none, or a key is set here.

    Blocks for some seconds at most. Raises SettingsError when the person took the model back.
    """
    lender = lender_of(shell, environ)
    offered = _asked(lender) if lender else {}
    if refused := offered.get("refused"):
        raise SettingsError(str(refused))
    if lender is None or not offered.get("model"):
        return {}
    return {
        "api_key": lender.token,
        "base_url": lender.url,
        "profile": str(offered["profile"]),
        "model": str(offered["model"]),
    }


def lender_of(shell: Any, environ: Mapping[str, str]) -> Lender | None:
    """The server that could lend its model; None where there is none, or a key is set here."""
    server, running = environ.get(SERVER, ""), getattr(shell, "kernel", None)
    if not server or running is None or any(environ.get(name) for name in KEYS):
        return None
    kernel = kernel_id()
    url = f"{server.rstrip('/')}/{ROOT}/lent/{kernel}"
    return Lender(url, token_of(running.session.key, kernel))


def lent_words(lender: Lender) -> str:
    """What the server lends to this kernel, and what it took so far, for the person."""
    offered = _asked(lender)
    loan = offered.get("loan")
    if not isinstance(loan, dict):
        return "The Jupyter Server lends this kernel no model."
    cost = "" if loan.get("cost") is None else f", {money(Decimal(str(loan['cost'])))}"
    took = f"this kernel took {int(loan.get('tokens', 0)):,} tokens{cost}"
    if refused := offered.get("refused"):
        return f"{str(refused)[:1].upper()}{str(refused)[1:]}; {took}."
    if not offered.get("model"):
        return "The Jupyter Server has no key, so it lends this kernel no model."
    return (
        f"The Jupyter Server lends this kernel {offered['model']}: {took}.\n"
        "`%codeact lent --return` gives it back until this kernel ends, and so does the panel's"
        " list of what the agent may do."
    )


def give_back(lender: Lender) -> None:
    """Ask this server no more from here. Raises SettingsError when it does not answer."""
    _asked(lender, "DELETE")
    if "refused" not in _asked(lender):
        raise SettingsError(f"the Jupyter Server at {lender.url!r} did not take its model back")


def _asked(lender: Lender, method: str = "GET") -> dict[str, Any]:
    """What the server says that it lends; nothing when it does not answer."""
    url, token = lender
    parts = urlsplit(url)
    headers = {"X-Api-Key": token}
    try:
        if parts.scheme == "http+unix":
            said = _through(unquote(parts.netloc), method, parts.path, headers)
        else:
            request = urllib.request.Request(url, headers=headers, method=method)
            with answer_of(request, SECONDS) as answer:
                said = answer.read(MOST_SAID)
        offered = json.loads(said)
    except (OSError, HTTPException, ValueError):
        return {}
    return offered if isinstance(offered, dict) else {}


def _through(path: str, method: str, route: str, headers: Mapping[str, str]) -> bytes:
    """What is answered at a unix socket, as a sandbox has one; raises OSError, HTTPException."""
    connection = HTTPConnection("127.0.0.1", timeout=SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(SECONDS)
        connection.sock.connect(path)
        connection.request(method, route, headers=dict(headers))
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
