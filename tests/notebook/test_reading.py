"""Notebooks of every age are read and upgraded; what is none is named and left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.document import Document

from .stories import conversation, persons_notebook


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


def v3() -> dict[str, Any]:
    code = {"cell_type": "code", "input": "1+1", "outputs": [], "language": "python"}
    head = {"cell_type": "heading", "level": 2, "source": "Old"}
    cell = {**code, "metadata": {}, "collapsed": False, "prompt_number": 1}
    worksheet = {"cells": [{**head, "metadata": {}}, cell], "metadata": {}}
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [worksheet]}


def without_ids(minor: int) -> dict[str, Any]:
    content = {**persons_notebook(), "nbformat_minor": minor}
    for cell in content["cells"]:
        del cell["id"]
    return content


def with_doubled_ids() -> dict[str, Any]:
    content = persons_notebook()
    for cell in content["cells"]:
        cell["id"] = "same"
    return content


OLD = {
    "nbformat 3": (v3, ["1+1"]),
    "nbformat 4.0": (lambda: without_ids(0), ["x = 1"]),
    "nbformat 4.4": (lambda: without_ids(4), ["x = 1"]),
    "4.5 without ids": (lambda: without_ids(5), ["x = 1"]),
    "4.5 with doubled ids": (with_doubled_ids, ["x = 1"]),
}


@pytest.mark.parametrize("name", OLD)
def test_an_old_notebook_is_upgraded_and_stays_valid(name: str, path: Path) -> None:
    make, sources = OLD[name]
    path.write_text(json.dumps(make()), "utf-8")
    document = Document(path)
    assert document.persons_cells == sources
    document.show(conversation())
    content = nbformat.read(path, as_version=4)
    nbformat.validate(content)
    assert (content.nbformat, content.nbformat_minor) == (4, 5)
    assert Document(path).persons_cells == sources
    assert Document(path).trajectory == conversation()


def test_an_editor_that_knows_no_ids_takes_no_run_away(path: Path) -> None:
    Document(path).show(conversation())
    content = json.loads(path.read_text("utf-8"))
    for cell in content["cells"]:
        del cell["id"]
    content["cells"].append({**content["cells"][2]})
    path.write_text(json.dumps({**content, "nbformat_minor": 4}), "utf-8")
    assert Document(path).trajectory == conversation()
    assert Document(path).persons_cells == ['sum([1, "2"])'], "a copy is the person's"


UNREADABLE = {
    "no JSON": b"{ this is not JSON",
    "another JSON": b'{"a": 1}',
    "a list": b"[]",
    "binary": bytes(range(256)),
    "a broken notebook": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}]}',
    "a notebook of the future": b'{"nbformat": 5, "nbformat_minor": 0, "metadata": {}}',
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_notebook_is_named_and_left_alone(name: str, path: Path) -> None:
    path.write_bytes(UNREADABLE[name])
    with pytest.raises(NotebookError, match=r"work\.ipynb' is not a notebook.*Choose another"):
        Document(path)
    assert path.read_bytes() == UNREADABLE[name]
