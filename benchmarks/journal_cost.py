"""What the journal costs a step, how long a recovery takes, and what the record adds to a file."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import statistics
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from codeact_jupyter.engine.events import StepFinished, StepStarted
from codeact_jupyter.engine.trajectory import Action, Observation, Step, Stream, Trajectory, Turn
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.mending import mend
from codeact_jupyter.session import Session
from codeact_jupyter.settings import Settings
from tests.engine.twins import AllowAll, Played, act
from tests.record.runs import record

STEPS, LONG = 300, 1_000
RUN = "0000cafe"


def main() -> None:
    """milliseconds of the journal for a step; recovery over reading; bytes over those without it"""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        place = Path(folder)
        asyncio.run(_steps(place))
        _recovery(place)
        asyncio.run(_death(place))
        _sizes(place)


def _step(number: int) -> Step:
    code = f"total_{number} = sum(range({number}))\nprint(total_{number})"
    call = f"call_{number}"
    reply = act(code, call=call, thought="I add up the numbers up to here, and print the sum.")
    seen = Observation("ok", (Stream(f"{number}\n" * 20),), seconds=0.01, count=number)
    told = ({"type": "tool_result", "tool_use_id": call, "content": f"{number}\n" * 20},)
    cell = f"{RUN}-{number}-action"
    return Step(number, reply, action=Action(code, cell), observation=seen, told=told)


def _turn(steps: int) -> Turn:
    told = ({"type": "text", "text": "Add up."},)
    made = tuple(_step(number) for number in range(1, steps + 1))
    return Turn(RUN, "Add up.", told, steps=made, started="2026-01-05T09:00:00.000+00:00")


async def _steps(place: Path) -> None:
    journal = Journal(place / "codeact")
    journal.begin(Trajectory("system", (), (_turn(0),)), str(place / "a.ipynb"))
    environment = await KernelEnvironment.start(workspace=place)
    plain, kept, bare = [], [], []
    with (place / "bare").open("ab") as file:
        for number in range(1, STEPS + 1):
            step = _step(number)
            intent, size = replace(step, observation=None, told=()), 3_500
            assert step.action is not None
            started = time.perf_counter()
            await environment.execute(step.action, on_output=lambda _: None)
            plain.append(time.perf_counter() - started)

            def keep(intent: Step = intent, step: Step = step) -> None:
                journal.append(RUN, StepStarted(intent))
                journal.append(RUN, StepFinished(step))

            kept.append(_timed(keep))

            def write(size: int = size) -> None:
                file.write(b"x" * size)
                file.flush()
                os.fsync(file.fileno())

            bare.append(_timed(write))
    await environment.close()
    named = {"a plain step in a kernel": plain, "its journal": kept, "a write and fsync": bare}
    for name, times in named.items():
        print(f"{name}: p50 {_at(times, 50):.2f} ms, p99 {_at(times, 99):.2f} ms")
    step, write = (_at(kept, 50) / _at(each, 50) for each in (plain, bare))
    print(f"the journal of a step: {step:.2f} of a plain step, {write:.2f} of one write and fsync")


def _recovery(place: Path) -> None:
    import nbformat

    assert nbformat  # once in a process, whoever reads a notebook first
    path, turn = place / "long.ipynb", _turn(LONG)
    journal = Journal(place / "long")
    record(journal, Trajectory("system", ({"name": "python"},), (turn,)), str(path))
    journal.close()
    connection = sqlite3.connect(place / "long" / "journal.sqlite3")
    connection.execute("UPDATE runs SET owner = 'ended.lock'")  # as if its process had ended
    connection.commit()
    connection.close()
    found: list[Any] = []
    recovered = _timed(lambda: found.extend(mend(Document(path), journal)))
    assert len(found[0].missing) == LONG
    read = _timed(lambda: Document(path).trajectory)
    print(
        f"a run of {LONG:,} steps: recovered and written in {recovered:.2f} s, "
        f"its notebook read in {read:.2f} s, ratio {recovered / read:.2f}"
    )


async def _death(place: Path) -> None:
    """How long after its kernel was killed a run has ended."""
    path = place / "death.ipynb"
    environment = await KernelEnvironment.start(workspace=place)
    dies = f"import os, time; open('died', 'w').write(str(time.time())); os.kill(os.getpid(), {9})"
    model, journal = Played(act(dies)), Journal(place / "codeact")
    parts = (Settings(), environment, AllowAll())
    session = Session(*parts, model=model, document=Document(path), journal=journal)
    async for _ in session.run("die"):
        pass
    seconds = time.time() - float((place / "died").read_text())
    await environment.close()
    print(f"kernel killed in a cell: the run has ended {session.turn.state} {seconds:.2f} s later")


def _sizes(place: Path) -> None:
    path = place / "demo.ipynb"
    command = [str(Path(sysconfig.get_path("scripts")) / "codeact"), "demo", "--notebook", path]
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
    content = json.loads(path.read_text("utf-8"))
    whole = len(json.dumps(content))
    for cell in content["cells"]:
        cell["metadata"].pop("codeact", None)
    content["metadata"].pop("codeact", None)
    without = len(json.dumps(content))
    print(
        f"the demo's notebook: {whole:,} bytes, {without:,} without the record, "
        f"ratio {whole / without:.2f}"
    )


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _at(times: list[float], percent: int) -> float:
    return statistics.quantiles(times, n=100)[percent - 1] * 1_000
