"""Forks: a notebook up to a step, in which everything is as it was then."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.engine.context import messages
from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.notebook.beginning import new_notebook
from codeact_jupyter.notebook.chain import Sign
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.writing import write_new
from codeact_jupyter.record.forking import forked_notebook
from codeact_jupyter.record.signing import Key
from codeact_jupyter.record.verify import verify
from tests.notebook.stories import conversation, story

NEW = "f00dcafe"


def two_turns() -> Trajectory:
    return conversation(story(), story("0000beef", "And now the mean."))


def own(name: str, source: str) -> dict[str, Any]:
    return {
        "id": name,
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {"mine": True},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["kept\n"]}],
        "source": [source],
    }


def notebook(sign: Sign | None = None) -> dict[str, Any]:
    """Two turns, with cells of the person's before, between and after."""
    content = new_notebook(two_turns(), sign=sign)
    names = [cell["id"] for cell in content["cells"]]
    content["cells"].insert(names.index("0000beef-0-task"), own("between", "y = 2"))
    content["cells"].insert(0, own("before", "x = 1"))
    content["cells"].append(own("after", "z = 3"))
    return content


def forked(at: str, tmp_path: Path, content: dict[str, Any] | None = None) -> Document:
    """The fork, written and read again."""
    given = content or notebook()
    before = deepcopy(given)
    path = tmp_path / "fork.ipynb"
    write_new(forked_notebook(given, at, run=NEW, name="sales.ipynb"), path)
    assert given == before
    nbformat.validate(nbformat.read(path, as_version=4))
    return Document(path)


def test_a_fork_says_to_the_model_what_was_said_up_to_its_step(tmp_path: Path) -> None:
    fork = forked("2.2", tmp_path).trajectory
    whole = messages(two_turns())
    said = messages(fork)
    assert said == whole[: len(said)] and len(said) == len(whole) - 3
    last = fork.turns[-1]
    assert (last.run, last.state, last.reason) == (NEW, "stopped", "Forked at 2.2 of sales.ipynb.")
    assert [step.action.cell for step in last.steps if step.action] == [
        f"{NEW}-1-action",
        f"{NEW}-2-action",
    ]
    assert fork.turns[0] == two_turns().turns[0], "whole turns keep their ids"
    assert (fork.system, fork.tools) == (two_turns().system, two_turns().tools)


def test_the_persons_cells_above_the_step_are_kept_and_those_below_are_not(tmp_path: Path) -> None:
    cells = forked("2.1", tmp_path).content["cells"]
    own_cells = [cell for cell in cells if "mine" in cell["metadata"]]
    assert own_cells == [own("before", "x = 1"), own("between", "y = 2")]
    ids = [cell["id"] for cell in cells]
    assert ids[-3:] == [f"{NEW}-1-thought", f"{NEW}-1-action", f"{NEW}-2-answer"]
    assert ids.index("between") < ids.index(f"{NEW}-0-task")


def test_a_turn_can_be_forked_with_its_answer(tmp_path: Path) -> None:
    document = forked("1", tmp_path)
    assert document.trajectory == conversation()
    assert [cell["id"] for cell in document.content["cells"]][-1] == "0000cafe-4-answer"


def test_a_step_can_be_named_by_its_cell_and_its_edited_text_is_kept(tmp_path: Path) -> None:
    content = notebook()
    cell = next(cell for cell in content["cells"] if cell["id"] == "0000cafe-2-action")
    cell["source"] = "mine(x)"
    document = forked("0000cafe-2-action", tmp_path, content)
    kept = {each["id"]: "".join(each["source"]) for each in document.content["cells"]}
    assert kept[f"{NEW}-2-action"] == "mine(x)"
    assert [turn.run for turn in document.trajectory.turns] == [NEW]


@pytest.mark.parametrize("at", ["", "0", "1.9", "3.1", "2.2.1", "after", "x", "0000cafe-0-task"])
def test_what_is_no_step_is_refused_with_the_steps_there_are(at: str) -> None:
    with pytest.raises(SettingsError, match=r"1\.1, 1\.2, 1\.3, 1, 2\.1"):
        forked_notebook(notebook(), at, run=NEW)


def test_a_notebook_without_a_run_is_refused() -> None:
    with pytest.raises(SettingsError, match="no run"):
        forked_notebook(new_notebook(), "1.1", run=NEW)


def test_a_fork_goes_on_and_its_file_holds_all_of_it(tmp_path: Path) -> None:
    document = forked("1.2", tmp_path)
    longer = document.trajectory.begin(story("0000d00d", "Go on."))
    document.show(longer)
    assert Document(document.path).trajectory == longer
    content = json.loads(document.path.read_text())
    names = [cell["id"] for cell in content["cells"]]
    assert names.index(f"{NEW}-3-answer") < names.index("0000d00d-0-task")


def test_a_fork_is_signed_when_what_it_is_from_is_signed_and_as_it_was_recorded() -> None:
    key = Key(b"secret")
    content = notebook(sign=key.sign)
    for at in ("1", "1.2", "2.2"):
        verdict = verify(forked_notebook(content, at, run=NEW, key=key), key)
        assert (verdict.holds, verdict.signed) == (True, True), verdict
    cell = next(cell for cell in content["cells"] if cell["id"] == "0000cafe-1-action")
    cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "forged"}]
    assert not verify(forked_notebook(content, "2.2", run=NEW, key=key), key).signed


def test_a_fork_holds_with_the_cells_of_other_conversations_that_it_keeps(tmp_path: Path) -> None:
    key, path = Key(b"secret"), tmp_path / "two.ipynb"
    for run in ("0000aaaa", "0000bbbb"):
        Document(path, sign=key.sign).show(conversation(story(run)))
    content = json.loads(path.read_text("utf-8"))
    whole = forked_notebook(content, "0000bbbb-2-action", run=NEW, key=key)
    assert (verify(whole, key).holds, verify(whole, key).signed) == (True, True)
    moved = [cell for cell in content["cells"] if not cell["id"].startswith("0000aaaa-2")]
    moved += [cell for cell in content["cells"] if cell["id"].startswith("0000aaaa-2")]
    cut = forked_notebook({**content, "cells": moved}, "0000bbbb-2-action", run=NEW, key=key)
    assert not verify(cut, key).signed, "of the other conversation a part is missing"


@pytest.mark.parametrize("sign", [None, Key(b"another").sign])
def test_a_fork_of_what_others_made_is_not_signed(sign: Sign | None) -> None:
    key, content = Key(b"secret"), notebook(sign=sign)
    assert not verify(forked_notebook(content, "2.2", run=NEW, key=key), key).signed
