"""Runs in a real kernel, of which the loop's process, the kernel, or both are killed at random.

The kernel's SIGKILL is the signal that Linux sends when memory runs out: neither the kernel nor
we can tell the two apart.
"""

from __future__ import annotations

import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import KernelManager

from codeact_jupyter.engine.trajectory import Turn
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.mending import mend
from tests.starting import ready_client

from .test_crashes import TOP, check_that_it_goes_on, lines

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
MANY = int(os.environ.get("CODEACT_KILLS", "4"))
NAMED = ("answered", "stopped", "failed", "interrupted")


class Kernel:
    """A kernel that outlives the loops which use it."""

    def __init__(self) -> None:
        self.manager = KernelManager()
        self.client = ready_client(self.manager)

    def rest(self) -> None:
        """Wait until it is done with what it was sent."""
        self.client.execute_interactive("", timeout=60)


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    held = Kernel()
    yield held
    held.client.stop_channels()
    held.manager.shutdown_kernel(now=True)


def killed(folder: Path, after: int, victim: str, kernel: Kernel) -> int:
    """Let a run be struck; returns how its process ended."""
    folder.mkdir(parents=True)
    theirs = victim == "loop, its kernel lives on"
    where = [kernel.manager.connection_file if theirs else "own"]
    pid = str(kernel.manager.provisioner.pid if theirs else 0)
    arguments = [str(folder), str(after), victim.partition(",")[0], *where, pid]
    command = [sys.executable, "-m", "tests.record.killing", *arguments]
    with (folder / "said").open("w") as said:
        return subprocess.run(command, cwd=TOP, stderr=said, timeout=120, check=False).returncode


def gone(pid: int) -> None:
    """Wait until a process that nobody waits for is gone."""
    until = time.monotonic() + 60
    with suppress(ProcessLookupError):
        while time.monotonic() < until:
            os.kill(pid, 0)
            time.sleep(0.02)
        os.kill(pid, signal.SIGKILL)


def check_the_record(folder: Path, turn: Turn | None) -> None:
    """Nothing ran twice or without its intent; what was noted is there; the outcome is named."""
    done, log = lines(folder / "done"), lines(folder / "log")
    assert len(done) == len(set(done)), "an effect came twice"
    steps = turn.steps if turn is not None else ()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert log.count("step-started") <= len(steps) <= log.count("step-started") + 1
    assert set(done) <= {str(step.number) for step in steps}, "an effect without its intent"
    ok = [step.number for step in steps if step.state == "ok"]
    assert set(map(str, ok)) <= set(done), "a result without its effect"
    assert all(step.state in ("ok", "unknown") for step in steps), steps
    assert all("unknown" in str(step.told) for step in steps if step.state == "unknown")
    assert turn is None or turn.state in NAMED


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("victim", ["loop, its kernel lives on", "loop", "kernel", "both"])
async def test_a_run_in_a_real_kernel_is_found_again_whatever_is_killed(
    tmp_path: Path, victim: str, kernel: Kernel
) -> None:
    assert nbformat  # loaded before anything is timed
    chance = random.Random(victim)
    seconds: list[float] = []
    for number in range(max(1, MANY // 4)):
        folder = tmp_path / str(number)
        code = killed(folder, chance.randrange(700_000), victim, kernel)
        struck, ended = lines(folder / "struck"), lines(folder / "ended")
        assert code in (0, -signal.SIGKILL), (folder / "said").read_text()
        assert ended or code, "a run without an end whose process was not killed"
        path, journal = folder / "work.ipynb", Journal(folder / "journal")
        began = time.monotonic()
        mend(Document(path), journal)
        turns = Document(path).trajectory.turns
        took = time.monotonic() - began
        if struck:
            seconds.append(float(ended[0]) - float(struck[0]) if ended else took)
        assert all(entry.state in NAMED for entry in journal.entries())
        kernel.rest() if "lives on" in victim else gone(int((folder / "kernel").read_text()))
        check_the_record(folder, turns[0] if turns else None)
        if turns:
            await check_that_it_goes_on(folder, turns[0])
    if seconds:
        middle, most = statistics.median(seconds), max(seconds)
        print(f"\n{victim}: {len(seconds)} blows, named after {middle:.3f} s, at most {most:.3f} s")
