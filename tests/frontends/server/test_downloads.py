"""A conversation as a file to download: in each form, whole or only of what worked."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.frontends.server.downloads import download
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.growing import to_cells
from codeact_jupyter.notebook.inline import trajectory_of
from codeact_jupyter.record.shapes import WHOLE, Shape
from codeact_jupyter.record.signing import own_key, own_signature
from codeact_jupyter.record.verify import verify
from tests.notebook.stories import conversation, step, story

ANSWER = "**The sum is 6.**"


def data_of(file: dict[str, str]) -> bytes:
    return base64.b64decode(file["data"])


def test_a_notebook_holds_the_whole_conversation() -> None:
    file = download(conversation(), "ipynb", "sales", shape=WHOLE)
    assert file["name"] == "sales.ipynb"
    content = json.loads(data_of(file))
    assert trajectory_of(content["cells"], content["metadata"]["codeact"]) == conversation()


def test_a_clean_one_holds_the_steps_that_worked() -> None:
    content = json.loads(data_of(download(conversation(), "ipynb", "sales", shape=Shape("clean"))))
    sources = ["".join(cell["source"]) for cell in content["cells"] if cell["cell_type"] == "code"]
    assert sources == ["x = [1, 2, 3]\nsum(x)", 'print("drawing")']
    assert content["metadata"]["codeact"]["provenance"]["runs"] == ["0000cafe"]


def test_a_minimal_one_has_the_persons_code_that_it_needs() -> None:
    theirs = [
        {"id": "a", "cell_type": "code", "metadata": {}, "source": "base = 3"},
        {"id": "b", "cell_type": "code", "metadata": {}, "source": "other = 4"},
    ]
    code = "total = base * 2\ntotal"
    steps = (step(1, code),)
    told = conversation(replace(story(), steps=steps))
    around = {"cells": [*theirs, *to_cells(told)], "metadata": {}}
    made = download(told, "ipynb", "sales", shape=Shape("minimal"), around=around)
    sources = ["".join(cell["source"]) for cell in json.loads(data_of(made))["cells"]]
    assert sources == ["base = 3", "**Task.** Add up the numbers.", code, ANSWER]


def test_a_whole_notebook_is_signed_and_hides_no_change(tmp_path: Path) -> None:
    document = Document(tmp_path / "sales.ipynb", sign=own_signature())
    document.show(conversation())
    content = document.content
    made = json.loads(data_of(_whole(content)))
    verdict = verify(made, own_key())
    assert (verdict.holds, verdict.signed) == (True, True), verdict
    changed = next(cell for cell in content["cells"] if cell["id"].endswith("-action"))
    changed["source"] = [*changed["source"], "\n# more"]
    found = verify(json.loads(data_of(_whole(content))), own_key()).first
    assert found is not None and found.cell == changed["id"]


def _whole(content: Any) -> dict[str, str]:
    told = trajectory_of(content["cells"], content["metadata"]["codeact"])
    return download(told, "ipynb", "sales", shape=WHOLE, around=content)


def test_markdown_comes_with_its_pictures_as_one_archive() -> None:
    file = download(conversation(), "md", "sales", shape=WHOLE)
    assert file["name"] == "sales.zip"
    names = zipfile.ZipFile(io.BytesIO(data_of(file))).namelist()
    assert "sales.md" in names and any(name.endswith(".png") for name in names)


@pytest.mark.parametrize("form", ["py", "html", "jsonl"])
def test_other_forms_are_one_file(form: str) -> None:
    assert download(conversation(), form, "sales", shape=WHOLE)["name"] == f"sales.{form}"


def test_there_must_be_a_conversation_and_a_form() -> None:
    with pytest.raises(SettingsError, match="nothing to export"):
        download(Trajectory(), "ipynb", "sales", shape=WHOLE)
    with pytest.raises(SettingsError, match="docx"):
        download(conversation(), "docx", "sales", shape=WHOLE)
