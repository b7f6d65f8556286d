"""A port for a server that another process opens, some seconds later."""

from __future__ import annotations

import secrets
import socket

# Below those that systems give to who asks for any: each kernel and each client of the tests that
# run beside takes some of these, and may take the one that was free a moment ago.
FIRST, END = 15_000, 32_000


def free_port() -> int:
    """A port of loopback on which nobody listens."""
    while True:
        port = FIRST + secrets.randbelow(END - FIRST)  # whatever a test made of `random`
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
