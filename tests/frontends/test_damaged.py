"""A notebook of which one thing is of another type: each command says so in a line, or goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.frontends.cli import run_command
from codeact_jupyter.notebook.inline import inline_metadata
from tests.notebook.stories import conversation, story
from tests.record.test_verify import Json, recorded

ANY = ("x", 7, {"x": 1})
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("verify",),
    ("export", "--to", "md", "--force"),
    ("recover",),
    ("undo",),
    ("replay", "--allow", "everything"),
    ("fork", "--at", "1"),
)


def inline(path: Path) -> Json:
    """A notebook with a run under a magic's own cell."""
    whole = recorded(path, conversation(story("0000000a")))
    session = whole["metadata"].pop("codeact")
    outputs: list[Json] = []
    for cell in whole["cells"]:
        if "codeact" in cell["metadata"]:
            metadata = inline_metadata([cell], session)
            outputs.append({"output_type": "display_data", "data": {}, "metadata": metadata})
            outputs += cell.get("outputs", ())
    kept = [cell for cell in whole["cells"] if "codeact" not in cell["metadata"]]
    magic = {"id": "magic", "cell_type": "code", "execution_count": 1, "metadata": {}}
    return {**whole, "cells": [*kept, {**magic, "source": "%%codeact\nx", "outputs": outputs}]}


def changed(whole: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The notebook with this value there."""
    if not way:
        return value
    copy = list(whole) if isinstance(whole, list) else dict(whole)
    copy[way[0]] = changed(copy[way[0]] if len(way) > 1 else None, way[1:], value)
    return copy


def said_of(path: Path, content: Any, capsys: Any, monkeypatch: Any) -> list[str]:
    """What each command says on stderr of this notebook; none raises."""
    monkeypatch.chdir(path.parent)
    path.write_text(json.dumps(content), "utf-8")
    said = []
    for command, *flags in COMMANDS:
        run_command([command, str(path), *flags])
        said.append(capsys.readouterr().err)
    return said


@pytest.mark.parametrize(
    ("way", "value", "words"),
    [
        (("metadata",), "x", "its `metadata` is text, not an object"),
        (("cells",), {}, "its `cells` is an object, not a list"),
        (("cells", 1), None, "its cell 2 is null, not an object"),
        (("cells", 1, "metadata"), [], "its cell 2: `metadata` is a list, not an object"),
    ],
)
def test_what_is_of_another_type_is_named_by_every_command(
    tmp_path: Path, capsys: Any, monkeypatch: Any, way: Any, value: Any, words: str
) -> None:
    path = tmp_path / "run.ipynb"
    said = said_of(path, changed(recorded(path), way, value), capsys, monkeypatch)
    assert all(each.startswith("codeact: ") and each.count("\n") == 1 for each in said), said
    assert all(words in each for each in said), said


@pytest.mark.parametrize("key", ["id", "cell_type", "source", "metadata", ""])
def test_a_damaged_record_under_a_magic_is_told_in_a_line(
    tmp_path: Path, capsys: Any, monkeypatch: Any, key: str
) -> None:
    path = tmp_path / "run.ipynb"
    whole = inline(path)
    way = ("cells", -1, "outputs", 0, "metadata", "codeact", "cells", 0, *filter(None, [key]))
    for value in ANY:
        for each in said_of(path, changed(whole, way, value), capsys, monkeypatch):
            assert each.count("\n") <= 1, each


@pytest.mark.parametrize("key", ["chain", "written", "system", "tools", "version"])
def test_damaged_metadata_of_ours_end_no_command_in_a_traceback(
    tmp_path: Path, capsys: Any, monkeypatch: Any, key: str
) -> None:
    path = tmp_path / "run.ipynb"
    whole = recorded(path)
    ways = [("metadata", "codeact", key)]
    ways += [(*ways[0], "0000000a", "cell")] * (key == "chain")
    for way in ways:
        for value in ANY:
            said_of(path, changed(whole, way, value), capsys, monkeypatch)
