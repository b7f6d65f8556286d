"""A session keeps what it does in the journal before it does it, or does not do it."""

from __future__ import annotations

import asyncio
import gc
import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.environment import Namespace
from codeact_jupyter.engine.policy import Answered, Verdict
from codeact_jupyter.engine.trajectory import Action, RunState
from codeact_jupyter.errors import ModelError, NotebookError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.mending import mend
from codeact_jupyter.session import Session
from codeact_jupyter.settings import Settings
from codeact_jupyter.workspace.store import default_place
from tests.engine.twins import AllowAll, Played, Workshop, act, answer, numbered
from tests.record.runs import journal_in, read


def session(journal: Journal, workshop: Workshop, model: Played, **more: Any) -> Session:
    parts = (Settings(), workshop, AllowAll())
    return Session(*parts, model=model, journal=journal, notebook="/a/b.ipynb", **more)


async def do(made: Session, task: str) -> RunState:
    async for _ in made.run(task):
        pass
    return made.turn.state


@contextmanager
def full_disk(*, left: int) -> Iterator[None]:
    """No file of this process can be longer than this, as on a disk that is full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def longest(folder: Path) -> int:
    return max(path.stat().st_size for path in (folder / "codeact").iterdir() if path.is_file())


async def test_the_journal_knows_the_action_before_it_runs(tmp_path: Path) -> None:
    journal, seen = journal_in(tmp_path), []

    def look(action: Action) -> None:
        seen.append([step.state for step in read(journal_in(tmp_path), made.turn.run).turn.steps])

    made = session(journal, Workshop(look), Played(*numbered(["1", "2"])))
    assert await do(made, "count") == "answered"
    assert seen == [["unknown"], ["ok", "unknown"]]
    kept = read(journal, made.turn.run)
    assert kept.turn == made.turn
    assert kept.entry.state == "answered"


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be synced there")
@pytest.mark.parametrize("journaled", [True, False])
async def test_what_no_journal_holds_is_durable_in_the_notebook_and_so_is_a_runs_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, journaled: bool
) -> None:
    real, synced = os.fsync, list[str]()

    def fsync(handle: int) -> None:
        where = os.fstat(handle)
        if stat.S_ISDIR(where.st_mode) and where.st_ino == tmp_path.stat().st_ino:
            synced.append("folder")
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    document = Document(tmp_path / "a.ipynb")
    kept = {"journal": journal_in(tmp_path)} if journaled else {}
    model = Played(*numbered(["1", "2"]))
    made = Session(Settings(), Workshop(), AllowAll(), model=model, document=document, **kept)
    async for event in made.run("count"):
        synced.append(event.kind)
    writes = [synced[at + 1] for at, said in enumerate(synced[:-1]) if said == "folder"]
    first, last = "step-started", "run-finished"
    between = [] if journaled else ["step-finished", "step-started", "step-finished"]
    assert writes == [first, *between, last]


async def test_with_a_journal_the_file_holds_each_step_before_the_next_begins(
    tmp_path: Path,
) -> None:
    path, begun = tmp_path / "a.ipynb", 0
    kept = {"journal": journal_in(tmp_path), "document": Document(path)}
    made = Session(
        Settings(), Workshop(), AllowAll(), model=Played(*numbered(["1", "2", "3"])), **kept
    )
    async for event in made.run("count"):
        if isinstance(event, events.StepStarted):
            before = Document(path).trajectory.turns[0].steps[:begun]
            assert [step.state for step in before] == ["ok"] * begun
            begun += 1
    assert begun == 3 and Document(path).trajectory == made.trajectory


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE")
async def test_an_action_whose_intent_cannot_be_saved_does_not_run(tmp_path: Path) -> None:
    journal, workshop = journal_in(tmp_path), Workshop()
    long_code = f"x = {'y' * 4000!r}" + "\n# " + "z" * 4000
    model = Played(act("1"), act(long_code, call="call_2"), answer())
    made = session(journal, workshop, model)
    happened = []
    with ExitStack() as until_the_end:
        async for event in made.run("count"):
            happened.append(event)
            if isinstance(event, events.StepFinished) and event.step.number == 1:
                until_the_end.enter_context(full_disk(left=longest(tmp_path)))
    assert workshop.ran == ["1"], "the second action did not run"
    assert made.turn.state == "failed"
    assert "journal.sqlite3' cannot be written" in made.turn.reason
    assert "Make room there, or set JUPYTER_DATA_DIR" in made.turn.reason
    assert [step.state for step in made.turn.steps] == ["ok", "rejected"]
    assert isinstance(happened[-1], events.RunFinished)


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE")
async def test_a_run_that_cannot_be_recorded_asks_no_model_and_the_next_one_goes_when_it_can(
    tmp_path: Path,
) -> None:
    model = Played(answer())
    made = session(journal_in(tmp_path), Workshop(), model)
    with full_disk(left=100):
        assert await do(made, "count") == "failed"
    assert model.requests == []
    assert "Make room there" in made.turn.reason
    assert await do(made, "count again") == "answered"


@pytest.mark.parametrize("journaled", [True, False])
async def test_a_run_whose_notebook_can_be_written_no_more_fails_and_the_next_opening_has_it_all(
    tmp_path: Path, journaled: bool
) -> None:
    folder, away, journal = tmp_path / "here", tmp_path / "away", journal_in(tmp_path)
    folder.mkdir()
    kept: Any = {"journal": journal} if journaled else {}
    parts = (Settings(), workshop := Workshop(), AllowAll())
    model, document = Played(*numbered(["1", "2", "3"])), Document(folder / "a.ipynb")
    made = Session(*parts, model=model, document=document, **kept)
    async for event in made.run("count"):
        if isinstance(event, events.StepFinished) and event.step.number == 1:
            folder.rename(away)
    assert made.turn.state == "failed" and "a.ipynb': No such file or directory" in made.turn.reason
    assert ("is kept, and comes into the notebook" in made.turn.reason) == journaled
    assert "3" not in workshop.ran
    away.rename(folder)
    path = folder / "a.ipynb"
    assert Document(path).trajectory.turns[0].state == "running"
    if journaled:
        assert read(journal, made.turn.run).turn == made.turn
        assert journal.open_in(str(path))
        assert [run.turn for run in mend(Document(path), journal)] == [made.turn]
        assert Document(path).trajectory.turns == (made.turn,)


async def test_an_end_that_cannot_be_written_is_told_and_the_next_opening_has_it(
    tmp_path: Path,
) -> None:
    folder, away, journal = tmp_path / "here", tmp_path / "away", journal_in(tmp_path)
    folder.mkdir()
    path = folder / "a.ipynb"
    kept: Any = {"document": Document(path), "journal": journal}
    made = Session(Settings(), Workshop(), AllowAll(), model=Played(*numbered(["1"])), **kept)
    with pytest.raises(NotebookError, match=r"No such file.* is kept, and comes into the notebook"):
        async for event in made.run("count"):
            if isinstance(event, events.QueryStarted) and event.step == 2:
                folder.rename(away)
    away.rename(folder)
    assert made.turn.state == "answered"
    assert Document(path).trajectory.turns[0].state == "running"
    assert journal.open_in(str(path))
    assert [run.turn for run in mend(Document(path), journal)] == [made.turn]
    assert Document(path).trajectory.turns == (made.turn,)


async def test_a_failure_that_the_notebook_cannot_tell_of_is_told(tmp_path: Path) -> None:
    folder, fault = tmp_path / "here", ModelError("the server said 500", fault="refused")
    folder.mkdir()
    kept: Any = {"document": Document(folder / "a.ipynb"), "journal": journal_in(tmp_path)}
    made = Session(Settings(), Workshop(), AllowAll(), model=Played(act("1"), fault), **kept)
    with pytest.raises(NotebookError, match=r"No such file.* is kept, and comes into the notebook"):
        async for event in made.run("count"):
            if isinstance(event, events.QueryStarted) and event.step == 2:
                folder.rename(tmp_path / "away")
    assert (made.turn.state, made.turn.reason) == ("failed", "the server said 500")


async def test_a_run_without_code_is_not_put_into_a_new_notebook_of_the_same_name(
    tmp_path: Path,
) -> None:
    path, journal = tmp_path / "a.ipynb", journal_in(tmp_path)
    kept: Any = {"document": Document(path), "journal": journal}
    made = Session(Settings(), Workshop(), AllowAll(), model=Played(answer("It is 4.")), **kept)
    assert await do(made, "what is 2 + 2?") == "answered"
    assert Document(path).trajectory.turns == (made.turn,)
    assert not journal.open_in(str(path))
    path.rename(tmp_path / "kept.ipynb")
    assert mend(Document(path), journal) == []


async def test_a_run_that_is_cancelled_while_it_is_recorded_ends_in_the_journal_too(
    tmp_path: Path,
) -> None:
    made = session(journal_in(tmp_path), Workshop(), Played(*numbered(["1", "2"])))
    listening = asyncio.current_task()
    assert listening is not None

    class Cancelling(Journal):
        def append(self, run: str, event: events.Event, *, placed: bool = False) -> None:
            if isinstance(event, events.StepStarted):
                loop.call_soon_threadsafe(task.cancel)
            super().append(run, event, placed=placed)

    loop = asyncio.get_running_loop()
    made.keeping.journal = Cancelling(tmp_path / "codeact")
    task = asyncio.ensure_future(do(made, "count"))
    assert await task in ("interrupted", "stopped")
    assert read(journal_in(tmp_path), made.turn.run).entry.state == made.turn.state


async def test_what_the_person_is_asked_is_in_the_journal_before_they_answer(
    tmp_path: Path,
) -> None:
    class Asking(AllowAll):
        def assess(self, action: Action, namespace: Namespace) -> Verdict:
            return Verdict("ask", ("it deletes files",))

        async def ask(self, action: Action, verdict: Verdict) -> Answered:
            with closing(sqlite3.connect(tmp_path / "codeact" / "journal.sqlite3")) as file:
                seen.extend(body for (body,) in file.execute("SELECT body FROM events"))
            return Answered("reject", "no")

    seen: list[str] = []
    made = session(journal_in(tmp_path), Workshop(), Played(act("drop()"), answer()))
    made.policy = Asking()
    assert await do(made, "drop it") == "answered"
    assert "approval-asked" in seen[-1] and "drop()" in seen[-1]
    kept = read(journal_in(tmp_path), made.turn.run).turn
    assert kept == made.turn and [step.state for step in kept.steps] == ["rejected"]


async def test_a_run_whose_end_cannot_be_noted_for_an_undo_ends_all_the_same(
    tmp_path: Path,
) -> None:
    class Here(Workshop):
        def namespace(self) -> Namespace:
            return Namespace(workspace=str(tmp_path / "work"))

    (tmp_path / "work").mkdir()
    faults: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    made = session(journal_in(tmp_path), Here(), Played(act("1"), answer()))
    async for event in made.run("count"):
        if isinstance(event, events.StepFinished):
            found = list(default_place().glob(f"{made.turn.run}*/manifest.json"))
            for manifest in found:
                manifest.write_text("{")
    await made.undoing.settled()
    assert made.turn.state == "answered" and found
    del made, event
    gc.collect()
    assert faults == []
