"""Whatever point of a run its process is killed at, the record is true and nothing runs twice."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from codeact_jupyter.engine.trajectory import Turn
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.mending import mend
from codeact_jupyter.session import Session
from codeact_jupyter.settings import Settings
from tests.engine.twins import AllowAll, Played, Workshop, answer

from .crashing import RUN, STEPS

TOP = Path(__file__).parents[2]
MOST = 50
CRASHES = int(os.environ.get("CODEACT_CRASHES", "8"))


def started(folder: Path, at: int, moment: str, shown: str) -> subprocess.Popen[str]:
    """Start a run that is to be killed at this point."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "tests.record.crashing", str(folder), str(at), moment, shown]
    return subprocess.Popen(command, cwd=TOP, stderr=subprocess.PIPE, text=True)


def was_killed(run: subprocess.Popen[str]) -> bool:
    """Whether it was, or came to its end before."""
    _, said = run.communicate(timeout=60)
    assert run.returncode in (0, -9), said
    return run.returncode != 0


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def check_the_record(folder: Path, turn: Turn | None, unheard: int) -> None:
    """The record says all that was recorded, and nothing that was not so.

    So many writes more may be on the disk than the run had heard of when it was killed.
    """
    done, log = lines(folder / "done"), lines(folder / "log")
    assert len(done) == len(set(done)), "an effect came twice"
    steps = turn.steps if turn is not None else ()
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert log.count("step-started") <= len(steps) <= log.count("step-started") + unheard
    seen = [step.state for step in steps].count("ok")
    assert log.count("step-finished") <= seen <= log.count("step-finished") + unheard
    assert [step.state for step in steps[seen:]] in ([], ["unknown"])
    assert all("not run again" in str(step.told) for step in steps[seen:])
    assert set(done) <= {str(step.number) for step in steps}, "an effect without its intent"
    assert {str(step.number) for step in steps[:seen]} <= set(done), "a result without its effect"
    if turn is not None:
        ended = turn.state == "answered"
        assert ended or turn.state == "interrupted"
        assert ended or "run-finished" not in log


async def check_that_it_goes_on(folder: Path, before: Turn) -> None:
    """The next run continues the conversation, and runs nothing of it again."""
    done = lines(folder / "done")
    model = Played(answer("I go on."))
    document = Document(folder / "work.ipynb")
    parts = (Settings(), Workshop(), AllowAll())
    session = Session(*parts, model=model, document=document, journal=Journal(folder / "journal"))
    async for _ in session.run("go on"):
        pass
    assert session.turn.state == "answered"
    assert lines(folder / "done") == done
    sent = [block for message in model.requests[0].messages for block in message.blocks]
    told = [*before.told, *(b for step in before.steps for m in step.said for b in m.blocks)]
    assert sent[: len(told)] == told


async def examine(folder: Path, unheard: int = 0) -> None:
    path, journal = folder / "work.ipynb", Journal(folder / "journal")
    mend(Document(path), journal)
    once = path.read_bytes() if path.exists() else b""
    assert mend(Document(path), journal) == [], "there is nothing left to mend"
    assert (path.read_bytes() if path.exists() else b"") == once
    turns = Document(path).trajectory.turns
    check_the_record(folder, turns[0] if turns else None, unheard)
    assert all(entry.state != "running" for entry in journal.entries())
    if turns:
        assert turns[0].run == RUN
        await check_that_it_goes_on(folder, turns[0])


@pytest.mark.parametrize("shown", ["shown", "unseen"])
async def test_a_run_that_is_killed_at_any_write_to_its_journal_is_found_again(
    tmp_path: Path, shown: str
) -> None:
    points = 0
    for at in range(1, MOST):
        runs = [started(tmp_path / f"{m}-{at}", at, m, shown) for m in ("before", "after")]
        ends = [was_killed(run) for run in runs]
        for moment in ("before", "after"):
            await examine(tmp_path / f"{moment}-{at}")
        points = at
        if not any(ends):
            break
    assert points == 2 + 2 * STEPS + 1, "the beginning, each step twice, the end; then one clean"


@pytest.mark.parametrize("step", range(1, STEPS + 1))
async def test_an_action_that_takes_its_process_down_has_an_unknown_outcome(
    tmp_path: Path, step: int
) -> None:
    folder = tmp_path / "within"
    assert was_killed(started(folder, step, "within", "unseen"))
    await examine(folder)
    last = Document(folder / "work.ipynb").trajectory.turns[0].steps[-1]
    assert (last.number, last.state) == (step, "unknown")
    assert str(step) in lines(folder / "done")


@pytest.mark.timeout(3600)
async def test_a_run_that_is_killed_at_random_is_found_again(tmp_path: Path) -> None:
    chance = random.Random(0)
    for number in range(CRASHES):
        folder, shown = tmp_path / str(number), chance.choice(["shown", "unseen"])
        was_killed(started(folder, chance.randrange(100_000), "random", shown))
        await examine(folder, unheard=1)
