"""The example notebooks run, end in answers, and give the outputs that are saved in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from codeact_jupyter.record.verify import verify

EXAMPLES = sorted((Path(__file__).parent.parent / "examples" / "notebooks").glob("*.ipynb"))


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shown(cell: Any) -> list[str]:
    """What a cell shows as text, without what differs between two runs: seconds and tokens."""
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain") or output.get("evalue", "")
        for output in cell.outputs
    ]
    return [re.sub(r"[\d.,]+ (s\b|tokens)", "# \\1", text) for text in texts if "File " not in text]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_gives_what_it_shows(path: Path, tmp_path: Path) -> None:
    saved = nbformat.read(path, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, resources=resources).execute()
    for before, after in zip(code_cells(saved), code_cells(notebook), strict=True):
        assert shown(after) == shown(before)
        if after.source.startswith("%%codeact"):
            assert "answered" in after.outputs[-1]["data"]["text/plain"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_as_it_was_recorded(path: Path) -> None:
    verdict = verify(json.loads(path.read_text("utf-8")), None)
    assert verdict.holds and verdict.cells, verdict


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid_and_names_no_machine(path: Path) -> None:
    text = path.read_text("utf-8")
    nbformat.validate(nbformat.reads(text, as_version=4))
    assert not re.search(r'["\s(](/home/|/Users/|/root/|/tmp/|/work/|[A-Z]:\\\\)', text)


def test_there_are_examples_and_they_hold_a_plot() -> None:
    assert len(EXAMPLES) >= 3
    assert any('"image/png"' in path.read_text("utf-8") for path in EXAMPLES)
