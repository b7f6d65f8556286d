"""A run in a real kernel, of which something is killed at random: `test_kills` starts it.

After the first write to the journal so many microseconds pass; then the process of the loop is
killed, or its kernel, or both. The kernel is its own, or one that somebody else started.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager

from codeact_jupyter.engine.events import Event
from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.environments.attached import AttachedEnvironment
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.environments.watched import WatchedLink
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.session import Session
from codeact_jupyter.settings import Settings
from tests.engine.twins import AllowAll, Played, numbered

from .crashing import RUN, STEPS, effect, noted


class Struck(Journal):
    """Begins to count at the first write; what was written is noted."""

    def __init__(self, folder: Path, log: Path, strike: threading.Timer) -> None:
        super().__init__(folder)
        self._log, self._strike = log, strike

    def begin(self, trajectory: Trajectory, notebook: str) -> None:
        self._strike.start()
        super().begin(trajectory, notebook)
        noted(self._log, "begin")

    def append(self, run: str, event: Event, *, placed: bool = False) -> None:
        super().append(run, event, placed=placed)
        noted(self._log, event.kind)


async def opened(folder: Path, kernel: str) -> KernelEnvironment:
    """The environment: with a kernel of its own, or that of this connection file."""
    if kernel == "own":
        return await KernelEnvironment.start(workspace=folder)
    manager = AsyncKernelManager(connection_file=kernel, owns_kernel=False)
    manager.load_connection_file()
    client = manager.client(session=manager.session.clone())
    client.start_channels()
    link = WatchedLink(client, manager)
    link.open()
    _, python = await link.language()
    return AttachedEnvironment(manager, link, workspace=str(folder), python=python)


async def main(folder: Path, after: int, victim: str, kernel: str, pid: int) -> None:
    """Run until the end comes; of a run that ends all the same, how long after the blow."""
    assert nbformat  # loaded before anything is timed, whoever writes a notebook first
    environment = await opened(folder, kernel)
    pid = pid or environment.provisioner.pid
    (folder / "kernel").write_text(str(pid))

    def strike() -> None:
        noted(folder / "struck", str(time.monotonic()))
        for each in (pid,) * (victim != "loop") + (os.getpid(),) * (victim != "kernel"):
            os.kill(each, signal.SIGKILL)

    timer = threading.Timer(after / 1e6, strike)
    timer.daemon = True
    journal = Struck(folder / "journal", folder / "log", timer)
    codes = [effect(n, folder / "done") for n in range(1, STEPS + 1)]
    kept: Any = {"document": Document(folder / "work.ipynb"), "journal": journal}
    parts = (Settings(), environment, AllowAll())
    session = Session(*parts, model=Played(*numbered(codes)), new_id=lambda: RUN, **kept)
    async for _ in session.run("count"):
        pass
    timer.cancel()
    noted(folder / "ended", str(time.monotonic()))
    await environment.close()


if __name__ == "__main__":
    given = sys.argv[1:]
    asyncio.run(main(Path(given[0]), int(given[1]), given[2], given[3], int(given[4])))
