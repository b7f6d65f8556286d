"""A page keeps a run's cells, and the person undoes or deletes some: no mending puts them back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.trajectory import Turn
from codeact_jupyter.engine.undoing import parted
from codeact_jupyter.notebook.beginning import new_notebook
from codeact_jupyter.notebook.chain import described
from codeact_jupyter.notebook.document import UNKNOWN_END, Document
from codeact_jupyter.notebook.inline import Held
from codeact_jupyter.notebook.taking_back import cells_since, ended_anew, put_again
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.mending import mend, mended
from tests.notebook.retold import applied, framed
from tests.notebook.stories import conversation, story

from .runs import journal_in, record

A, B = "0000000a", "0000000b"


class Page:
    """A notebook that a page has open and saves, after runs of these turns in it."""

    def __init__(self, path: Path, journal: Journal, *turns: Turn) -> None:
        self.path = path
        self.content = new_notebook()
        self.cells: list[dict[str, Any]] = []
        for number in range(len(turns)):
            told = conversation(*turns[: number + 1])
            record(journal, told, str(path))
            self.take(framed(told))
        self.save()
        journal.settle([turn.run for turn in turns], str(path))

    @property
    def mark(self) -> dict[str, Any]:
        mark: dict[str, Any] = self.content["metadata"]["codeact"]
        return mark

    def take(self, frames: list[dict[str, Any]]) -> None:
        metadata = self.content["metadata"]
        for frame in frames:
            if frame["type"] == "session":
                metadata["codeact"] = described(metadata.get("codeact"), frame["metadata"])
        self.cells = applied(frames, self.cells)

    def save(self) -> None:
        self.path.write_text(json.dumps({**self.content, "cells": self.cells}), "utf-8")

    def delete(self, *names: str) -> None:
        """The person deletes the cells with these ids, or those whose ids begin so."""
        self.cells = [cell for cell in self.cells if not cell["id"].startswith(names)]
        self.save()

    def undo(self, *points: str) -> Any:
        """What the panel's undo does to the notebook; gives the cells that went, for a redo."""
        taken = cells_since(self.cells, self.mark, points).cells
        gone = {each["cell"]["id"] for each in taken}
        self._now([cell for cell in self.cells if cell["id"] not in gone], points)
        return taken

    def redo(self, taken: Any, *points: str) -> None:
        self._now(put_again(self.cells, taken), points)

    def _now(self, cells: list[dict[str, Any]], points: Iterable[str]) -> None:
        runs = {parted(point)[0] for point in points}
        mark = ended_anew(self.mark, self.cells, cells, runs, None)
        self.content["metadata"]["codeact"], self.cells = mark, cells
        self.save()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return journal_in(tmp_path)


@pytest.fixture
def page(path: Path, journal: Journal) -> Page:
    return Page(path, journal, story(A), story(B))


def assert_whole(page: Page, journal: Journal) -> None:
    """Nothing is put into the notebook, neither into its file nor by the panel."""
    before = page.path.read_bytes()
    assert mended(journal, str(page.path), Held(page.cells, page.mark)) == []
    assert mend(Document(page.path), journal) == []
    assert page.path.read_bytes() == before


def test_what_the_person_deleted_at_a_runs_end_stays_away(page: Page, journal: Journal) -> None:
    page.delete(f"{B}-2", f"{B}-3", f"{B}-4")
    assert_whole(page, journal)
    document = Document(page.path)
    last = document.trajectory.turns[-1]
    assert (last.state, last.reason) == ("stopped", UNKNOWN_END)
    told = "\n".join(document.news(document.trajectory))
    assert "The person deleted your code of step 3 of task 2" in told
    assert "The person deleted your answer to task 2" in told


CHAINS: list[Any] = [
    None,
    [],
    {A: 7},
    {A: {"cell": 7}},
    {"undone": "no"},
    {"undone": [{"runs": 7}]},
]


@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_a_notebook_that_tells_no_ends_goes_by_its_cells(
    page: Page, journal: Journal, chain: Any
) -> None:
    page.mark["chain"] = chain
    page.save()
    assert_whole(page, journal)
    page.delete(f"{B}-4")
    (recovered,) = mend(Document(page.path), journal)
    assert (recovered.turn, recovered.missing) == (story(B), ())


def test_what_was_deleted_stays_away_when_the_run_after_it_goes(
    page: Page, journal: Journal
) -> None:
    page.delete(f"{A}-2", f"{A}-3", f"{A}-4")
    assert_whole(page, journal)
    page.delete(B)
    assert_whole(page, journal)


UNDONE = [[f"{B}-2"], [B], [A], [f"{A}-2"], [B, f"{A}-2"], [B, A]]


@pytest.mark.parametrize("points", UNDONE, ids=str)
def test_what_was_undone_stays_undone(page: Page, journal: Journal, points: list[str]) -> None:
    page.undo(*points)
    assert_whole(page, journal)


@pytest.mark.parametrize("points", UNDONE, ids=str)
def test_a_redo_brings_all_of_it_back(page: Page, journal: Journal, points: list[str]) -> None:
    before = page.mark, page.cells
    taken = page.undo(*points)
    assert_whole(page, journal)
    page.redo(taken, *points)
    assert_whole(page, journal)
    assert (page.mark, page.cells) == before
    assert Document(page.path).trajectory.turns == (story(A), story(B))


def test_an_edited_cell_that_an_undo_leaves_brings_no_step_back(
    page: Page, journal: Journal
) -> None:
    (edited,) = (cell for cell in page.cells if cell["id"] == f"{A}-2-action")
    edited["source"] = "mine = 1"
    page.undo(B, f"{A}-2")
    assert edited in page.cells
    assert_whole(page, journal)


def test_what_was_deleted_stays_away_when_the_run_after_it_is_undone(
    page: Page, journal: Journal
) -> None:
    page.delete(f"{A}-2", f"{A}-3", f"{A}-4")
    page.undo(B)
    assert_whole(page, journal)


def test_a_run_that_broke_off_after_one_that_was_undone_is_put_back_alone(
    page: Page, journal: Journal
) -> None:
    page.undo(f"{B}-2")
    later = story("0000000c")
    record(journal, conversation(story(A), story(B), later), str(page.path))
    (recovered,) = mend(Document(page.path), journal)
    assert recovered.turn == later
    turns = Document(page.path).trajectory.turns
    assert [(turn.run, len(turn.steps)) for turn in turns] == [(A, 3), (B, 1), ("0000000c", 3)]
