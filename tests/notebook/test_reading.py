"""Notebooks of every age are read and upgraded; what is none is named and left alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.layout import in_lines

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
    "a list without an end": b"[" * 100_000,
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


BROKEN = {
    "a cell without a type": lambda content: content["cells"][0].pop("cell_type"),
    "a cell without outputs": lambda content: content["cells"][2].pop("outputs"),
    "an id that is none": lambda content: content["cells"][0].update(id="no id"),
    "a field of nobody's": lambda content: content["cells"][0].update(mine=1),
    "a source that is a number": lambda content: content["cells"][0].update(source=1),
    "no metadata": lambda content: content.pop("metadata"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_the_format_does_not_allow_is_refused_in_its_own_words(name: str, path: Path) -> None:
    Document(path).show(conversation())
    content = json.loads(path.read_text("utf-8"))
    BROKEN[name](content)
    with pytest.raises(nbformat.ValidationError):
        nbformat.validate(nbformat.from_dict(content))
    path.write_text(json.dumps(content), "utf-8")
    with pytest.raises(NotebookError, match=r"is not a notebook that can be read \(.+\)"):
        Document(path)


def test_a_later_minor_version_of_the_format_is_read_as_nbformat_reads_it(path: Path) -> None:
    Document(path).show(conversation())
    content = {**json.loads(path.read_text("utf-8")), "nbformat_minor": 6, "new": "field"}
    path.write_text(json.dumps(content), "utf-8")
    assert Document(path).trajectory == conversation()


def test_a_notebook_is_read_and_written_without_what_takes_seconds_to_load(path: Path) -> None:
    Document(path).show(conversation())
    script = (
        "import sys; from pathlib import Path; from codeact_jupyter.notebook.document import *\n"
        f"document = Document(Path({str(path)!r})); document.show(document.trajectory)\n"
        "document.revise([], lambda cells: cells[1:])\n"
        "print([name for name in ('jsonschema', 'nbformat') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
    nbformat.validate(nbformat.read(path, as_version=4))


LONG = "one\r\ntwo\u2028three\n\nfour"
BUNDLE = {
    **dict.fromkeys(("text/plain", "text/x-mine", "image/svg+xml", "image/png"), LONG),
    "application/javascript": LONG,
    "application/json": {"text/plain": LONG},
    "application/vnd.mine+json": [LONG],
}
CELLS: list[dict[str, Any]] = [
    {"cell_type": "markdown", "source": LONG, "attachments": {"a.svg": BUNDLE}},
    {"cell_type": "raw", "source": ""},
    {
        "cell_type": "code",
        "source": LONG,
        "execution_count": None,
        "outputs": [
            {"output_type": "stream", "name": "stdout", "text": LONG},
            {"output_type": "display_data", "data": BUNDLE, "metadata": {"text/plain": LONG}},
            {"output_type": "execute_result", "data": {}, "metadata": {}, "execution_count": 1},
            {"output_type": "error", "ename": LONG, "evalue": LONG, "traceback": [LONG]},
        ],
    },
]


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell["cell_type"])
def test_a_cell_is_laid_out_as_the_format_s_own_writer_does_it(cell: dict[str, Any]) -> None:
    whole = {"id": "a", "metadata": {}, **cell}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.from_dict(whole)])
    (written,) = json.loads(nbformat.writes(notebook))["cells"]
    assert in_lines(whole) == written
    assert list(in_lines(whole)) == sorted(whole)
