"""`codeact undo` while the person is asked, and while a run goes on: nothing is lost meanwhile."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.environment import Namespace
from codeact_jupyter.frontends.cli import run_command
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.session import Session
from codeact_jupyter.settings import Settings
from tests.engine.twins import AllowAll, Played, Workshop, numbered


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr("sys.stdin", Terminal())
    (tmp_path / "work").mkdir()
    yield tmp_path / "work"


def session(work: Path, *codes: str) -> Session:
    class Here(Workshop):
        def namespace(self) -> Namespace:
            return Namespace(workspace=str(work))

    kept: Any = {"document": Document(work / "a.ipynb"), "journal": Journal()}
    return Session(Settings(), Here(), AllowAll(), model=Played(*numbered(codes)), **kept)


def sources(notebook: Path) -> dict[str, str]:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return {cell["id"].partition("-")[2]: "".join(cell["source"]) for cell in cells}


def test_what_the_person_saves_while_they_are_asked_stays(
    work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def count() -> None:
        async for _ in session(work, f"open({str(work / 'made.txt')!r}, 'w').close()").run("make"):
            pass

    def edit_and_say_yes(_: object = "") -> str:
        content = json.loads(notebook.read_text("utf-8"))
        (cell,) = (each for each in content["cells"] if each["id"].endswith("1-action"))
        cell["source"] = ["# mine"]
        notebook.write_text(json.dumps(content), "utf-8")
        return "y"

    asyncio.run(count())
    notebook = work / "a.ipynb"
    monkeypatch.setattr("builtins.input", edit_and_say_yes)
    assert run_command(["undo", str(notebook)]) == 0
    assert sources(notebook) == {"1-action": "# mine"}
    assert not (work / "made.txt").exists()
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert run_command(["redo", str(notebook)]) == 0
    assert sources(notebook)["1-action"] == "# mine"
    assert set(sources(notebook)) >= {"0-task", "1-action", "2-answer"}


async def test_a_run_that_goes_on_is_not_undone(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook, made = work / "a.ipynb", session(work, "1", "2", "3")
    async for event in made.run("count"):
        if isinstance(event, events.StepFinished) and event.step.number == 2:
            for words in (["undo", "--yes"], ["redo", "--yes"], ["files", "--restore-all"]):
                asked = [words[0], str(notebook), *words[1:]]
                assert await asyncio.to_thread(run_command, asked) == 2
                assert f"the run {made.turn.run} goes on in" in capsys.readouterr().err
    assert made.turn.state == "answered"
    assert Document(notebook).trajectory.turns == (made.turn,)
