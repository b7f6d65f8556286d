"""What the person did to a run's cells is told once, and a resumed conversation is without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.trajectory import Trajectory, Turn
from codeact_jupyter.notebook.document import Document

from .stories import conversation, story

RUN = "0000cafe"
TASK = "task 1 ('Add up the numbers.')"
Cells = list[dict[str, Any]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A notebook with one finished turn."""
    path = tmp_path / "work.ipynb"
    Document(path).show(conversation())
    return path


def rewrite(path: Path, change: Callable[[Cells], object]) -> None:
    content = json.loads(path.read_text("utf-8"))
    change(content["cells"])
    path.write_text(json.dumps(content), "utf-8")


def without(*names: str) -> Callable[[Cells], None]:
    def delete(cells: Cells) -> None:
        cells[:] = [cell for cell in cells if cell["id"].removeprefix(f"{RUN}-") not in names]

    return delete


def edited(cells: Cells) -> None:
    cells[2]["source"] = "sum([1])"
    cells[7]["source"] = "It is one."


EDITS = (
    f"The person edited your code of step 1 of {TASK}; it now reads:\nsum([1])",
    f"The person edited your answer to {TASK}; it now reads:\nIt is one.",
)


def test_nothing_is_told_of_a_notebook_that_is_as_it_was(path: Path) -> None:
    document = Document(path)
    assert document.news(document.trajectory) == ()


def test_edits_of_a_runs_cells_are_told_once_while_the_session_goes_on(path: Path) -> None:
    document, whole = Document(path), conversation()
    rewrite(path, edited)
    assert document.news(whole) == EDITS
    assert document.news(whole) == ()
    rewrite(path, lambda cells: cells[7].update(source="**The sum is 6.**"))
    assert document.news(whole) == (
        f"The person took back what they did to your answer to {TASK}.",
    )


def test_deletions_are_told_and_the_session_keeps_its_conversation(path: Path) -> None:
    document, whole = Document(path), conversation()
    rewrite(path, without("0-task", "2-action", "4-answer"))
    assert document.news(whole) == (
        f"The person deleted the words of {TASK} from the notebook.",
        f"The person deleted your code of step 2 of {TASK} from the notebook.",
        f"The person deleted your answer to {TASK} from the notebook.",
    )
    both = conversation(story(), story("0000000b"))
    document.show(both)
    assert document.news(both) == ()
    rewrite(path, lambda cells: cells.clear())
    assert document.news(both) == (
        f"The person deleted all of {TASK} from the notebook.",
        "The person deleted all of task 2 ('Add up the numbers.') from the notebook.",
    )


def test_a_conversation_that_goes_on_from_the_file_says_what_it_is_without(path: Path) -> None:
    rewrite(path, without("2-thought", "2-action"))
    document = Document(path)
    held = document.trajectory
    assert [step.number for step in held.turns[0].steps] == [1, 3]
    assert document.news(held) == (
        f"The person deleted your code of step 2 of {TASK} from the notebook; "
        "you are not shown what it did.",
    )


def test_a_turn_whose_task_was_deleted_is_not_gone_on_from_and_that_is_said(path: Path) -> None:
    rewrite(path, without("0-task"))
    document = Document(path)
    assert document.trajectory.turns == ()
    assert document.news(document.trajectory) == (
        f"The person deleted the task of an earlier run ({RUN}) from the notebook; "
        "you are not shown that run.",
    )


def test_what_a_conversation_was_told_before_is_not_told_again(path: Path) -> None:
    rewrite(path, edited)
    first = Document(path)
    told = tuple({"text": text, "type": "text"} for text in first.news(first.trajectory))
    more = Turn("0000000b", "Go on.", told, state="stopped")
    first.show(replace(first.trajectory, turns=(*first.trajectory.turns, more)))
    again = Document(path)
    assert again.news(again.trajectory) == ()
    rewrite(path, lambda cells: cells[2].update(source="sum([2])"))
    assert len(again.news(again.trajectory)) == 1


def test_an_answer_that_the_person_deleted_does_not_come_back_as_an_interruption(
    path: Path,
) -> None:
    rewrite(path, without("4-answer"))
    document = Document(path)
    held: Trajectory = document.trajectory
    assert (held.turns[0].state, held.turns[0].answer) == ("stopped", None)
    more = Turn("0000000b", "Go on.", state="stopped")
    document.show(replace(held, turns=(*held.turns, more)))
    names = [cell["id"] for cell in document.content["cells"]]
    assert f"{RUN}-4-answer" not in names
    assert names[-2:] == ["0000000b-0-task", "0000000b-1-answer"]
