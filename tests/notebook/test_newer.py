"""A notebook with runs of a newer codeact is read by nothing, and left as it is."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.inline import Held, conversations_of, trajectory_of
from codeact_jupyter.notebook.marks import VERSION
from codeact_jupyter.record.export import export_file
from codeact_jupyter.record.forking import forked_notebook
from codeact_jupyter.record.recorded import parts_in
from codeact_jupyter.record.verify import verify, verify_file

from .stories import conversation, story

EXAMPLE = Path(__file__).parents[2] / "examples" / "notebooks" / "01-quickstart.ipynb"
NEWER = rf"newer codeact \(version {VERSION + 1} of the record\); upgrade codeact-jupyter"
Json = dict[str, Any]


def under_a_magic(*, displays: bool, cells: bool) -> Json:
    """The example with newer marks on its displays, or in the cells that these stand for."""
    content: Json = json.loads(EXAMPLE.read_text("utf-8"))
    outputs = [output for cell in content["cells"] for output in cell.get("outputs", ())]
    for mark in (output.get("metadata", {}).get("codeact", {}) for output in outputs):
        if displays and "version" in mark:
            mark["version"] = VERSION + 1
        for cell in mark.get("cells", ()) if cells else ():
            cell["metadata"]["codeact"]["version"] = VERSION + 1
    return content


def as_cells(path: Path, role: str) -> Json:
    """A run as cells, of which those of one role are newer."""
    Document(path).show(conversation(story()))
    content: Json = json.loads(path.read_text("utf-8"))
    path.unlink()
    marks = [cell["metadata"]["codeact"] for cell in content["cells"]]
    for mark in marks:
        mark["version"] += mark["role"] == role
    return content


@pytest.fixture(params=["displays", "their cells", "tasks", "actions"])
def newer(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    made: dict[str, Callable[[], Json]] = {
        "displays": lambda: under_a_magic(displays=True, cells=False),
        "their cells": lambda: under_a_magic(displays=False, cells=True),
        "tasks": lambda: as_cells(tmp_path / "newer.ipynb", "task"),
        "actions": lambda: as_cells(tmp_path / "newer.ipynb", "action"),
    }
    path = tmp_path / "newer.ipynb"
    path.write_text(json.dumps(made[request.param]()), "utf-8")
    return path


NAMED: dict[str, Callable[[Path], Any]] = {
    "to go on with, recover or replay it": Document,
    "to verify it": lambda path: verify_file(path, None),
    "to export it as Markdown": lambda path: export_file(path, "md"),
    "to export it as JSON lines": lambda path: export_file(path, "jsonl"),
}
READ: dict[str, Callable[[list[Any], Any], Any]] = {
    "to fork it": lambda cells, mark: forked_notebook(
        {"cells": cells, "metadata": {"codeact": mark} if mark else {}}, "1", run="0000000b"
    ),
    "to run it again": lambda cells, mark: parts_in(
        {"cells": cells, "metadata": {"codeact": mark} if mark else {}}, own=True
    ),
    "to show its runs": conversations_of,
    "to go on in the panel": trajectory_of,
    "to go on in the magic": lambda cells, mark: Held(cells, mark).conversation(),
    "to recover it in the panel": lambda cells, mark: Held(cells, mark).version,
}


@pytest.mark.parametrize("what", NAMED)
def test_what_reads_a_file_names_it_and_says_to_upgrade(newer: Path, what: str) -> None:
    before = newer.read_bytes()
    with pytest.raises(NotebookError, match=rf"newer\.ipynb' .*{NEWER}"):
        NAMED[what](newer)
    assert newer.read_bytes() == before
    assert list(newer.parent.iterdir()) == [newer], "nothing is written beside it"


@pytest.mark.parametrize("what", READ)
def test_what_reads_cells_says_to_upgrade(newer: Path, what: str) -> None:
    content = json.loads(newer.read_text("utf-8"))
    before = copy.deepcopy(content)
    with pytest.raises(NotebookError, match=NEWER):
        READ[what](content["cells"], content["metadata"].get("codeact"))
    assert content == before


def test_to_hold_a_newer_notebook_without_a_use_of_it_is_no_fault(newer: Path) -> None:
    content = json.loads(newer.read_text("utf-8"))
    Held(content["cells"], content["metadata"].get("codeact"))


def test_a_notebook_that_becomes_newer_while_a_run_writes_it_is_left_as_it_is(
    tmp_path: Path,
) -> None:
    path = tmp_path / "run.ipynb"
    document = Document(path)
    document.show(conversation(story()))
    path.write_text(json.dumps(under_a_magic(displays=True, cells=True)), "utf-8")
    before = path.read_bytes()
    with pytest.raises(NotebookError, match=NEWER):
        document.show(conversation(story()))
    assert path.read_bytes() == before


def test_a_copy_of_a_newer_cell_is_the_persons_own(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    content = as_cells(path, "no role")
    copied = copy.deepcopy(content["cells"][2])
    copied["id"], copied["metadata"]["codeact"]["version"] = "copied", VERSION + 1
    content["cells"].append(copied)
    path.write_text(json.dumps(content), "utf-8")
    assert Document(path).trajectory == conversation(story())
    assert verify(content, None).holds
