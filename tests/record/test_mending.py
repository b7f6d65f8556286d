"""What the journal knows and a notebook lacks is put into it; what the person did there stays."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.engine.trajectory import Action, Turn
from codeact_jupyter.errors import JournalError, NotebookError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.mending import mend
from tests.notebook.stories import conversation, running, story

from .runs import events_of, journal_in, opening, record

Content = dict[str, Any]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return journal_in(tmp_path)


def broken(journal: Journal, turn: Turn, path: Path, *, before: tuple[Turn, ...] = ()) -> None:
    """Keep a run as one that another process began and that broke off."""
    trajectory = conversation(*before, turn)
    journal.begin(trajectory.with_turn(opening(turn)), str(path))
    for event in events_of(turn):
        journal.append(turn.run, event)
    by_hand(path, f"UPDATE runs SET owner = 'ended.lock' WHERE run = '{turn.run}'")


def by_hand(path: Path, change: str) -> None:
    """Change the journal beside this notebook."""
    connection = sqlite3.connect(path.parent / "codeact" / "journal.sqlite3")
    connection.execute(change)
    connection.commit()
    connection.close()


def unfinished(done: int, run: str = "0000cafe") -> Turn:
    return running(conversation(story(run)), done).turns[0]


def changed(path: Path, change: Any) -> None:
    content = json.loads(path.read_text("utf-8"))
    change(content)
    path.write_text(json.dumps(content), "utf-8")


def names(path: Path) -> list[str]:
    return [cell["id"] for cell in json.loads(path.read_text("utf-8"))["cells"]]


def test_a_run_that_the_notebook_never_saw_is_put_into_it(path: Path, journal: Journal) -> None:
    broken(journal, unfinished(2), path)
    (recovered,) = mend(Document(path), journal)
    assert recovered.missing == (1, 2)
    assert "Recovered the run 0000cafe ('Add up the numbers.'): interrupted" in recovered.words
    (turn,) = Document(path).trajectory.turns
    assert (turn.state, len(turn.steps)) == ("interrupted", 2)
    assert turn.steps[:2] == story().steps[:2]


def test_the_rest_of_a_run_that_it_holds_in_part_is_put_below_it(
    path: Path, journal: Journal
) -> None:
    whole = story()
    Document(path).show(running(conversation(whole), 1))
    changed(
        path,
        lambda nb: nb["cells"].append(
            {
                "cell_type": "code",
                "id": "own",
                "source": "1",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
        ),
    )
    broken(journal, whole, path)
    (recovered,) = mend(Document(path), journal)
    assert recovered.missing == tuple(range(2, len(whole.steps) + 1))
    assert Document(path).trajectory.turns == (whole,)
    assert names(path)[-1] == "own", "the person's cell stays below"


def test_the_persons_text_wins_and_what_they_deleted_stays_away(
    path: Path, journal: Journal
) -> None:
    whole = story()
    Document(path).show(running(conversation(whole), 2))
    deleted = "0000cafe-1-action"

    def edit(content: Content) -> None:
        content["cells"] = [cell for cell in content["cells"] if cell["id"] != deleted]
        (theirs,) = (cell for cell in content["cells"] if cell["id"] == "0000cafe-2-action")
        theirs["source"] = "# the person's"

    changed(path, edit)
    broken(journal, whole, path)
    assert len(mend(Document(path), journal)) == 1
    cells = {cell["id"]: cell for cell in json.loads(path.read_text("utf-8"))["cells"]}
    assert deleted not in cells
    assert "".join(cells["0000cafe-2-action"]["source"]) == "# the person's"
    (turn,) = Document(path).trajectory.turns
    assert turn.state == "answered"
    assert [step.number for step in turn.steps] == list(range(2, len(whole.steps) + 1))


def test_a_run_that_was_deleted_whole_stays_away(path: Path, journal: Journal) -> None:
    Document(path).show(running(conversation(story()), 2))
    changed(path, lambda content: content.update(cells=[]))
    broken(journal, story(), path)
    assert mend(Document(path), journal) == []
    assert names(path) == []


def test_a_notebook_of_the_same_name_that_was_begun_anew_gets_nothing(
    path: Path, journal: Journal
) -> None:
    broken(journal, unfinished(1), path)
    mend(Document(path), journal)
    path.unlink()
    assert mend(Document(path), journal) == []
    assert not path.exists()


def test_a_copy_gets_the_rest_of_the_run_that_it_holds_and_no_other_run(
    path: Path, journal: Journal
) -> None:
    first, second = story("0000cafe"), story("0000beef")
    Document(path).show(running(conversation(first), 1))
    copy = path.with_name("copy.ipynb")
    copy.write_bytes(path.read_bytes())
    broken(journal, first, path)
    broken(journal, second, path, before=(first,))
    assert [each.turn.run for each in mend(Document(copy), journal)] == ["0000cafe"]
    assert [each.turn.run for each in mend(Document(path), journal)] == ["0000cafe", "0000beef"]


def test_a_conversation_that_went_on_without_a_run_is_not_changed(
    path: Path, journal: Journal
) -> None:
    first, third = story("0000cafe"), replace(story("0000f00d"), started="2026-01-07T09:00:00")
    Document(path).show(conversation(first, third))
    before = path.read_bytes()
    broken(journal, story("0000beef"), path, before=(first,))
    assert mend(Document(path), journal) == []
    assert path.read_bytes() == before


def test_a_clock_that_was_set_back_hides_no_run(path: Path, journal: Journal) -> None:
    first = replace(story("0000cafe"), started="2026-01-07T09:00:00")
    record(journal, conversation(first), str(path))
    Document(path).show(conversation(first))
    broken(
        journal, replace(story("0000beef"), started="2026-01-06T09:00:00"), path, before=(first,)
    )
    assert [each.turn.run for each in mend(Document(path), journal)] == ["0000beef"]


def test_what_another_notebook_took_along_is_not_settled_by_a_new_one_of_the_old_name(
    path: Path, journal: Journal
) -> None:
    Document(path).show(running(conversation(story()), 2))
    broken(journal, unfinished(3), path)
    by_hand(path, "UPDATE runs SET placed = 1")
    moved = path.rename(path.with_name("moved.ipynb"))
    assert mend(Document(path), journal) == []
    assert journal.open_in(str(moved)), "the one that was moved is still to be mended"
    assert len(mend(Document(moved), journal)) == 1
    assert not journal.open_in(str(moved))


def test_a_run_that_the_notebook_holds_whole_is_settled(path: Path, journal: Journal) -> None:
    Document(path).show(conversation(story()))
    record(journal, conversation(story()), str(path))
    assert journal.open_in(str(path))
    assert mend(Document(path), journal) == []
    assert not journal.open_in(str(path))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are text there")
def test_a_notebook_whose_name_is_no_text_is_mended_and_followed(
    path: Path, journal: Journal
) -> None:
    odd = path.with_name(os.fsdecode(b"caf\xe9.ipynb"))
    broken(journal, unfinished(1), odd)
    journal.move(str(odd), str(path))
    journal.move(str(path), str(odd))
    assert len(mend(Document(odd), journal)) == 1
    assert not journal.open_in(str(odd))


def test_a_run_that_goes_on_elsewhere_refuses_another(path: Path, journal: Journal) -> None:
    record(journal, conversation(unfinished(1)), str(path))
    with pytest.raises(NotebookError, match=r"the run 0000cafe goes on in .*work\.ipynb'"):
        mend(Document(path), journal)
    assert not path.exists()


@pytest.mark.parametrize("content", ["{", '{"cells": []}', "[]", '{"nbformat": 3'])
def test_a_notebook_that_cannot_be_read_is_left_as_it_is(
    path: Path, journal: Journal, content: str
) -> None:
    broken(journal, story(), path)
    path.write_text(content)
    with pytest.raises(NotebookError, match="left as it is"):
        mend(Document(path), journal)
    assert path.read_text() == content


def test_a_notebook_of_a_newer_version_is_left_as_it_is(path: Path, journal: Journal) -> None:
    Document(path).show(running(conversation(story()), 1))
    changed(path, lambda content: content["metadata"]["codeact"].update(version=99))
    before = path.read_bytes()
    broken(journal, story(), path)
    with pytest.raises(NotebookError, match=r"newer codeact \(version 99"):
        mend(Document(path), journal)
    assert path.read_bytes() == before


def test_a_damaged_record_of_a_run_changes_no_notebook(path: Path, journal: Journal) -> None:
    Document(path).show(running(conversation(story()), 1))
    before = path.read_bytes()
    broken(journal, story(), path)
    by_hand(path, "UPDATE events SET body = '{' WHERE number = 3")
    with pytest.raises(JournalError, match="damaged"):
        mend(Document(path), journal)
    assert path.read_bytes() == before


def test_a_step_that_waited_for_a_word_when_its_program_died_is_kept_and_did_not_run(
    path: Path, journal: Journal
) -> None:
    turn = unfinished(1)
    broken(journal, turn, path)
    waits = replace(turn.steps[0], number=2, observation=None, told=())
    waits = replace(waits, action=Action("drop(everything)", turn.cell(2, "action")))
    journal.append(turn.run, events.ApprovalAsked(waits, ("it deletes files",)))
    (recovered,) = mend(Document(path), journal)
    assert "step 2 waited for your word and did not run" in recovered.words
    last = Document(path).trajectory.turns[0].steps[-1]
    assert (last.number, last.state, last.action) == (2, "rejected", waits.action)
    assert "waited for the person's word" in str(last.told)
    cell = next(each for each in Document(path).content["cells"] if each["id"].endswith("2-action"))
    assert cell["cell_type"] == "markdown", "no front end runs it"


def test_a_step_that_was_answered_before_its_program_died_is_as_it_went_on(
    path: Path, journal: Journal
) -> None:
    turn = unfinished(1)
    broken(journal, turn, path)
    waits = replace(turn.steps[0], number=2, observation=None, told=())
    waits = replace(waits, action=Action("x = 1", turn.cell(2, "action")))
    journal.append(turn.run, events.ApprovalAsked(waits, ("it deletes files",)))
    journal.append(turn.run, events.StepStarted(waits))
    mend(Document(path), journal)
    assert Document(path).trajectory.turns[0].steps[-1].state == "unknown"
