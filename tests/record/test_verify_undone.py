"""Verifying what an undo took out: it is said, and nobody takes a run away silently."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.notebook.chain import Sign
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.marks import mark_of
from codeact_jupyter.notebook.taking_back import cells_since, ended_anew, put_again
from codeact_jupyter.record.signing import Key
from codeact_jupyter.record.verify import verify
from tests.notebook.stories import conversation, story

from .test_verify import KEY, Json, recorded

RUNS = ("0000000a", "0000000b", "0000000c")
OTHER = Key(b"somebody else's")


@pytest.fixture
def whole(tmp_path: Path) -> Json:
    return recorded(tmp_path / "run.ipynb", conversation(*map(story, RUNS)))


def undo(content: Json, *points: str, sign: Sign | None = KEY.sign) -> Json:
    """The notebook without the cells of these runs or steps, as an undo leaves it."""
    mark = content["metadata"]["codeact"]
    taken = cells_since(content["cells"], mark, points)
    gone = {each["cell"]["id"] for each in taken.cells}
    left = [cell for cell in content["cells"] if cell["id"] not in gone]
    return {**with_cells(content, left, points, sign), "taken": taken.cells}


def redo(content: Json, before: Json, *points: str) -> Json:
    return with_cells(content, put_again(content["cells"], before["taken"]), points, KEY.sign)


def with_cells(content: Json, cells: list[Any], points: Any, sign: Sign | None) -> Json:
    runs = {point.partition(".")[0] for point in points}
    mark = ended_anew(content["metadata"]["codeact"], content["cells"], cells, runs, sign)
    return {**content, "cells": cells, "metadata": {**content["metadata"], "codeact": mark}}


def notes_of(content: Json) -> list[Json]:
    notes: list[Json] = content["metadata"]["codeact"]["chain"]["undone"]
    return notes


@pytest.mark.parametrize("run", RUNS)
def test_a_run_that_was_undone_is_named_wherever_it_stood(whole: Json, run: str) -> None:
    undone = undo(whole, run)
    verdict = verify(undone, KEY)
    assert verdict.holds and verdict.signed, verdict
    assert any(f"The run {run} was undone: 8 cells" in note for note in verdict.notes)
    again = redo(undone, undone, run)
    assert verify(again, KEY) == verify(whole, KEY)
    assert [cell["id"] for cell in again["cells"]] == [cell["id"] for cell in whole["cells"]]
    assert again["metadata"] == whole["metadata"]


def test_runs_that_were_undone_one_after_another_are_all_named(whole: Json) -> None:
    first = undo(whole, RUNS[1])
    second = undo(first, RUNS[0])
    verdict = verify(second, KEY)
    assert verdict.holds and verdict.signed, verdict
    assert sum("was undone" in note for note in verdict.notes) == 2
    assert verify(redo(second, second, RUNS[0]), KEY) == verify(first, KEY)
    third = undo(second, RUNS[2])
    assert verify(third, KEY).holds, "nothing of the conversation is left but the notes"


def test_a_cell_that_stays_or_goes_beside_what_was_undone_is_judged_as_ever(whole: Json) -> None:
    edited = copy.deepcopy(whole)
    kept = next(cell for cell in edited["cells"] if cell["id"] == f"{RUNS[1]}-2-action")
    kept["source"] = "mine = 1"
    undone = undo(edited, RUNS[1])
    assert [(f.kind, f.cell) for f in verify(undone, KEY).findings] == [("altered", kept["id"])]
    for index in range(len(undone["cells"])):
        less = {**undone, "cells": [*undone["cells"][:index], *undone["cells"][index + 1 :]]}
        cell = undone["cells"][index]
        if mark_of(cell) and cell is not kept:
            assert not verify(less, KEY).holds
            assert ("removed", cell["id"]) in [(f.kind, f.cell) for f in verify(less, KEY).findings]


def forged(change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda content: [change(note) for note in notes_of(content)]


FORGED: dict[str, Callable[[Json], Any]] = {
    "note removed": lambda content: content["metadata"]["codeact"]["chain"].pop("undone"),
    "not signed": forged(lambda note: [note.pop("signature"), note.pop("key")]),
    "signed by another": forged(lambda note: note.update(OTHER.sign("whatever"))),
    "another run": forged(lambda note: note.update(runs=["0000000d"])),
    "another count": forged(lambda note: note.update(cells=1)),
    "another first": forged(lambda note: note.update(first=f"{RUNS[1]}-2-action")),
    "another before": forged(lambda note: note.update(after=f"{RUNS[0]}-0-task")),
    "another end": forged(lambda note: note.update(link="0" * 64)),
    "another conversation": forged(lambda note: note.update(conversation="0000000e")),
    "no note": forged(lambda note: note.clear()),
    "one cell more went": lambda content: content["cells"].pop(
        next(i for i, c in enumerate(content["cells"]) if c["id"] == f"{RUNS[2]}-0-task")
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_no_run_goes_by_a_note_that_its_owner_did_not_sign(whole: Json, name: str) -> None:
    undone = copy.deepcopy(undo(whole, RUNS[1]))
    assert verify(undone, KEY).holds
    FORGED[name](undone)
    assert not verify(undone, KEY).holds


def test_a_note_of_who_has_no_key_takes_nothing_out_of_a_signed_record(whole: Json) -> None:
    for sign in (None, OTHER.sign):
        undone = undo(whole, RUNS[1], sign=sign)
        verdict = verify(undone, KEY)
        assert verdict.first is not None and verdict.first.kind == "removed"
    assert not verify(undo(whole, RUNS[1], sign=None), None).holds
    elsewhere = verify(undo(whole, RUNS[1], sign=KEY.sign), None)
    assert elsewhere.holds and not elsewhere.signed
    assert any("was undone" in note for note in elsewhere.notes)


LAST: dict[str, Callable[[Json], Any]] = {
    "note removed": lambda chain: chain.pop("undone"),
    "another note in its place": lambda chain: chain["undone"][0].update(OTHER.sign("x"), cells=1),
    "note and its name removed": lambda chain: [chain.pop("undone"), chain[RUNS[0]].pop("undone")],
    "its name altered": lambda chain: chain[RUNS[0]]["undone"].update({f"{RUNS[2]}-4-answer": "0"}),
    "its name no name": lambda chain: chain[RUNS[0]].update(undone="nothing"),
}


@pytest.mark.parametrize("name", LAST)
@pytest.mark.parametrize("points", [RUNS[2:], RUNS[1:], (f"{RUNS[2]}-2",)], ids=str)
def test_the_last_run_does_not_go_by_itself_either(whole: Json, name: str, points: Any) -> None:
    undone = copy.deepcopy(undo(whole, *points))
    assert verify(undone, KEY).signed
    LAST[name](undone["metadata"]["codeact"]["chain"])
    verdict = verify(json.loads(json.dumps(undone)), KEY)
    assert not verdict.holds


def test_a_missing_note_of_the_last_run_names_it(whole: Json) -> None:
    undone = copy.deepcopy(undo(whole, RUNS[2]))
    undone["metadata"]["codeact"]["chain"].pop("undone")
    (found,) = verify(undone, None).findings
    assert (found.kind, found.cell) == ("removed", f"{RUNS[2]}-4-answer")
    assert f"that the run {RUNS[2]} was undone is missing" in found.words


def test_runs_that_are_undone_and_brought_again_in_any_order_are_told_as_they_are(whole) -> None:
    one = undo(whole, RUNS[0])
    both = undo(one, RUNS[2])
    for content in (
        one,
        both,
        redo(both, both, RUNS[2]),
        redo(redo(both, both, RUNS[2]), one, RUNS[0]),
    ):
        verdict = verify(content, KEY)
        assert verdict.holds and verdict.signed, verdict
    again = redo(redo(both, one, RUNS[0]), both, RUNS[2])
    assert verify(again, KEY) == verify(whole, KEY)


@pytest.mark.parametrize("points", [RUNS[2:], RUNS[1:], (f"{RUNS[2]}-2",)], ids=str)
def test_a_run_that_follows_goes_on_over_what_was_undone(tmp_path, whole, points: Any) -> None:
    path = tmp_path / "again.ipynb"
    undone = {key: value for key, value in undo(whole, *points).items() if key != "taken"}
    path.write_text(json.dumps(undone), "utf-8")
    document = Document(path, sign=KEY.sign)
    held = document.trajectory
    (more,) = conversation(story("0000000d")).turns
    document.show(replace(held, turns=(*held.turns, more)))
    content = json.loads(path.read_text("utf-8"))
    verdict = verify(content, KEY)
    assert verdict.holds and verdict.signed, verdict
    assert any("was undone" in note for note in verdict.notes)
    content["metadata"]["codeact"]["chain"].pop("undone")
    assert not verify(content, KEY).holds


def test_in_a_record_without_signatures_an_undo_is_said_too(whole: Json) -> None:
    for end in whole["metadata"]["codeact"]["chain"].values():
        del end["signature"], end["key"]
    verdict = verify(json.loads(json.dumps(undo(whole, RUNS[1], sign=None))), KEY)
    assert verdict.holds and not verdict.signed
    assert any(f"The run {RUNS[1]} was undone" in note for note in verdict.notes)
