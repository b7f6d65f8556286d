"""Inside: what is sent to a port of the sandbox's own goes to a socket that the host has bound.

Programs know how to use a proxy at a port, and not one at a unix socket.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress

CHUNK = 1 << 16
WAITING = 64


def forward(port: int, path: str) -> None:
    """Listen at this port from now on, in a process that is no child of this one's."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    listening.listen(WAITING)
    first = os.fork()
    if first:
        listening.close()
        os.waitpid(first, 0)
        return
    if os.fork():  # the sandbox's first process inherits the other: code here never waits for it
        os._exit(0)
    os.setsid()
    os.closerange(3, listening.fileno())
    os.closerange(listening.fileno() + 1, 1024)  # the kernel's sockets are the kernel's alone
    while True:
        with suppress(OSError):
            taken = listening.accept()[0]
            threading.Thread(target=_join, args=(taken, path), daemon=True).start()


def _join(near: socket.socket, path: str) -> None:
    with near, socket.socket(socket.AF_UNIX) as far:
        try:
            far.connect(path)
        except OSError:
            return
        back = threading.Thread(target=_copy, args=(far, near), daemon=True)
        back.start()
        _copy(near, far)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
