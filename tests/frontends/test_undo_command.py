"""`codeact undo` and `redo`: the files and the cells of a run of the command, in any process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from codeact_jupyter.frontends.cli import main
from tests.loopback import LoopbackModel

from .live import ScriptedModel, act, say, with_model
from .server.front_ends import all_text

CODE = (
    "import pathlib\npathlib.Path('made.txt').write_text('made')\n"
    "pathlib.Path('old.txt').write_text('changed')\nnext(iter([1]))"
)


def run(model: LoopbackModel, folder: Path, monkeypatch) -> Path:
    for name, value in with_model(model).items():
        monkeypatch.setenv(name, value)
    (folder / "old.txt").write_text("old")
    notebook = folder / "run.ipynb"
    flags = ["--notebook", str(notebook), "--cwd", str(folder), "--approve", "never"]
    assert codeact(["run", "write files", *flags]) == 0
    return notebook


def codeact(words: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    return int(ended.value.code or 0)


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.glob("*.txt")}


def test_files_and_cells_are_taken_back_and_brought_again(
    model: ScriptedModel, tmp_path: Path, monkeypatch, capsys
) -> None:
    model.will(act(CODE), say("Done."))
    notebook = run(model, tmp_path, monkeypatch)
    recorded = notebook.read_text()
    after = texts(tmp_path)
    capsys.readouterr()
    assert codeact(["undo", str(notebook)]) == 2
    assert "--yes" in capsys.readouterr().err and texts(tmp_path) == after
    assert codeact(["undo", str(notebook), "--yes"]) == 0
    said = capsys.readouterr().out
    for words in ("removed: made.txt", "as before: old.txt", "removed: 3 cells", "all variables"):
        assert words in said, said
    assert texts(tmp_path) == {"old.txt": "old"}
    assert "write files" not in notebook.read_text()
    assert codeact(["redo", str(notebook), "--yes"]) == 0
    assert texts(tmp_path) == after and notebook.read_text() == recorded


def test_a_cell_that_the_person_edited_stays(
    model: ScriptedModel, tmp_path: Path, monkeypatch, capsys
) -> None:
    model.will(act(CODE), say("Done."))
    notebook = run(model, tmp_path, monkeypatch)
    content = json.loads(notebook.read_text())
    content["cells"][-1]["source"] = ["Mine."]
    notebook.write_text(json.dumps(content))
    assert codeact(["undo", str(notebook), "--yes"]) == 0
    assert "1 that you edited stay" in capsys.readouterr().out
    assert "Mine." in notebook.read_text() and "made.txt" not in notebook.read_text()


def test_a_step_is_taken_back_and_the_run_goes_on_from_there(
    model: ScriptedModel, tmp_path: Path, monkeypatch, capsys
) -> None:
    steps = [f"import pathlib; pathlib.Path('{name}.txt').write_text('{name}')" for name in "abc"]
    model.will(*map(act, steps), say("Done."))
    notebook = run(model, tmp_path, monkeypatch)
    recorded, after = notebook.read_text(), texts(tmp_path)
    assert set(after) == {"a.txt", "b.txt", "c.txt", "old.txt"}
    capsys.readouterr()
    assert codeact(["undo", str(notebook), "1.2", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "from its step 2 on" in said and "removed: b.txt, c.txt" in said, said
    assert set(texts(tmp_path)) == {"a.txt", "old.txt"}
    assert "b.txt" not in notebook.read_text() and "a.txt" in notebook.read_text()
    assert "from step 2 on was undone: 3 cells" in verified(notebook, capsys)
    assert codeact(["redo", str(notebook), "--yes"]) == 0
    assert texts(tmp_path) == after and notebook.read_text() == recorded
    assert codeact(["undo", str(notebook), "1.2", "--yes"]) == 0
    model.will(say("Going on."))
    go_on(notebook, "go on")
    assert "from step 2 on was undone" in verified(notebook, capsys)
    assert "b.txt" not in notebook.read_text() and "Going on." in notebook.read_text()


def test_a_notebook_without_a_run_has_nothing_to_undo(tmp_path: Path, capsys) -> None:
    assert codeact(["undo", str(tmp_path / "none.ipynb"), "--yes"]) == 2
    assert "no notebook" in capsys.readouterr().err


def test_the_record_holds_without_the_run_and_with_it(
    model: ScriptedModel, tmp_path: Path, monkeypatch, capsys
) -> None:
    model.will(act("x = 1"), say("One."), act(CODE), say("Done."))
    notebook = run(model, tmp_path, monkeypatch)
    go_on(notebook, "and files")
    for word in ("undo", "redo", "undo"):
        assert codeact([word, str(notebook), "--yes"]) == 0
        assert ("was undone" in verified(notebook, capsys)) == (word == "undo")
    content = json.loads(notebook.read_text())
    del content["cells"][-1]  # what nobody undid is still missed
    notebook.write_text(json.dumps(content))
    assert codeact(["verify", str(notebook)]) == 1


@pytest.mark.parametrize("wish", ["", "1.2"])
def test_a_run_that_others_follow_is_undone_and_the_record_says_so_and_holds(
    model: ScriptedModel, tmp_path: Path, monkeypatch, capsys, wish: str
) -> None:
    model.will(act("x = 1"), act(CODE), say("Done."), say("I wrote files."))
    notebook = run(model, tmp_path, monkeypatch)
    go_on(notebook, "what did you do?")
    whole, words = notebook.read_text(), [wish] if wish else []
    for _ in range(2):
        assert codeact(["undo", str(notebook), *words, "--yes"]) == 0
        assert "was undone: " in verified(notebook, capsys)
        assert "what did you do?" in notebook.read_text()
        assert codeact(["redo", str(notebook), "--yes"]) == 0
        assert "was undone" not in verified(notebook, capsys)
        assert notebook.read_text() == whole
    assert codeact(["undo", str(notebook), *words, "--yes"]) == 0
    model.will(act("y = 2"), say("More."))
    go_on(notebook, "and more")
    assert "what did you do?" in all_text(model.requests[-1]), "the conversation is still one"
    assert "was undone: " in verified(notebook, capsys)
    exported = tmp_path / "exported.ipynb"
    assert codeact(["export", str(notebook), "--to", "ipynb", "-o", str(exported)]) == 0
    assert "was undone: " in verified(exported, capsys)


def go_on(notebook: Path, task: str) -> None:
    flags = ["--notebook", str(notebook), "--cwd", str(notebook.parent), "--approve", "never"]
    assert codeact(["run", task, *flags]) == 0


def verified(notebook: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What is said of a notebook that is as it was recorded, and signed."""
    capsys.readouterr()
    code, said = codeact(["verify", "--signed", str(notebook)]), capsys.readouterr().out
    assert code == 0, said
    return said
