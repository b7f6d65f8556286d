"""A conversation as a file to download: in each form, whole or only of what worked."""

from __future__ import annotations

import base64
import io
import json
import threading
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.frontends.server.downloads import Exports, download, exported, stem_of
from codeact_jupyter.notebook.beginning import new_notebook
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


def test_what_others_made_is_not_signed_by_a_download() -> None:
    content = new_notebook(conversation())
    del content["metadata"]["codeact"]["chain"]
    assert not verify(json.loads(data_of(_whole(content))), own_key()).signed


def _whole(content: Any) -> dict[str, str]:
    told = trajectory_of(content["cells"], content["metadata"]["codeact"])
    return download(told, "ipynb", "sales", shape=WHOLE, around=content)


def test_markdown_comes_with_its_pictures_as_one_archive() -> None:
    file = download(conversation(), "md", "sales", shape=WHOLE)
    assert file["name"] == "sales.zip"
    names = zipfile.ZipFile(io.BytesIO(data_of(file))).namelist()
    assert "sales.md" in names and any(name.endswith(".png") for name in names)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("sales (1)/../x", "sales _1__.._x"),
        ("表" * 100, "表" * 66),
        ("𠀀" * 100, "𠀀" * 50),
        ("a" * 300, "a" * 200),
    ],
    ids=["others", "long", "wide", "longest"],
)
def test_a_notebook_of_any_name_is_exported_under_one_that_all_systems_take(
    name: str, stem: str
) -> None:
    assert stem_of(name) == stem
    file = download(conversation(), "md", stem_of(name), shape=WHOLE)
    assert file["name"] == f"{stem}.zip"


@pytest.mark.parametrize("form", ["py", "html", "jsonl"])
def test_other_forms_are_one_file(form: str) -> None:
    assert download(conversation(), form, "sales", shape=WHOLE)["name"] == f"sales.{form}"


async def test_exports_are_made_one_after_another_and_one_that_nobody_waits_for_is_not_begun() -> (
    None
):
    exports, go_on, made = Exports(), threading.Event(), list[str]()

    def export(name: str) -> dict[str, str]:
        go_on.wait()
        made.append(name)
        return {"name": name}

    first, second, third = (exports.ask(partial(export, name)) for name in "abc")
    second.cancel()
    with pytest.raises(SettingsError, match="who asked for it had gone"):
        await exported(second)
    assert not made
    go_on.set()
    assert [await exported(each) for each in (first, third)] == [{"name": "a"}, {"name": "c"}]
    assert made == ["a", "c"]
    exports.close()


def test_there_must_be_a_conversation_and_a_form() -> None:
    with pytest.raises(SettingsError, match="nothing to export"):
        download(Trajectory(), "ipynb", "sales", shape=WHOLE)
    with pytest.raises(SettingsError, match="docx"):
        download(conversation(), "docx", "sales", shape=WHOLE)


@pytest.mark.parametrize("form", ["x/../../{}/a.py", "jsonl/../../{}/a.jsonl", "../{}/a.html"])
def test_a_form_is_no_way_to_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Who may only read would write files as the server's user."""
    theirs = tmp_path / "theirs" / f"a.{form.rpartition('.')[2]}"
    theirs.parent.mkdir()
    theirs.write_text("mine")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SettingsError, match=r"there is no form '.*'; use one of: ipynb, py, md"):
        download(conversation(), form.format("theirs"), "sales", shape=WHOLE)
    assert theirs.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [theirs.parent]
