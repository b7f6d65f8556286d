"""Shorter notebooks: what worked, and what the answer needs; they run and give the same."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from codeact_jupyter.engine.tracing import figures_of
from codeact_jupyter.engine.trajectory import Reply, Result, Stream, Trajectory
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.marks import mark_of
from codeact_jupyter.record.export import export_file, export_trajectory
from codeact_jupyter.record.shapes import Shape
from tests.frontends.command import codeact, environment
from tests.notebook.stories import conversation, step, story

RUN = "0000cafe"


def value(text: str) -> Result:
    return Result({"text/plain": text})


def told() -> Trajectory:
    """A run with detours: a look aside, a failure, a file; its answer rests on one step."""
    steps = (
        step(1, "import json\nrows = [base, 20, 30]"),
        step(2, "aside = len(rows)\naside", value("3")),
        step(3, "rows.append(1 / 0)", status="error"),
        step(4, "rows.append(40)"),
        step(5, "open('sum.json', 'w').write(json.dumps({'sum': sum(rows)}))", value("12")),
        step(6, "unused = 'much'\nprint(unused)", Stream("much\n")),
        step(7, "total = json.load(open('sum.json'))['sum']\ntotal", value("100")),
        step(8, "print('goodbye')", Stream("goodbye\n")),
    )
    text = "The sum is 100, of which 4,711 are guessed."
    answer = Reply(({"text": text, "type": "text"},), text=text, model="a-model")
    made = conversation(replace(story(), steps=steps, answer=answer))
    figures = figures_of(made, answer)
    return made.with_turn(replace(made.turns[0], figures=figures))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The notebook of that run, with the person's own cells above it."""
    path = tmp_path / "run.ipynb"
    cells = [
        nbformat.v4.new_code_cell("%load_ext codeact_jupyter"),
        nbformat.v4.new_code_cell("base = 10"),
        nbformat.v4.new_code_cell("other = 11"),
        nbformat.v4.new_markdown_cell("# Mine"),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    Document(path).show(told())
    return path


def codes(content: Any) -> list[str]:
    return ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == "code"]


def read(path: Path) -> Any:
    content = json.loads(path.read_text("utf-8"))
    nbformat.validate(nbformat.from_dict(content))
    return content


def test_a_minimal_notebook_runs_and_gives_the_same(path: Path) -> None:
    target = export_file(path, "ipynb", shape=Shape("minimal"))
    assert target.name == "run-minimal.ipynb"
    content = read(target)
    steps = told().turns[0].steps
    needed = [steps[index].action.code for index in (0, 3, 4, 6)]  # type: ignore[union-attr]
    assert codes(content)[0] == "base = 10"
    assert [code for code in codes(content)[1:] if "1 / 0" not in code] == needed
    again = nbformat.read(target, as_version=4)
    NotebookClient(again, timeout=60, resources={"metadata": {"path": str(path.parent)}}).execute()
    last = [cell for cell in again.cells if cell.cell_type == "code"][-1]
    assert last.outputs[0].data["text/plain"] == "100"
    assert again.cells[-1].source == "The sum is 100, of which 4,711 are guessed."


def test_names_to_keep_are_made_too(path: Path) -> None:
    content = read(export_file(path, "ipynb", shape=Shape("minimal", keep=("aside", "other"))))
    assert "aside = len(rows)\naside" in codes(content)
    assert "other = 11" in codes(content)
    assert not any("goodbye" in code for code in codes(content))
    with pytest.raises(SettingsError, match="'nobody': no code in this notebook makes"):
        export_file(
            path, "ipynb", path.with_name("x.ipynb"), shape=Shape("minimal", keep=("nobody",))
        )
    with pytest.raises(SettingsError, match="--minimal too"):
        Shape("clean", keep=("x",))
    assert not path.with_name("x.ipynb").exists()


def test_a_clean_notebook_has_what_worked_and_says_only_where_it_is_from(path: Path) -> None:
    target = export_file(path, "ipynb", shape=Shape("clean", thoughts=False))
    content = read(target)
    assert codes(content)[:2] == ["base = 10", "other = 11"]
    assert len(codes(content)) == 2 + 7
    assert not any("1 / 0" in code for code in codes(content))
    assert not any(mark_of(cell) or "codeact" in cell["metadata"] for cell in content["cells"])
    words = ["".join(c["source"]) for c in content["cells"] if c["cell_type"] == "markdown"]
    assert words[0] == "# Mine" and len(words) == 3, "their words, the task and the answer"
    origin = content["metadata"]["codeact"]["provenance"]
    assert (origin["runs"], origin["steps"], origin["shape"]) == ([RUN], 8, "clean")
    with_thoughts = read(
        export_file(path, "ipynb", path.with_name("t.ipynb"), shape=Shape("clean"))
    )
    assert len(with_thoughts["cells"]) == len(content["cells"]) + 7


def test_a_minimal_one_without_the_persons_cells_says_what_it_needs(tmp_path: Path) -> None:
    target = export_trajectory(told(), tmp_path / "m.ipynb", shape=Shape("minimal"))
    assert "there must be `base`" in "".join(read(target)["cells"][0]["source"])


def test_answers_link_to_their_steps_and_mark_what_stands_nowhere(path: Path) -> None:
    text = export_file(path, "md").read_text("utf-8")
    assert "[100](#0000cafe-7-action)" in text
    assert '<a id="0000cafe-7-action"></a>' in text
    assert '<abbr title="This number stands in no output that the agent saw">4,711</abbr>' in text
    page = export_file(path, "html").read_text("utf-8")
    assert 'href="#cell-id=0000cafe-7-action"' in page
    assert 'id="cell-id=0000cafe-7-action"' in page
    assert '<abbr title="This number stands in no output that the agent saw">4,711</abbr>' in page


def test_json_lines_are_read_back_as_what_was_said_and_done(path: Path) -> None:
    (line,) = map(json.loads, export_file(path, "jsonl").read_text("ascii").splitlines())
    assert (line["format"], line["version"], line["run"]) == ("codeact-turn", 1, RUN)
    assert line["answer"] == "The sum is 100, of which 4,711 are guessed."
    assert [each["step"] for each in line["actions"]] == list(range(1, 9))
    assert line["actions"][2]["state"] == "error"
    assert line["actions"][0] | {"seconds": 0} == {
        "approval": "allowed",
        "code": "import json\nrows = [base, 20, 30]",
        "error": "",
        "output": "[ok]",
        "seconds": 0,
        "state": "ok",
        "step": 1,
        "thought": "Step 1 of the story.",
    }
    assert line["figures"] == [
        {"text": "100", "support": "output", "steps": ["0000cafe-7-action"]},
        {"text": "4,711", "support": "none", "steps": []},
    ]
    assert [each["role"] for each in line["messages"]] == ["user", "assistant"] * 9
    with pytest.raises(SettingsError, match="JSON lines are whole"):
        export_file(path, "jsonl", path.with_name("y.jsonl"), shape=Shape("clean"))


def test_the_command_takes_the_shapes(path: Path) -> None:
    env = environment(path.parent)
    flags = ("--to", "ipynb", "--minimal", "--keep", "aside")
    done = codeact("export", path, *flags, cwd=path.parent, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert any("aside" in code for code in codes(read(path.with_name("run-minimal.ipynb"))))
    both = codeact("export", path, *flags, "--clean", cwd=path.parent, env=env)
    assert both.returncode == 2
    assert "choose one of them" in both.stderr
