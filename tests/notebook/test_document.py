"""The file: whole or untouched, the person's own where it is theirs, and never doubled."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.engine.trajectory import Stream
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.growing import to_cells
from codeact_jupyter.notebook.marks import mark_of

from .stories import conversation, persons_notebook, running, step, story

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["cells"]
    return found


def ids(path: Path) -> list[str]:
    return [cell["id"] for cell in cells(path)]


def rewrite(path: Path, change: Any) -> None:
    """Save the file as the person's editor does, after `change` of its cells."""
    content = nbformat.read(path, as_version=4)
    change(content.cells)
    nbformat.write(content, path)


def test_a_notebook_without_our_package_is_a_clean_analysis(path: Path) -> None:
    Document(path).show(conversation())
    golden = GOLDEN / "story.ipynb"
    if os.environ.get("CODEACT_WRITE_GOLDEN"):
        golden.write_bytes(path.read_bytes())
    assert json.loads(path.read_text("utf-8")) == json.loads(golden.read_text("utf-8"))
    shown = [(cell["cell_type"], "".join(cell["source"])) for cell in cells(path)]
    assert shown == [
        ("markdown", "**Task.** Add up the numbers."),
        ("markdown", "Step 1 of the story."),
        ("code", 'sum([1, "2"])'),
        ("markdown", "Step 2 of the story."),
        ("code", "x = [1, 2, 3]\nsum(x)"),
        ("markdown", "Step 3 of the story."),
        ("code", 'print("drawing")'),
        ("markdown", "**The sum is 6.**"),
    ]


def test_nothing_of_the_persons_is_lost_or_reordered(path: Path) -> None:
    before = persons_notebook()
    path.write_text(json.dumps(before), "utf-8")
    Document(path).show(conversation())
    after = json.loads(path.read_text("utf-8"))
    nbformat.validate(nbformat.read(path, as_version=4))
    assert after["metadata"].pop("codeact")
    assert json.dumps(after["metadata"]) == json.dumps(before["metadata"])
    assert json.dumps(after["cells"][:3]) == json.dumps(before["cells"])
    assert list(after) == list(before)
    assert ids(path)[3:] == [cell["id"] for cell in to_cells(conversation())]


def test_each_state_of_a_run_is_written_where_it_belongs(path: Path) -> None:
    document, whole = Document(path), conversation()
    for done in range(4):
        document.show(running(whole, done))
        assert Document(path).trajectory == running(whole, done)
    document.show(whole)
    at_once = path.with_name("other.ipynb")
    Document(at_once).show(whole)
    assert path.read_bytes() == at_once.read_bytes()


def test_a_second_turn_goes_to_the_end_of_the_notebook(path: Path) -> None:
    Document(path).show(conversation(story("0000000a")))
    rewrite(path, lambda found: found.append(nbformat.v4.new_code_cell("mine", id="mine")))
    both = conversation(story("0000000a"), story("0000000b"))
    Document(path).show(both)
    assert ids(path).index("mine") == 8
    assert ids(path)[9] == "0000000b-0-task"
    assert Document(path).trajectory == both
    assert Document(path).persons_cells == ["mine"]


def test_what_the_person_does_to_the_file_between_two_writes_survives(path: Path) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 2))

    def change(found: list[Any]) -> None:
        found[2].source = "sum([1])  # mine"
        found[4].outputs = []
        del found[3]
        found.insert(2, nbformat.v4.new_markdown_cell("between", id="between"))
        found.append(nbformat.v4.new_code_cell("below()", id="below"))

    rewrite(path, change)
    document.show(running(whole, 3))
    document.show(whole)
    expected = [
        *("0-task", "1-thought", "between", "1-action", "2-action"),
        *("3-thought", "3-action", "4-answer", "below"),
    ]
    assert [name.removeprefix("0000cafe-") for name in ids(path)] == expected
    found = {cell["id"]: cell for cell in cells(path)}
    assert found["0000cafe-1-action"]["source"] == ["sum([1])  # mine"]
    assert found["0000cafe-2-action"]["outputs"] == [], "cleared outputs stay cleared"
    assert found["below"]["source"] == ["below()"]
    assert Document(path).edits == {"0000cafe-1-action": "sum([1])  # mine"}


def test_an_edit_of_a_running_cell_is_kept_when_its_outputs_come(path: Path) -> None:
    document, whole = Document(path), conversation()
    unseen = replace(whole.turns[0].steps[0], observation=None, told=())
    document.show(whole.with_turn(replace(running(whole, 0).turns[0], steps=(unseen,))))
    assert "unknown" in json.dumps(cells(path)[2]["outputs"])

    def change(found: list[Any]) -> None:
        found[2].source = "mine"
        found[2].metadata["jupyter"] = {"source_hidden": False}

    rewrite(path, change)
    document.show(whole)
    cell = cells(path)[2]
    assert cell["source"] == ["mine"]
    assert cell["metadata"]["jupyter"] == {"outputs_hidden": True, "source_hidden": False}
    assert cell["outputs"][0]["output_type"] == "error"
    assert Document(path).trajectory == whole


def test_a_cell_that_the_person_deleted_stays_deleted(path: Path) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 2))
    rewrite(path, lambda found: found.__delitem__(2))
    document.show(whole)
    assert "0000cafe-1-action" not in ids(path)
    more = conversation(*Document(path).trajectory.turns, story("0000000b"))
    Document(path).show(more)
    assert [name for name in ids(path) if name.endswith("-answer")] == [
        "0000cafe-4-answer",
        "0000000b-4-answer",
    ]
    assert Document(path).trajectory == more


def test_a_file_that_was_removed_is_written_again_whole(path: Path) -> None:
    document = Document(path)
    document.show(running(conversation(), 2))
    path.unlink()
    document.show(conversation())
    assert Document(path).trajectory == conversation()


def test_a_file_that_became_unreadable_is_not_written_over(path: Path) -> None:
    document = Document(path)
    document.show(running(conversation(), 2))
    path.write_text("{ the person's half-typed", "utf-8")
    with pytest.raises(NotebookError, match=r"work\.ipynb.*left as it is"):
        document.show(conversation())
    assert path.read_text("utf-8") == "{ the person's half-typed"


def test_a_directory_is_no_notebook(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"cannot read.*directory"):
        Document(tmp_path)


def test_an_empty_file_is_a_new_notebook(path: Path) -> None:
    path.touch()
    Document(path).show(conversation())
    assert Document(path).trajectory == conversation()


def test_a_notebook_of_a_newer_codeact_is_refused_with_the_way_on(path: Path) -> None:
    Document(path).show(conversation())
    content = json.loads(path.read_text("utf-8"))
    content["metadata"]["codeact"]["version"] = 9
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(NotebookError, match=r"version 9.*upgrade codeact-jupyter"):
        Document(path)


def test_a_long_run_makes_each_cell_once(path: Path) -> None:
    steps = tuple(step(number, f"f({number})", Stream("x" * 2_000)) for number in range(1, 101))
    document = Document(path)
    made = []
    for done in range(1, 101):
        turn = replace(story(), steps=steps[:done], state="running", answer=None, seconds=0.0)
        document.show(conversation(turn))
        made.append({id(cell) for cell in document.content["cells"]})
    assert all(before <= after for before, after in pairwise(made))
    assert all(mark_of(cell) for cell in document.content["cells"])
