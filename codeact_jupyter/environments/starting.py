"""Starts a kernel's process, without our keys; says why when it does not come up."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import EnvironmentFailure

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_client.manager import AsyncKernelManager

START_SECONDS = 60.0
STARTS = 3  # others may take the ports that were chosen for it before the kernel does
PORT_TAKEN = "Address already in use"
# Of variables that are the host's alone: a kernel that we start must not inherit them (law 9).
OURS = ("ANTHROPIC_", "CODEACT_")


@dataclass(frozen=True)
class StartedKernel:
    """A kernel that runs, what talks to it, where its stderr goes, and its Python's version."""

    manager: AsyncKernelManager
    client: AsyncKernelClient
    said: IO[bytes]
    python: tuple[int, ...]


async def started_kernel(name: str, workspace: Path) -> StartedKernel:
    """Start the kernel of this name in the directory `workspace`, without our keys.

    Raises EnvironmentFailure when there is no such kernel, it does not start, or it is not Python.
    """
    for _ in range(STARTS - 1):
        try:
            return await _started(name, workspace)
        except EnvironmentFailure as failure:
            if PORT_TAKEN not in str(failure):
                raise
    return await _started(name, workspace)


async def _started(name: str, workspace: Path) -> StartedKernel:
    manager = _manager(name)
    environ = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
    client: AsyncKernelClient | None = None
    # Open until the kernel is shut down: one that is started again writes to it too.
    said = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        await manager.start_kernel(cwd=str(workspace), env=environ, stderr=said)
        client = client_of(manager)
        client.start_channels()
        version = await _python_version(client, name)
    except BaseException as error:  # also when the start is cancelled: no kernel is left behind
        await _abandon(manager, client)
        with said:
            if isinstance(error, EnvironmentFailure) or not isinstance(error, Exception):
                raise
            raise EnvironmentFailure(_start_failure(name, error, said)) from error
    return StartedKernel(manager, client, said, version)


def client_of(manager: Any, **options: Any) -> Any:
    """A client of this manager's kernel, which takes no larger message than the kernel may send."""
    import zmq

    client = manager.client(**options)
    if largest := getattr(manager.provisioner, "largest_message", 0):
        client.context.setsockopt(zmq.MAXMSGSIZE, largest)
    return client


def why_ended(manager: Any) -> str:
    """Why this manager's kernel ended when it ended last, where what it was started with knows."""
    return str(getattr(getattr(manager, "provisioner", None), "why_ended", ""))


def _manager(name: str) -> AsyncKernelManager:
    """A manager that encrypts the kernel's traffic where kernel and libraries can."""
    import zmq
    from jupyter_client.manager import AsyncKernelManager

    manager = AsyncKernelManager(kernel_name=name)
    if manager.has_trait("transport_encryption") and zmq.has("curve"):
        manager.transport_encryption = "auto"
    return manager


async def _python_version(client: Any, name: str) -> tuple[int, ...]:
    """The version of the kernel's Python; EnvironmentFailure when it runs another language."""
    await client.wait_for_ready(timeout=START_SECONDS)
    reply = await client.kernel_info(reply=True, timeout=START_SECONDS)
    language = reply["content"].get("language_info") or {}
    if language.get("name") != "python":
        raise EnvironmentFailure(
            f"the kernel {name!r} runs {language.get('name')!r}, and codeact writes Python; "
            "choose a Python kernel with --kernel"
        )
    return tuple(int(part) for part in str(language.get("version", "0.0")).split(".")[:2])


async def _abandon(manager: AsyncKernelManager, client: AsyncKernelClient | None) -> None:
    """Let go of a kernel that did not come up."""
    if client is not None:
        client.stop_channels()
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)


def _start_failure(name: str, error: Exception, said: Any) -> str:
    """Why a kernel did not start, with the last it said."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    if isinstance(error, NoSuchKernel):
        names = ", ".join(sorted(KernelSpecManager().find_kernel_specs())) or "none"
        return (
            f"there is no kernel named {name!r}; installed are: {names}. "
            "Install one with: python -m ipykernel install --user --name NAME"
        )
    said.seek(0)
    last = said.read().decode("utf-8", "replace").strip().splitlines()[-5:]
    words = "\n".join([f"the kernel {name!r} did not start: {error}", *last])
    return f"{words}\nTry: python -m ipykernel install --user"
