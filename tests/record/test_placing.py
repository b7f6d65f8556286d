"""The notebook's file is written while the run goes on, and what the journal lacks at once."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.trajectory import Reply, Step, Trajectory, Turn
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.keeping import Keeping
from codeact_jupyter.record.placing import Placing
from tests.record.runs import journal_in


def conversation(steps: int, run: str = "r1") -> Trajectory:
    replies = [Reply(({"text": f"thought {n}", "type": "text"},)) for n in range(steps)]
    made = tuple(Step(n, reply) for n, reply in enumerate(replies, 1))
    turn = Turn(run, "task", ({"text": "t", "type": "text"},), steps=made)
    return Trajectory("", (), (turn,))


async def placing(folder: Path) -> tuple[Placing, Path]:
    """The file that a run is in, after its first write."""
    path = folder / "work" / "a.ipynb"
    path.parent.mkdir()
    keeping = Keeping(journal_in(folder), str(path))
    await keeping.begin(conversation(1))
    made = Placing(Document(path), keeping)
    await made.show(conversation(1))
    return made, path


async def test_a_run_does_not_wait_for_the_write_of_what_the_journal_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, path = await placing(tmp_path)
    replace, disk = os.replace, threading.Event()

    def slow(*names: Any) -> None:
        disk.wait()
        replace(*names)

    monkeypatch.setattr(os, "replace", slow)
    await made.show(conversation(2))
    assert "thought 0" in path.read_text() and "thought 1" not in path.read_text()
    disk.set()
    await made.settled()
    assert "thought 1" in path.read_text()


async def test_each_write_is_of_the_newest_and_they_come_in_order(tmp_path: Path) -> None:
    made, path = await placing(tmp_path)
    for count in range(2, 30):
        await made.show(conversation(count))
    await made.settled()
    assert all(f"thought {n}" in path.read_text() for n in range(29))


async def test_what_could_not_be_written_is_told_at_the_next_write(tmp_path: Path) -> None:
    made, path = await placing(tmp_path)
    shutil.rmtree(path.parent)
    await made.show(conversation(2))
    with pytest.raises(NotebookError, match="cannot write"):
        await made.show(conversation(3))


async def test_what_could_not_be_written_for_a_moment_is_written_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, path = await placing(tmp_path)
    replace, troubles = os.replace, [OSError(28, "No space left on device")]

    def troubled(*names: Any) -> None:
        if troubles:
            raise troubles.pop()
        replace(*names)

    monkeypatch.setattr(os, "replace", troubled)
    await made.show(conversation(2))
    await made.show(conversation(3))
    assert not troubles, "the first was tried"
    assert "thought 1" in path.read_text() and "thought 2" in path.read_text()


async def test_a_runs_first_write_is_at_once_and_durable_also_where_the_file_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, shown, seen = tmp_path / "a.ipynb", Document.show, []
    Document(path).show(conversation(1))
    keeping = Keeping(journal_in(tmp_path), str(path))
    await keeping.begin(conversation(1, "r2"))

    def noted(self: Document, trajectory: Trajectory, *, durable: bool = True) -> None:
        seen.append(durable)
        shown(self, trajectory, durable=durable)

    monkeypatch.setattr(Document, "show", noted)
    made = Placing(Document(path), keeping)
    await made.show(conversation(1, "r2"))
    assert seen == [True] and keeping.placed
    await made.show(conversation(2, "r2"))
    await made.settled()
    assert seen == [True, False]


async def test_what_the_journal_does_not_hold_is_written_at_once(tmp_path: Path) -> None:
    made, path = await placing(tmp_path)
    await made.show(conversation(2), journaled=False)
    assert "thought 1" in path.read_text()
    shutil.rmtree(path.parent)
    with pytest.raises(NotebookError, match="cannot write"):
        await made.show(conversation(3), journaled=False)


async def test_the_journal_is_told_that_the_file_holds_the_run_only_once_it_does(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.ipynb"
    Document(path).show(conversation(1))
    keeping = Keeping(journal_in(tmp_path), str(path))
    await keeping.begin(conversation(1))
    made = Placing(Document(path), keeping)
    await made.show(conversation(2))
    await made.settled()
    assert keeping.placed
    await keeping.begin(conversation(1, "r2"))
    assert not keeping.placed
    path.unlink()
    path.mkdir()
    with pytest.raises(NotebookError, match="cannot read the notebook"):
        await made.show(conversation(3, "r2"))
    assert not keeping.placed
