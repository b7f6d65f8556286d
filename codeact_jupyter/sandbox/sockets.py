"""A kernel's sockets, bound by the host in a folder that the sandbox never sees."""

from __future__ import annotations

import json
import os
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

CHANNELS = ("shell", "iopub", "stdin", "control", "hb")
WAITING = 16
LONGEST_PLACE = 70  # a socket's path may have 107 bytes, and this folder's and its names follow


def private_folder() -> Path:
    """A new folder that only this user can look into; its name is short, as sockets need it."""
    places = [os.environ.get("XDG_RUNTIME_DIR") or "", tempfile.gettempdir()]
    usable = (each for each in places if _takes_sockets(each))
    return Path(tempfile.mkdtemp(prefix="codeact-", dir=next(usable, "/tmp")))


def listening(connection: Path) -> tuple[list[int], str]:
    """Bind what a connection file names; gives descriptors, and the words that tell the kernel.

    A socket of an earlier start of the kernel makes room.
    """
    named = json.loads(connection.read_text("utf-8"))
    descriptors, words = [], []
    for channel in CHANNELS:
        port = named[f"{channel}_port"]
        path = f"{named['ip']}-{port}"
        with suppress(FileNotFoundError):
            os.unlink(path)
        bound = socket.socket(socket.AF_UNIX)
        bound.bind(path)
        bound.listen(WAITING)
        words.append(f"{port}:{bound.fileno()}")
        descriptors.append(bound.detach())
    return descriptors, ",".join(words)


def _takes_sockets(place: str) -> bool:
    short = len(os.fsencode(place)) <= LONGEST_PLACE
    return short and os.path.isdir(place) and os.access(place, os.W_OK)


def connection_inside(connection: Path, ip: str) -> str:
    """The connection file as the kernel gets it: its sockets are elsewhere there."""
    return json.dumps({**json.loads(connection.read_text("utf-8")), "ip": ip})
