"""Ways out of a sandbox: each a unix socket of the host's that leads to one thing, and no further.

A door is opened before its kernel starts, and stays through restarts: what is bound into the
sandbox is the socket's file, not its folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

MODEL, HOSTS = "model", "hosts"
PROXY_PORT = 3128  # of the sandbox's own network, in which nothing else is
PROXY_VARIABLES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
INSIDE_FOLDER = "/run"


class Door(Protocol):
    """Something that listens at a socket."""

    def close(self) -> None:
        """Listen no more; called once, when the kernel is shut down."""


Opened = Callable[[Path], Door]


class Doors:
    """The doors of one kernel, whose sockets are in its private `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, Door] = {}

    def open(self, name: str, opened: Opened | None) -> None:
        """Open the door of this name, unless it is open or there is nothing behind it."""
        if opened is not None and name not in self._open:
            self._open[name] = opened(self._folder / f"{name}.sock")

    def get(self, name: str) -> Door | None:
        """The door of this name, if it is open."""
        return self._open.get(name)

    def close(self) -> None:
        """Close all of them; may be called twice."""
        while self._open:
            self._open.popitem()[1].close()

    @property
    def sockets(self) -> Mapping[str, str]:
        """By the path inside, the socket's path on the host."""
        return {inside(name): str(self._folder / f"{name}.sock") for name in self._open}

    def environ(self) -> dict[str, str]:
        """What tells the kernel of its doors."""
        told = {}
        if MODEL in self._open:
            told["CODEACT_SERVER"] = f"http+unix://{quote(inside(MODEL), safe='')}"
        if HOSTS in self._open:
            proxy = f"http://127.0.0.1:{PROXY_PORT}"
            told |= dict.fromkeys(PROXY_VARIABLES, proxy)
            told |= dict.fromkeys(("no_proxy", "NO_PROXY"), "localhost,127.0.0.1")
        return told


def inside(name: str) -> str:
    """Where a door is in the sandbox."""
    return f"{INSIDE_FOLDER}/{name}.sock"
