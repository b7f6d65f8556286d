"""A run that kills its own process at the n-th write to the journal: `test_crashes` starts it.

Each action writes a line into a file before it goes on: what was done is known there, whatever the
record says.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codeact_jupyter.engine.events import Event
from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.session import Session
from codeact_jupyter.settings import Settings
from tests.engine.twins import AllowAll, Played, Workshop, numbered

STEPS = 2
RUN = "0000cafe"


class Mortal(Journal):
    """Ends the process before or after its n-th write, or some microseconds after the first."""

    def __init__(self, folder: Path, at: int, moment: str, log: Path) -> None:
        super().__init__(folder)
        self._at, self._moment, self._log = at, moment, log
        self._writes = 0

    def begin(self, trajectory: Trajectory, notebook: str) -> None:
        self._write(lambda: super(Mortal, self).begin(trajectory, notebook), "begin")

    def append(self, run: str, event: Event, *, placed: bool = False) -> None:
        write = super().append
        self._write(lambda: write(run, event, placed=placed), event.kind)

    def _write(self, write: Callable[[], None], what: str) -> None:
        self._writes += 1
        if self._moment == "random" and self._writes == 1:
            kill = threading.Timer(self._at / 1e6, os.kill, (os.getpid(), signal.SIGKILL))
            kill.daemon = True
            kill.start()
        if self._writes == self._at and self._moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        write()
        noted(self._log, what)
        if self._writes == self._at and self._moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)


def noted(path: Path, line: str) -> None:
    """Put a line into a file; it is there when this returns."""
    with path.open("a") as file:
        file.write(f"{line}\n")


def effect(step: int, done: Path, *, deadly: bool = False) -> str:
    """Code of an action that does something that can be counted."""
    kill = "\nimport os, signal; os.kill(os.getpid(), signal.SIGKILL)" if deadly else ""
    return f"file = open({str(done)!r}, 'a'); file.write('{step}\\n'); file.close(){kill}\n{step}"


def session(folder: Path, journal: Journal, *, shown: bool, deadly: int = 0) -> Session:
    """The session that is killed; with `shown` it writes its notebook itself."""
    codes = [effect(n, folder / "done", deadly=n == deadly) for n in range(1, STEPS + 1)]
    path = folder / "work.ipynb"
    kept: Any = {"document": Document(path)} if shown else {"notebook": str(path)}
    model = Played(*numbered(codes))
    parts = (Settings(), Workshop(), AllowAll())
    return Session(*parts, model=model, journal=journal, new_id=lambda: RUN, **kept)


async def main(folder: Path, at: int, moment: str, shown: bool) -> None:
    """Run until the end comes."""
    journal = Mortal(folder / "journal", at, moment, folder / "log")
    deadly = at if moment == "within" else 0
    async for _ in session(folder, journal, shown=shown, deadly=deadly).run("count"):
        pass


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4] == "shown"))
