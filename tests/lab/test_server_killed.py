"""A server that is killed in the middle of a step: its run is shown, goes on, and is undone."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontends.command import CODEACT
from tests.frontends.live import ScriptedModel, act, say, with_model

from .browsing import Lab, running_lab
from .conftest import require_browser
from .opening import open_notebook
from .tabs import Tab, outputs

NEW_KERNEL = """async () => {
    const { sessionContext } = jupyterapp.shell.currentWidget;
    const start = () => sessionContext.changeKernel({ name: 'python3' });
    while (!(await start().catch(() => null))) { // JupyterLab learns late that its session is gone
        await new Promise(done => setTimeout(done, 500));
    }
}"""
# Not by the keyboard: JupyterLab may ask something about its lost server meanwhile.
OWN_WORK = """edited => {
    const { sharedModel } = jupyterapp.shell.currentWidget.content.model;
    sharedModel.cells[0].setSource(edited);
    sharedModel.insertCell(sharedModel.cells.length, { cell_type: 'code', source: '' });
    sharedModel.moveCell(sharedModel.cells.length - 1, 0);
}"""
MINE, EDITED = "rate = 0.19", "rate = 0.19\n# of 2026"
WROTE = "import pathlib\n_ = pathlib.Path('made.txt').write_text(str(x))"
CUT = f"{WROTE}\nprint('begun', flush=True)\nimport time\ntime.sleep(60)"


class Place:
    """A folder with a JupyterLab that may be killed, and the command beside it."""

    def __init__(self, root: Path, model: ScriptedModel) -> None:
        self.root, self.notebooks = root, root / "notebooks"
        self.environ = {**with_model(model), "CODEACT_APPROVE": "never"}

    def lab(self, port: int = 0) -> Any:
        return running_lab(self.root, model="", environ=self.environ, port=port)

    def codeact(self, *words: str, fails: int = 0) -> str:
        """What the command says, with the settings of the same person."""
        done = subprocess.run(
            [CODEACT, *words],
            cwd=self.notebooks,
            env={**os.environ, "HOME": str(self.root / "home"), **self.environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == fails, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    @property
    def made(self) -> str:
        """What the runs left in their file."""
        path = self.notebooks / "made.txt"
        return path.read_text() if path.exists() else ""


@pytest.mark.timeout(600)
def test_a_run_whose_server_was_killed_is_recovered_continued_proven_and_undone(
    served_model: ScriptedModel, tmp_path: Path, page: Any
) -> None:
    require_browser()
    place = Place(tmp_path, served_model)
    served_model.will(act("x = 100 * rate\nx", "I begin."), act(CUT))
    with place.lab() as lab:
        tab = _killed_in_a_step(lab, page)
    with place.lab(int(lab.address.rpartition(":")[2])):
        _recovered(tab, page)
        _worked_on_and_saved(tab, page)
        page.evaluate(NEW_KERNEL)
        expect(page.locator(".codeact-Rebuild")).to_contain_text("The kernel is a new one")
        expect(page.locator(".codeact-Trouble.codeact-mod-foot")).to_have_count(0)
    _continued_and_proven(place, served_model)
    _undone(place, served_model)


def _killed_in_a_step(lab: Lab, page: Any) -> Tab:
    open_notebook(lab, page, "work.ipynb", MINE)
    tab = Tab(lab, page, "work.ipynb")
    tab.run(0)
    tab.task("count")
    tab.until_state("action 2", "running")
    tab.until(lambda: "begun" in outputs(tab.cell("action 2")), "the second action")
    lab.process.kill()
    lab.process.wait()
    return tab


def _recovered(tab: Tab, page: Any) -> None:
    trouble = page.locator('.codeact-Trouble[data-state="interrupted"]')
    expect(trouble).to_contain_text("Broken off", timeout=60_000)
    expect(trouble).to_contain_text("How far its last cell came is not known")
    tab.until_state("action 2", "unknown")
    said = re.compile(r"begun.*Outcome unknown", re.S)
    tab.until(lambda: said.search(outputs(tab.cell("action 2"))), "that it is unknown")
    assert tab.roles[1:] == ["task 0", "thought 1", "action 1", "action 2", "answer 3"]


def _worked_on_and_saved(tab: Tab, page: Any) -> None:
    """The person goes on in cells of their own, puts one above all, and saves."""
    page.evaluate(OWN_WORK, EDITED)
    tab.save()
    assert tab.roles == ["", MINE, "task 0", "thought 1", "action 1", "action 2", "answer 3"]
    assert [cell["source"] for cell in tab.saved()][:2] == ["", EDITED]


def _continued_and_proven(place: Place, model: ScriptedModel) -> None:
    model.will(act(WROTE, "I write it again."), say("It is 19."))
    said = place.codeact("run", "go on", "--notebook", "work.ipynb", "--rebuild")
    assert "2 same, 1 no end" in said and "1.2 no end: its outcome is unknown" in said
    assert place.made == "19.0"
    assert "outcome unknown" in "\n".join(model.results())
    place.codeact("export", "work.ipynb", "--to", "ipynb", "-o", "copy.ipynb")
    for name in ("work.ipynb", "copy.ipynb"):
        said = place.codeact("verify", name, "--signed")
        assert "as recorded. 9 cells of 2 runs" in said and "shows what came before its run" in said
    (place.notebooks / "made.txt").unlink()
    replay = ("replay", "work.ipynb", "--with-own-cells", "-o", "report.ipynb")
    assert "3 same, 1 no end" in place.codeact(*replay)
    text = (place.notebooks / "copy.ipynb").read_text()
    (place.notebooks / "copy.ipynb").write_text(text.replace("x = 100 * rate", "x = 101 * rate", 1))
    said = place.codeact("verify", "copy.ipynb", fails=1)
    assert "NOT as recorded. The code of step 1" in said and "-1-action" in said


def _undone(place: Place, model: ScriptedModel) -> None:
    before = {"copy.ipynb", "report.ipynb", "work.ipynb"}
    for _ in range(2):
        place.codeact("undo", "work.ipynb", "--yes", "--all")
    assert not place.made
    assert before <= {path.name for path in place.notebooks.iterdir()}
    cells = json.loads((place.notebooks / "work.ipynb").read_text())["cells"]
    assert ["".join(cell["source"]) for cell in cells] == ["", EDITED]
    model.will(say("Nothing."))
    place.codeact("run", "what is there?", "--notebook", "work.ipynb", "--rebuild")
    names = set(re.findall(r"\w+", model.told))
    assert "rate" in names and not {"x", "pathlib"} & names, model.told
