"""Variables and files are taken back together: what one kernel did is one, by whichever name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.engine.undoing import Bounds
from codeact_jupyter.environments.shell import ShellEnvironment
from codeact_jupyter.environments.undo import serving
from codeact_jupyter.undoing import Undoing

BOUNDS = Bounds(20.0, 1 << 20)


class Runs:
    """Runs in the shell of this process, each of one piece of code; `notebook` is what shows it."""

    def __init__(self, shell: InteractiveShell, folder: Path, place: Path) -> None:
        self.notebook = folder / "Untitled.ipynb"
        self.notebook.write_text("the notebook")
        self._environment = ShellEnvironment(shell)
        self.undoing = Undoing(
            lambda: self._environment, notebook=lambda: str(self.notebook), place=place
        )

    async def run(self, run: str, code: str) -> None:
        self.undoing.begin(run, BOUNDS)
        await self.undoing.ready(to_act=True)
        action = Action(code, f"{run}-1-action")
        await self._environment.execute(action, on_output=lambda output: None)
        await self.undoing.stepped(1)
        await self.undoing.close(acted=True)
        await self.undoing.settled()


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    yield Runs(shell, folder, tmp_path / "data" / "undo")
    serving.forget()
    shell.history_manager.end_session()
    shell.history_manager.save_thread and shell.history_manager.save_thread.stop()
    InteractiveShell.clear_instance()


async def test_a_later_run_of_the_kernel_goes_back_with_its_files_though_the_notebook_was_renamed(
    runs: Runs, tmp_path: Path
) -> None:
    await runs.run("run1", "one = open('one.txt', 'w').close()")
    runs.notebook = runs.notebook.rename(tmp_path / "work" / "Analysis.ipynb")
    await runs.run("run2", "two = open('two.txt', 'w').close()")
    for point, files in (("run1", []), ("run2", ["one.txt", "two.txt"]), ("run1", [])):
        seen = await runs.undoing.look(point)
        assert seen.points == ("run1", "run2")
        assert {each.name for each in seen.changes} >= {"one", "two", "one.txt", "two.txt"}
        restored = await runs.undoing.put_back(point, overwrite=False, shown=seen.digest)
        assert not restored.kept and not restored.failed
        assert sorted(path.name for path in (tmp_path / "work").glob("*.txt")) == files
    assert runs.notebook.read_text() == "the notebook"


async def test_a_run_of_another_notebook_in_the_same_kernel_keeps_its_files(
    runs: Runs, tmp_path: Path
) -> None:
    await runs.run("run1", "open('one.txt', 'w').close()")
    runs.notebook = tmp_path / "work" / "Other.ipynb"
    runs.notebook.write_text("another")
    await runs.run("run2", "open('two.txt', 'w').close()")
    await runs.undoing.put_back("run1", overwrite=False)
    assert [path.name for path in (tmp_path / "work").glob("*.txt")] == ["two.txt"]
