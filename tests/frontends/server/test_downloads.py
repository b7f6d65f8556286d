"""A conversation as a file to download: in each form, whole or only of what worked."""

from __future__ import annotations

import base64
import io
import json
import zipfile

import pytest

from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.frontends.server.downloads import download
from codeact_jupyter.notebook.inline import trajectory_of
from tests.notebook.stories import conversation


def data_of(file: dict[str, str]) -> bytes:
    return base64.b64decode(file["data"])


def test_a_notebook_holds_the_whole_conversation() -> None:
    file = download(conversation(), "ipynb", "sales", clean=False)
    assert file["name"] == "sales.ipynb"
    content = json.loads(data_of(file))
    assert trajectory_of(content["cells"], content["metadata"]["codeact"]) == conversation()


def test_a_clean_one_holds_the_steps_that_worked() -> None:
    content = json.loads(data_of(download(conversation(), "ipynb", "sales", clean=True)))
    turn = trajectory_of(content["cells"], content["metadata"]["codeact"]).turns[0]
    assert [step.number for step in turn.steps] == [2, 3]
    assert turn.answer == conversation().turns[0].answer


def test_markdown_comes_with_its_pictures_as_one_archive() -> None:
    file = download(conversation(), "md", "sales", clean=False)
    assert file["name"] == "sales.zip"
    names = zipfile.ZipFile(io.BytesIO(data_of(file))).namelist()
    assert "sales.md" in names and any(name.endswith(".png") for name in names)


@pytest.mark.parametrize("form", ["py", "html", "jsonl"])
def test_other_forms_are_one_file(form: str) -> None:
    assert download(conversation(), form, "sales", clean=False)["name"] == f"sales.{form}"


def test_there_must_be_a_conversation_and_a_form() -> None:
    with pytest.raises(SettingsError, match="nothing to export"):
        download(Trajectory(), "ipynb", "sales", clean=False)
    with pytest.raises(SettingsError, match="docx"):
        download(conversation(), "docx", "sales", clean=False)
