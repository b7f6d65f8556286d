"""A run in a notebook that nbclient, papermill or nbconvert executes: it waits, fails, is saved."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.notebook.document import Document
from tests.canary import KEY
from tests.loopback import ScriptedTurn, ToolUse

from .live import ScriptedModel, act, say, with_model


@pytest.fixture(autouse=True)
def environment(shared_model: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in with_model(shared_model).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    yield
    os.environ.setdefault("PYTEST_CURRENT_TEST", "")


def notebook(*sources: str) -> nbformat.NotebookNode:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    return nbformat.v4.new_notebook(
        cells=cells,
        metadata={"kernelspec": {"name": "python3", "display_name": "p", "language": "python"}},
    )


def executed(nb: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    return nb


LOAD = "%load_ext codeact_jupyter"
KEEP = (
    "import pickle\nfrom codeact_jupyter.frontends import magic\n"
    "conversation = next(iter(magic._loaded.values())).conversation\n"
    "pickle.dump(conversation._session.trajectory, open('live.pickle', 'wb'))"
)


def test_a_saved_notebook_holds_the_run_as_it_was(model, tmp_path):
    codes = [
        "print('counted', 1)\nimport sys\nprint('warned', file=sys.stderr)",
        "from IPython.display import display, HTML\nh = display('a', display_id=True)\n"
        "h.update('b')\ndisplay(HTML('<i>x</i>'), metadata={'text/html': {'isolated': True}})",
        "1/0",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')",
        "import pandas as pd\npd.DataFrame({'a': [1]})",
        "1 +",
        "import os\nos.remove('x')",
        "input('?')",
        "print('\\ud800')\n{'k': 1}",
    ]
    model.will(
        *(act(code, f"Because {at}: `x` ```fence``` \u20ac") for at, code in enumerate(codes)),
        ScriptedTurn([ToolUse("python", raw=json.dumps({"code": "len('\ud800')"}))]),
        say("**The answer** 😀"),
        say("Second."),
    )
    nb = executed(
        notebook(LOAD, "mine = 5", "%%codeact --approve risky\nthe task", "%%codeact\nagain", KEEP),
        tmp_path,
    )
    path = tmp_path / "run.ipynb"
    nbformat.validate(nb)
    nbformat.write(nb, path)
    with open(tmp_path / "live.pickle", "rb") as file:
        live: Trajectory = pickle.load(file)
    saved = Document(path).trajectory
    for turn, kept in zip(live.turns, saved.turns, strict=True):
        for step, read in zip(turn.steps, kept.steps, strict=True):
            assert read == step
        assert kept == turn
    assert saved == live
    assert [turn.state for turn in saved.turns] == ["answered", "answered"]
    assert [step.state for step in saved.turns[0].steps] == [
        "ok", "ok", "error", "ok", "ok", "ok", "error", "rejected", "error", "ok", "error",
    ]  # fmt: skip
    counts = [cell["execution_count"] for cell in nb.cells]
    assert counts == [1, 2, 3, 4, 5]
    canary = json.dumps(nb)
    assert KEY not in canary and model.url not in canary


def test_run_all_stops_at_a_failed_run(model, tmp_path):
    model.will(act("x = 1"), act("y = 2"))
    nb = notebook(LOAD, "%%codeact --max-steps 1 --approve never\ntask", "print('after')")
    with pytest.raises(CellExecutionError, match="the run ended limit"):
        executed(nb, tmp_path)
    assert not nb.cells[2].outputs
    error = [output for output in nb.cells[1].outputs if output.output_type == "error"]
    assert len(error) == 1 and len(error[0].traceback) == 1


def test_papermill_waits_and_fails_with_the_run(model, tmp_path):
    papermill = pytest.importorskip("papermill")
    model.will(act("1/0"), act("answer = 42\nanswer"), say("It is 42."))
    good, out = tmp_path / "good.ipynb", tmp_path / "out.ipynb"
    nbformat.write(notebook(LOAD, "%%codeact --approve never\ntask", "assert answer == 42"), good)
    papermill.execute_notebook(str(good), str(out), progress_bar=False)
    (turn,) = Document(out).trajectory.turns
    assert turn.state == "answered" and [step.state for step in turn.steps] == ["error", "ok"]
    model.will(act("x = 1"))
    bad = tmp_path / "bad.ipynb"
    nbformat.write(notebook(LOAD, "%%codeact --max-steps 1 --approve never\ntask", "1"), bad)
    with pytest.raises(papermill.PapermillExecutionError, match="the run ended limit"):
        papermill.execute_notebook(str(bad), str(out), progress_bar=False)


def test_nbconvert_waits_and_fails_with_the_run(model, tmp_path):
    model.will(act("answer = 42\nanswer"), say("It is 42."), act("x = 1"))
    good, bad = tmp_path / "good.ipynb", tmp_path / "bad.ipynb"
    nbformat.write(notebook(LOAD, "%%codeact --approve never\ntask", "assert answer == 42"), good)
    nbformat.write(notebook(LOAD, "%%codeact --max-steps 1 --approve never\ntask", "1"), bad)
    convert = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "notebook", "--execute"]
    subprocess.run([*convert, "--output", "done", good], check=True, capture_output=True)
    (turn,) = Document(tmp_path / "done.ipynb").trajectory.turns
    assert turn.state == "answered" and [step.state for step in turn.steps] == ["ok"]
    ended = subprocess.run([*convert, "--output", "never", bad], capture_output=True, text=True)
    assert ended.returncode and "the run ended limit" in ended.stderr
    assert not (tmp_path / "never.ipynb").exists()


def test_where_nobody_can_answer_a_question_does_not_hang(model, tmp_path):
    model.will(act("input('? ')"), act("import os\nos.remove('x')"), say())
    nb = executed(notebook(LOAD, "%%codeact\ntask"), tmp_path)
    first, second = model.results()
    assert "StdinNotImplementedError" in first and "nobody can be asked here" in second
    assert nb.cells[1].outputs


def test_a_kernel_that_dies_leaves_the_record_of_what_it_began(tmp_path, model):
    dies = "import os, time; time.sleep(0.5); os._exit(1)"
    model.will(act("x = 1"), act(dies))
    nb = notebook(LOAD, "%%codeact --approve never\ntask")
    with pytest.raises(DeadKernelError):
        executed(nb, tmp_path)
    path = tmp_path / "died.ipynb"
    nbformat.write(nb, path)
    (turn,) = Document(path).trajectory.turns
    assert turn.task.strip() == "task"
    assert [step.state for step in turn.steps] == ["ok", "unknown"]
    assert turn.steps[1].action.code == dies


def test_a_new_conversation_in_one_notebook_is_not_mixed_with_the_old(tmp_path, model):
    model.will(say("Heard."), say("Heard."), say("Heard."))
    task = "%%codeact --approve never\n"
    nb = executed(notebook(LOAD, f"{task}a", "%codeact new", f"{task}b", f"{task}c"), tmp_path)
    path = tmp_path / "two.ipynb"
    nbformat.write(nb, path)
    assert [turn.task.strip() for turn in Document(path).trajectory.turns] == ["b", "c"]
