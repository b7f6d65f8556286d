"""What a sandboxed kernel is started with: one value, from which each backend makes its command."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import EnvironmentFailure
from .limits import Bounds
from .pythons import Python, is_below

INSIDE = Path(__file__).parent / "inside"
OF_IPYKERNEL = ["-m", "ipykernel_launcher"]
# What a kernel may read of /etc: how programs find libraries, fonts, certificates and the time.
ETC = (
    *("alternatives", "ca-certificates", "fonts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"),
    *("localtime", "mime.types", "nsswitch.conf", "os-release", "pki", "ssl/certs"),
    *("ssl/openssl.cnf", "timezone"),
)


@dataclass(frozen=True)
class Launch:
    """A kernel to start: its command, where it works, what it may read, and how much it may use.

    `connection` is the connection file's text as the kernel gets it; `descriptors` are its sockets;
    `doors` are other sockets of the host's, by their path inside.
    """

    command: list[str]
    connection_file: str
    connection: str
    workspace: str
    python: Python
    environ: Mapping[str, str]
    bounds: Bounds
    descriptors: list[int]
    folder: Path
    secret: tuple[str, ...]
    also_read: tuple[str, ...] = ()
    doors: Mapping[str, str] = field(default_factory=dict)

    def kernel_command(self, inside: str, connection_file: str) -> list[str]:
        """The kernel's command where our `inside` is in the folder `inside`.

        Raises EnvironmentFailure when it does not start ipykernel: only that takes bound sockets.
        """
        given = [connection_file if each == self.connection_file else each for each in self.command]
        if OF_IPYKERNEL[1] not in given:
            raise EnvironmentFailure(
                f"the sandbox starts ipykernel, and this kernel's command is {self.command!r}; "
                "make its kernelspec with: codeact sandbox install"
            )
        at = given.index(OF_IPYKERNEL[1]) - 1
        return [*given[:at], *run_inside(inside, "kernel", "launch"), *given[at + 2 :]]

    def readable(self) -> list[str]:
        """What of the host's files the kernel may read, beside its workspace."""
        packages = [*self.python.own, *self.python.elsewhere]
        wanted = ["/usr", *(f"/etc/{each}" for each in ETC), *packages, *self.also_read]
        fit = (each for each in wanted if os.path.exists(each))
        return list(dict.fromkeys(each for each in fit if not self._gives_away(each)))

    def require_python(self) -> None:
        """Raise EnvironmentFailure where its Python cannot be shown without something secret."""
        for own in self.python.own:
            if self._gives_away(own):
                raise EnvironmentFailure(
                    f"the sandbox cannot show {own!r}, where its Python is: what no kernel may see "
                    "lies in it too; install the sandbox from a virtual environment"
                )

    def _gives_away(self, path: str) -> bool:
        """Whether showing this would show something secret."""
        return path == "/" or any(is_below(each, [path]) for each in self.secret)


def run_inside(folder: str, module: str, function: str) -> list[str]:
    """Python's arguments that call a function of our `inside`, which lies in `folder`.

    It gets the arguments that follow. The folder is in the path for this import alone, and the
    working directory is not: a file in it could take the place of a module of Python's.
    """
    found = f"import sys; sys.path.insert(0, {folder!r}); from inside.{module} import {function}"
    left = f"sys.path[:] = [each for each in sys.path if each not in ('', {folder!r})]"
    return ["-c", f"{found}; {left}; {function}(sys.argv[1:])"]


@dataclass
class Started:
    """What goes into a start: the command, descriptors that it inherits, and those to read from."""

    command: list[str]
    cwd: str
    environ: dict[str, str]
    inherited: list[int] = field(default_factory=list)
    information: int | None = None


def memory_file(content: str | bytes) -> int:
    """A descriptor of a file that is nowhere on disk; close it."""
    descriptor = os.memfd_create("codeact", 0)
    os.write(descriptor, content if isinstance(content, bytes) else content.encode())
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def existing(paths: Iterable[str]) -> list[str]:
    """Those of these paths that are there."""
    return [path for path in paths if os.path.exists(path)]
