"""The person saves the same file while a run goes on: from any version, with any edits."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.growing import to_cells
from codeact_jupyter.notebook.layout import in_lines
from codeact_jupyter.notebook.marks import Cell

from .stories import conversation, running, story

Content = dict[str, Any]
RUN = "0000cafe"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


def states(whole: Trajectory) -> list[Trajectory]:
    """What a session shows of the last turn, one write after another."""
    turn = whole.turns[-1]
    shown = [running(whole, 0)]
    for number, done in enumerate(turn.steps):
        begun = replace(done, observation=None, told=())
        unseen = replace(running(whole, number).turns[-1], steps=(*turn.steps[:number], begun))
        shown += [whole.with_turn(unseen), running(whole, number + 1)]
    return [*shown, whole]


def load(path: Path) -> Content:
    content: Content = json.loads(path.read_text("utf-8"))
    return content


def save(path: Path, content: Content) -> None:
    """Save in place, as Jupyter's server does."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def ids(content: Content) -> list[str]:
    return [cell["id"] for cell in content["cells"]]


def text(cell: Cell) -> str:
    return "".join(cell["source"])


def cell_of(path: Path, name: str) -> Cell:
    (cell,) = (cell for cell in load(path)["cells"] if cell["id"] == name)
    found: Cell = cell
    return found


def persons_cell(name: str, source: str) -> Cell:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def during(call: Callable[[], Any], patch: pytest.MonkeyPatch) -> None:
    """Have this called once while the next write is being made, before it is in place."""
    real = os.fsync

    def fsync(handle: int) -> None:
        patch.setattr(os, "fsync", real)
        call()
        real(handle)

    patch.setattr(os, "fsync", fsync)


def test_steps_that_a_save_from_an_older_version_lacks_are_put_back_in_their_place(
    path: Path,
) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 1))
    stale = load(path)
    document.show(running(whole, 3))
    stale["cells"].append(persons_cell("mine", "my notes"))
    save(path, stale)
    document.show(whole)
    assert ids(load(path)) == [*(cell["id"] for cell in to_cells(whole)), "mine"]
    assert Document(path).trajectory == whole


def test_a_save_from_before_the_run_takes_nothing_of_it_away(path: Path) -> None:
    save(path, nbformat.v4.new_notebook(cells=[persons_cell("intro", "# Mine")]))
    before = load(path)
    document, whole = Document(path), conversation()
    document.show(running(whole, 2))
    before["cells"][0]["source"] = "# Mine, edited"
    save(path, before)
    document.show(whole)
    assert ids(load(path)) == ["intro", *(cell["id"] for cell in to_cells(whole))]
    assert text(load(path)["cells"][0]) == "# Mine, edited"
    assert Document(path).trajectory == whole


def test_an_output_that_came_after_the_version_of_a_save_is_kept(path: Path) -> None:
    document, whole = Document(path), conversation()
    document.show(states(whole)[5])
    stale = load(path)
    assert "unknown" in json.dumps(stale["cells"][-1]["outputs"])
    stale["cells"][-1]["source"] = "print('mine')"
    document.show(running(whole, 3))
    save(path, stale)
    document.show(whole)
    assert Document(path).trajectory == whole
    assert text(cell_of(path, f"{RUN}-3-action")) == "print('mine')"


def test_a_cell_deleted_in_a_version_that_had_it_stays_deleted_whatever_is_saved_later(
    path: Path,
) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 1))
    stale = load(path)
    document.show(running(whole, 2))
    deleting = load(path)
    deleting["cells"] = [cell for cell in deleting["cells"] if cell["id"] != f"{RUN}-2-action"]
    save(path, deleting)
    document.show(running(whole, 3))
    save(path, stale)
    document.show(whole)
    expected = [cell["id"] for cell in to_cells(whole) if cell["id"] != f"{RUN}-2-action"]
    assert ids(load(path)) == expected


def test_a_cell_of_the_persons_is_not_lost_to_their_own_older_tab(path: Path) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 1))
    older = load(path)
    document.show(running(whole, 2))
    newer = load(path)
    newer["cells"].append(persons_cell("mine", "my notes"))
    save(path, newer)
    document.show(running(whole, 3))
    save(path, older)
    document.show(whole)
    assert "mine" in ids(load(path))


def test_a_save_in_the_moment_of_a_write_is_taken_in(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 2))
    content = load(path)
    content["cells"][2]["source"] = "mine"
    content["cells"].append(persons_cell("below", "mine too"))
    during(lambda: save(path, content), monkeypatch)
    document.show(whole)
    assert text(cell_of(path, f"{RUN}-1-action")) == "mine"
    assert ids(load(path)) == [*(cell["id"] for cell in to_cells(whole)), "below"]
    assert os.listdir(path.parent) == [path.name]


def test_a_file_that_appears_in_the_moment_of_the_first_write_is_taken_in(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document(path)
    mine = nbformat.v4.new_notebook(cells=[persons_cell("mine", "mine")])
    during(lambda: save(path, mine), monkeypatch)
    document.show(conversation())
    assert ids(load(path)) == ["mine", *(cell["id"] for cell in to_cells(conversation()))]


def test_a_file_that_an_editor_has_emptied_to_write_it_again_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 2))
    content = load(path)
    content["cells"].append(persons_cell("below", "mine"))
    path.write_bytes(b"")
    monkeypatch.setattr("time.sleep", lambda _: save(path, content))
    document.show(whole)
    assert ids(load(path))[-1] == "below"


def test_a_file_that_is_written_without_end_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Document(path)
    document.show(running(conversation(), 2))
    content, real, written = load(path), os.fsync, []

    def fsync(handle: int) -> None:
        written.append(handle)
        content["metadata"]["count"] = len(written)
        save(path, content)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(NotebookError, match=r"work\.ipynb.*another program keeps writing it"):
        document.show(conversation())
    assert load(path) == content, "what it wrote last is there"


def test_a_cell_that_the_person_locked_is_neither_rewritten_nor_folded(path: Path) -> None:
    document, whole = Document(path), conversation()
    document.show(states(whole)[2])
    content = load(path)
    for cell in content["cells"]:
        cell["metadata"] |= {"editable": False, "deletable": False, "tags": ["keep"]}
    save(path, content)
    document.show(whole)
    cell = cell_of(path, f"{RUN}-1-action")
    assert cell["metadata"].pop("codeact")["status"] == "error"
    assert cell["metadata"] == {"deletable": False, "editable": False, "tags": ["keep"]}
    assert cell["outputs"][0]["output_type"] == "error", "what it did is known all the same"
    assert Document(path).trajectory == whole


def test_the_persons_tags_and_cleared_outputs_survive_the_folding_of_a_cell(path: Path) -> None:
    document, whole = Document(path), conversation()
    document.show(running(whole, 1))
    content = load(path)
    content["cells"][2]["outputs"] = []
    content["cells"][2]["metadata"]["tags"] = ["mine"]
    save(path, content)
    document.show(whole)
    cell = cell_of(path, f"{RUN}-1-action")
    assert cell["outputs"] == []
    assert cell["metadata"]["tags"] == ["mine", "raises-exception"]
    assert cell["metadata"]["jupyter"] == {"outputs_hidden": True, "source_hidden": True}


def test_code_that_the_person_edited_stays_code_when_it_was_not_run_after_all(path: Path) -> None:
    document, whole = Document(path), conversation()
    document.show(states(whole)[1])
    content = load(path)
    content["cells"][2]["source"] = "mine()"
    save(path, content)
    turn = states(whole)[1].turns[0]
    assert turn.steps[0].action is not None
    seen = replace(whole.turns[0].steps[0].observation, status="rejected", outputs=())  # type: ignore[type-var]
    refused = replace(turn, steps=(replace(turn.steps[0], observation=seen),))
    document.show(whole.with_turn(refused))
    cell = cell_of(path, f"{RUN}-1-action")
    assert (cell["cell_type"], text(cell), cell["outputs"]) == ("code", "mine()", [])


@dataclass
class Person:
    """Saves from any version that was ever on disk; knows what must come of it."""

    path: Path
    versions: list[Content] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    last: Content | None = None
    just_deleted: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def look(self) -> None:
        if self.path.exists():
            self.versions.append(load(self.path))

    def was_read(self) -> None:
        """A text that was saved over before anybody could read it is nobody's to keep."""
        self.texts |= self.unread
        self.unread = {}

    def save_meanwhile(self, version: int, edits: list[tuple[str, int]]) -> None:
        self.was_read()
        self.save(version, edits)

    def save(self, version: int, edits: list[tuple[str, int]]) -> None:
        base = self.versions[-1 - version % len(self.versions)]
        cells = [dict(cell) for cell in base["cells"]]
        for kind, place in edits:
            self.count += 1
            if kind == "insert":
                cells.insert(place % (len(cells) + 1), persons_cell(f"mine{self.count}", "new"))
            elif cells and kind == "edit":
                cells[place % len(cells)]["source"] = f"edit {self.count}"
            elif cells:
                del cells[place % len(cells)]
        self.last = {**base, "cells": cells}
        self.just_deleted = set(ids(base)) - set(ids(self.last))
        self.deleted |= self.just_deleted
        self.unread = {cell["id"]: text(cell) for cell in cells}
        save(self.path, self.last)
        self.look()


def check(person: Person, whole: Trajectory, ours: dict[str, set[str]]) -> None:
    """Nothing that ran is missing but what was deleted; of each cell, the last text counts."""
    nbformat.validate(nbformat.read(person.path, as_version=4))
    content = load(person.path)
    found = {cell["id"]: cell for cell in content["cells"]}
    assert len(found) == len(content["cells"])
    expected = {cell["id"]: in_lines(cell) for cell in to_cells(whole)}
    assert set(expected) - set(found) <= person.deleted
    assert not person.just_deleted & set(found)
    assert [name for name in found if name in expected] == [
        name for name in expected if name in found
    ]
    for name in expected.keys() & found.keys():
        theirs = person.texts.get(name, "")
        last = theirs if theirs and theirs not in ours[name] else text(expected[name])
        assert text(found[name]) == last
        for part in ("outputs", "execution_count"):
            assert found[name].get(part) == expected[name].get(part)
    for cell in person.last["cells"] if person.last else ():
        assert cell["id"] in found
        if cell["id"] not in expected:
            assert text(found[cell["id"]]) == text(cell)


edits = st.tuples(st.sampled_from(["edit", "delete", "insert"]), st.integers(0, 30))
happenings = st.one_of(
    st.just(("write", 0, [])),
    st.just(("write", 0, [])),
    st.tuples(
        st.sampled_from(["save", "save while it is written"]),
        st.integers(0, 12),
        st.lists(edits, max_size=3),
    ),
)


@pytest.fixture
def no_disk() -> Iterator[None]:
    """Files need not survive a power cut here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.mark.usefixtures("no_disk")
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(happened=st.lists(happenings, min_size=4, max_size=24))
@example(  # deleted, brought back from an older tab, deleted in one that is older still
    happened=[
        ("save while it is written", 0, [("delete", 0)]),
        ("save", 2, []),
        ("write", 0, []),
        ("save", 5, [("delete", 0)]),
    ]
)
def test_however_saves_and_writes_alternate_nothing_that_ran_is_lost_and_the_last_text_counts(
    happened: list[tuple[str, int, list[tuple[str, int]]]], path: Path
) -> None:
    save(path, nbformat.v4.new_notebook(cells=[persons_cell("intro", "# Mine")]))
    person = Person(path)
    person.look()
    earlier = story("0000000a", "Before that.")
    for state in states(conversation(earlier))[::3]:
        Document(path).show(state)
        person.look()
    Document(path).show(conversation(earlier))
    person.look()
    whole = conversation(earlier, story())
    document, ahead = Document(path), iter(states(whole))
    ours: dict[str, set[str]] = {}
    for state in states(whole):
        for cell in to_cells(state):
            ours.setdefault(cell["id"], set()).add(cell["source"])
    state = conversation(earlier)
    for kind, version, changes in happened:
        if kind == "save":
            person.save(version, changes)
            continue
        state = next(ahead, whole)
        with pytest.MonkeyPatch.context() as patch:
            if kind != "write":
                during(partial(person.save_meanwhile, version, changes), patch)
            document.show(state)
        person.was_read()
        person.look()
    document.show(whole)
    person.was_read()
    check(person, whole, ours)
