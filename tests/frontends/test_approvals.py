"""`%codeact protect` and `approvals` in a live kernel, and `codeact approvals`."""

from pathlib import Path

import nbformat
import pytest

from codeact_jupyter.frontends.approvals import forget, listed, remembered
from codeact_jupyter.frontends.cli import run_command
from codeact_jupyter.safety.remembered import Entry
from tests.loopback.server import LoopbackModel

from .command import codeact, environment
from .live import ScriptedModel, act, live, say

NOTEBOOK = "/home/me/a.ipynb"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))


def test_the_command_lists_and_takes_back(capsys: pytest.CaptureFixture[str]) -> None:
    remembered().add(NOTEBOOK, "allowed", ["delete"])
    assert run_command(["approvals"]) == 0
    assert "delete           runs without a question" in capsys.readouterr().out
    assert run_command(["approvals", "--forget", "delete"]) == 0
    assert run_command(["approvals"]) == 0
    assert "Nothing is remembered" in capsys.readouterr().out
    assert run_command(["approvals", "--forget", "delete"]) == 2


def test_what_is_remembered_and_cannot_be_read_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data" / "codeact").mkdir(parents=True)
    (tmp_path / "data" / "codeact" / "approvals.json").write_text("{")
    assert run_command(["approvals"]) == 2
    said = capsys.readouterr()
    assert "approvals.json" in said.err and "Nothing is remembered" not in said.out


def test_a_lock_is_kept_for_the_notebook_that_the_server_named(tmp_path: Path) -> None:
    environ = {"JPY_SESSION_NAME": NOTEBOOK, "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    with LoopbackModel() as model, live(model, **environ) as kernel:
        kernel.run("%load_ext codeact_jupyter\nimport os\ndf = 1")
        kernel.run(f"os.environ['JUPYTER_DATA_DIR'] = {str(tmp_path / 'forged')!r}")
        said = kernel.run("%codeact protect df")
        assert "Locked: df." in str(said)
        assert remembered().entries() == [Entry(NOTEBOOK, "locked", "df")]
        assert "is locked" in str(kernel.run("%codeact approvals"))
        assert kernel.run("%codeact approvals --forget").failed, "nothing is forgotten unnamed"
        kernel.run("%codeact unprotect df")
    assert listed(remembered().entries()).startswith("Nothing")
    with pytest.raises(Exception, match="'df'"):
        forget("df")


def test_the_magic_asks_for_the_names_that_a_tagged_cell_of_its_saved_notebook_makes(
    tmp_path: Path,
) -> None:
    path, notebook = tmp_path / "a.ipynb", nbformat.v4.new_notebook()
    path.write_text("no notebook, but of codeact-ask")
    with ScriptedModel() as model, live(model, JPY_SESSION_NAME=str(path)) as kernel:
        kernel.run("%load_ext codeact_jupyter")
        model.will(act("budget = 1"), say())
        assert "1 step" in str(kernel.run("%%codeact\nspend"))
        tagged = nbformat.v4.new_code_cell("budget = 100", metadata={"tags": ["codeact-ask"]})
        notebook.cells.append(tagged)
        nbformat.write(notebook, path)
        model.will(act("budget = 2"), say())
        kernel.run("%%codeact\nspend more")
        assert "overwrites budget, which you locked" in model.told
        assert "1" in str(kernel.run("print(budget)").outputs)
        kernel.run("%codeact protect spare")
        model.will(act("spare = 1"), say())
        kernel.run("%%codeact\nspend the spare")
        assert "overwrites spare, which you locked" in model.told


def removes(name: str) -> str:
    return f"import os\nos.remove({name!r})"


@pytest.mark.parametrize(("letter", "of_the_next_run"), [("r", ["n"]), ("a", [])])
def test_a_letter_typed_at_the_question_counts_for_the_run_or_for_the_notebook(
    tmp_path: Path, letter: str, of_the_next_run: list[str]
) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name).touch()
    with ScriptedModel() as model, live(model, str(tmp_path), JPY_SESSION_NAME=NOTEBOOK) as kernel:
        model.will(act(removes("one")), act(removes("two")), say())
        assert not kernel.task("remove both", answers=[letter]).failed
        assert not (tmp_path / "one").exists() and not (tmp_path / "two").exists()
        model.will(act(removes("three")), say())
        assert not kernel.task("remove the last", answers=list(of_the_next_run)).failed
    assert (tmp_path / "three").exists() == (letter == "r")
    kept = [Entry(NOTEBOOK, "allowed", "delete")] if letter == "a" else []
    assert remembered().entries() == kept


STARTS = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])"


def test_in_a_magic_what_was_allowed_for_good_asks_once_the_conversation_has_read_a_file(
    tmp_path: Path,
) -> None:
    remembered().add(NOTEBOOK, "allowed", ["process"])
    (tmp_path / "data.txt").write_text("x")
    with ScriptedModel() as model, live(model, str(tmp_path), JPY_SESSION_NAME=NOTEBOOK) as kernel:
        kernel.run("%load_ext codeact_jupyter")
        model.will(act(STARTS), act("open('data.txt').read()"), say())
        kernel.run("%%codeact\nstart it")
        assert "nobody can be asked" not in str(model.results())
        model.will(act(STARTS), say())
        kernel.run("%%codeact\nstart it again")
        assert "read data from outside before" in model.told


def test_in_a_run_of_the_command_it_asks_too(tmp_path: Path) -> None:
    notebook, data = tmp_path / "a.ipynb", tmp_path / "data"
    remembered().add(str(notebook.resolve()), "allowed", ["process"])
    (tmp_path / "data.txt").write_text("x")
    acts = [act(STARTS), act("open('data.txt').read()"), act(STARTS), say()]
    with LoopbackModel(acts) as model:
        env = environment(tmp_path, model, JUPYTER_DATA_DIR=str(data))
        done = codeact("run", "start it", "--notebook", notebook, cwd=tmp_path, env=env)
        assert done.returncode == 0, done
        last = [str(request["messages"][-1]) for request in model.requests]
    assert ["read data from outside before" in each for each in last] == [False, False, False, True]
    assert "nobody can be asked" not in last[1]
