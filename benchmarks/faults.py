"""After each fault of the crash matrix, the seconds until its run is in a named state."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, aclosing, suppress
from pathlib import Path
from typing import Any

from codeact_jupyter.engine import events
from codeact_jupyter.engine.model import Model
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.mending import mend
from codeact_jupyter.session import Session
from codeact_jupyter.settings import Settings
from tests.engine.twins import AllowAll, Played, act, answer
from tests.loopback import Fault, LoopbackModel, ScriptedTurn, Text

BEGUN, GO = Path("begun"), Path("go")
WAITS = (
    "import pathlib, time\npathlib.Path('begun').touch()\n"
    "while not pathlib.Path('go').exists():\n    time.sleep(0.01)"
)
Strike = Callable[[KernelEnvironment, ExitStack], Awaitable[None]]


def main() -> None:
    """seconds from each fault to the named state of its run; at most 3 are wanted"""
    for name, strike in STRIKES.items():
        with tempfile.TemporaryDirectory() as folder:
            print(asyncio.run(_struck(Path(folder), name, strike)), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        print(asyncio.run(_cut(Path(folder))))
    for shown in ("unseen", "shown"):
        with tempfile.TemporaryDirectory() as folder:
            print(_recovered(Path(folder), shown))
    with tempfile.TemporaryDirectory() as folder:
        print(_recovered_by_command(Path(folder)))


async def _struck(place: Path, name: str, strike: Strike) -> str:
    """Run an action that waits, strike while it does, and time the run's end."""
    environment = await KernelEnvironment.start(workspace=place)
    session = _session(place, environment, Played(act(WAITS), answer("Done.")))
    work = asyncio.ensure_future(_run(session))
    while not (place / BEGUN).exists():
        await asyncio.sleep(0.01)
    with ExitStack() as until_the_end:
        struck = time.monotonic()
        await strike(environment, until_the_end)
        await work
        seconds = time.monotonic() - struck
    with suppress(Exception):  # some of them leave no kernel to close
        await environment.close()
    step = session.turn.steps[-1].state
    return f"{name}: {session.turn.state}, its step {step}, after {seconds:.2f} s"


async def _killed(environment: KernelEnvironment, end: ExitStack) -> None:
    os.kill(environment.provisioner.pid, signal.SIGKILL)


async def _restarted(environment: KernelEnvironment, end: ExitStack) -> None:
    await environment._manager.restart_kernel(now=True)


async def _full(environment: KernelEnvironment, end: ExitStack) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    end.callback(resource.setrlimit, resource.RLIMIT_FSIZE, before)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))
    (Path(environment.namespace().workspace) / GO).touch()


STRIKES: dict[str, Strike] = {
    "the kernel is killed, as when memory runs out": _killed,
    "the person restarts the kernel": _restarted,
    "the disk is full when the action ends": _full,
}


async def _cut(place: Path) -> str:
    """The model's stream breaks off: how long until it is told that the model is asked again."""
    cut = ScriptedTurn([Text("Some words.")], fault=Fault(kind="truncate", after=4))
    turns = [cut, ScriptedTurn([Text("Done.")])]
    environment = await KernelEnvironment.start(workspace=place)
    with LoopbackModel(turns) as served:
        settings = Settings(base_url=served.url, api_key="sk-test", profile="claude")
        session = Session(settings, environment, AllowAll(), **_kept(place))
        last = told = 0.0
        async with aclosing(session.run("go")) as happenings:
            async for event in happenings:
                if isinstance(event, events.Streamed) and not told:
                    last = time.monotonic()
                elif isinstance(event, events.Retrying):
                    told = time.monotonic() - last
    await environment.close()
    return f"the model's stream is cut: told after {told:.2f} s, in the end {session.turn.state}"


def _recovered(place: Path, shown: str) -> str:
    """The loop's process is killed in an action: how long its notebook takes to be mended."""
    command = [sys.executable, "-m", "tests.record.crashing", str(place), "2", "within", shown]
    assert subprocess.run(command).returncode < 0
    import nbformat

    assert nbformat  # once in a process, whoever reads a notebook first
    started = time.monotonic()
    (run,) = mend(Document(place / "work.ipynb"), Journal(place / "journal"))
    seconds = time.monotonic() - started
    what = "which its notebook had" if shown == "shown" else "which only the journal had"
    ended = f"{run.turn.state}, its step {run.turn.steps[-1].state}"
    return f"the loop is killed, {what}: {ended}, {seconds:.2f} s after it is looked for"


def _recovered_by_command(place: Path) -> str:
    """The same, by a process that has loaded nothing yet: `codeact recover`."""
    import resource

    command = [sys.executable, "-m", "tests.record.crashing", str(place), "2", "within", "unseen"]
    environ = {**os.environ, "JUPYTER_DATA_DIR": str(place / "data")}
    assert subprocess.run(command, env=environ).returncode < 0
    (place / "data" / "codeact").mkdir(parents=True, exist_ok=True)
    for each in (place / "journal").iterdir():
        each.rename(place / "data" / "codeact" / each.name)
    codeact = [Path(sys.executable).with_name("codeact"), "recover", place / "work.ipynb"]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    said = subprocess.run(codeact, env=environ, capture_output=True, text=True, check=True).stdout
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert "interrupted" in said, said
    return (
        f"the loop is killed: {seconds:.2f} s ({cpu:.2f} of CPU) by `codeact recover`, from nothing"
    )


def _session(place: Path, environment: KernelEnvironment, model: Model) -> Session:
    return Session(Settings(), environment, AllowAll(), model=model, **_kept(place))


def _kept(place: Path) -> dict[str, Any]:
    return {"document": Document(place / "a.ipynb"), "journal": Journal(place / "codeact")}


async def _run(session: Session) -> None:
    async for _ in session.run("wait"):
        pass
