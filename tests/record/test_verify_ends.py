"""Verifying where a chain ends: an end that nothing names would hide that cells are missing."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import nbformat
import pytest

from codeact_jupyter.engine.trajectory import Stream, Trajectory
from codeact_jupyter.notebook.cells import session_metadata
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.growing import fragments
from codeact_jupyter.notebook.inline import inline_metadata
from codeact_jupyter.notebook.marks import mark_of
from codeact_jupyter.record.verify import verify
from tests.notebook.stories import conversation, running, step, story

from .test_verify import KEY, Json, first, ours, recorded

RUNS = ("0000000a", "0000000b")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """A notebook with two conversations."""
    path = tmp_path_factory.mktemp("whole") / "run.ipynb"
    recorded(path, conversation(story(RUNS[0])))
    Document(path, sign=KEY.sign).show(conversation(story(RUNS[1])))
    content: Json = json.loads(path.read_text("utf-8"))
    return content


def under_a_magic(trajectory: Trajectory) -> Json:
    """A notebook in which the last turn stands under a magic's own cell, as it shows it."""
    (turn,), parts = trajectory.turns, fragments(trajectory)
    outputs: list[Json] = []
    for part in parts:
        session = session_metadata(trajectory) if part is parts[0] else None
        if part.name.endswith("-answer"):
            session = session_metadata(trajectory, part.link, KEY.sign)
        metadata = inline_metadata(part.cells, session)
        outputs.append(
            nbformat.v4.new_output("display_data", {"text/plain": ""}, metadata=metadata)
        )
        outputs += [output for cell in part.cells for output in cell.get("outputs", ())]
    cell = nbformat.v4.new_code_cell(f"%%codeact\n{turn.task}", outputs=outputs, id="magic")
    content: Json = json.loads(json.dumps(nbformat.v4.new_notebook(cells=[cell])))
    return content


def printed(state: str = "answered") -> Trajectory:
    steps = tuple(step(n, "print()", Stream("x\n"), run=RUNS[0]) for n in (1, 2))
    told = conversation(replace(story(RUNS[0]), steps=steps))
    return told if state == "answered" else running(told, 2)


UNNAMED: dict[str, Callable[[Json], Any]] = {
    "all of them": lambda mark: mark.pop("chain"),
    "no mapping": lambda mark: mark.update(chain=["nothing"]),
    "that of one": lambda mark: mark["chain"].pop(RUNS[1]),
    "its cell": lambda mark: mark["chain"][RUNS[1]].pop("cell"),
    "its cell's name": lambda mark: mark["chain"][RUNS[1]].update(cell="nothing"),
    "no end": lambda mark: mark["chain"].update({RUNS[1]: None}),
}


@pytest.mark.parametrize("name", UNNAMED)
def test_cells_are_not_cut_off_by_taking_away_what_names_their_end(name: str, whole: Json) -> None:
    content = copy.deepcopy(whole)
    UNNAMED[name](content["metadata"]["codeact"])
    (found,) = verify(content, None).findings
    assert (found.kind, found.cell, found.what) == ("removed", "", "end")
    assert "metadata do not name where the chain of the conversation 0000000" in found.words
    for index in ours(content)[9:]:
        cut = [cell for at, cell in enumerate(whole["cells"]) if at < index or not mark_of(cell)]
        verdict = verify({**content, "cells": cut}, KEY)
        assert not verdict.holds and not verdict.signed, index


def test_a_run_under_a_magic_whose_kernel_died_has_no_end_and_is_no_tampering() -> None:
    verdict = verify(under_a_magic(printed("running")), KEY)
    assert verdict.holds and not verdict.signed
    assert verdict.notes == (
        "The conversation 0000000a broke off before its chain had an end: cells that are missing "
        "there cannot be noticed.",
    )


def test_a_run_under_a_magic_that_was_answered_names_its_end() -> None:
    content = under_a_magic(printed())
    assert verify(content, KEY).holds and verify(content, KEY).signed
    del content["cells"][0]["outputs"][-1]["metadata"]["codeact"]["session"]["chain"]
    assert first(content) == ("removed", "")


def test_of_several_findings_under_a_magic_the_first_of_the_run_is_named() -> None:
    content = under_a_magic(printed())
    outputs = content["cells"][0]["outputs"]
    for output in outputs:
        if output["output_type"] == "stream":
            output["text"] = "altered\n"
    assert first(content) == ("altered", "0000000a-1-action")
    del outputs[1]
    assert first(content) == ("removed", "0000000a-1-action")
    for output in outputs:
        for cell in output.get("metadata", {}).get("codeact", {}).get("cells", ()):
            del cell["metadata"]["codeact"]["seal"]
    assert first(content) == ("unchained", "0000000a-0-task")


def test_a_record_from_before_the_chain_is_not_said_to_lack_its_end(whole: Json) -> None:
    content = copy.deepcopy(whole)
    del content["metadata"]["codeact"]["chain"]
    for index in ours(content):
        del content["cells"][index]["metadata"]["codeact"]["seal"]
    assert {finding.kind for finding in verify(content, KEY).findings} == {"unchained"}
