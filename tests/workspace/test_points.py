"""What a notebook's runs did to files is theirs: an undo in another one leaves it alone."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.workspace.points import FilePoints
from codeact_jupyter.workspace.putting_back import FilesBack, known_points

from .test_snapshot import BOUNDS

ALWAYS = [(0.0, 9e9)]  # the time in which code ran


class Desk:
    """A folder that the person works in, with the points of runs in it."""

    def __init__(self, folder: Path, place: Path) -> None:
        self.folder, self.place = folder, place
        folder.mkdir(parents=True, exist_ok=True)

    def points(self, notebook: Path | None) -> FilePoints:
        return FilePoints(lambda: self.folder, lambda: str(notebook or ""), self.place)

    def run(self, run: str, notebook: Path | None, does: Callable[[], object]) -> None:
        """A run whose one piece of code does this."""
        points = self.points(notebook)
        points.take(run, BOUNDS)
        does()
        points.end(run, ALWAYS)
        points.over(run, acted=True, mixed=False)

    def makes(self, run: str, notebook: Path | None) -> None:
        """A run that writes a file of its own name."""
        self.run(run, notebook, lambda: (self.folder / f"{run}.txt").write_text(run))

    def undo(self, run: str) -> None:
        FilesBack(run, self.place).put_back(overwrite=False)

    @property
    def made(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.txt")}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A folder to work in that holds what Jupyter keeps for its user, as the home does."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "home" / "jupyter"))
    return Desk(tmp_path / "home", tmp_path / "home" / "jupyter" / "codeact" / "undo")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "work", tmp_path / "data" / "undo")


def as_an_older_version_wrote_it(desk: Desk, run: str, passed: Sequence[str]) -> None:
    """Make this run's manifest one that says of its notebook only what was left out."""
    path = desk.place / run / "manifest.json"
    manifest: dict[str, Any] = json.loads(path.read_text())
    del manifest["notebook"], manifest["process"]
    path.write_text(json.dumps({**manifest, "passed": list(passed)}))
    (path.parent / "number.mark").unlink()


def test_an_undo_in_the_home_leaves_what_another_notebooks_run_did(home: Desk) -> None:
    one, other = home.folder / "one.ipynb", home.folder / "other.ipynb"
    home.makes("run1", one)
    home.makes("run2", other)
    home.undo("run1")
    assert home.made == {"run2"}
    assert known_points(home.place, other) == (["run2"], [])
    assert known_points(home.place, one) == ([], [["run1"]])


def test_an_undo_leaves_what_was_done_for_a_notebook_that_lies_elsewhere(
    desk: Desk, tmp_path: Path
) -> None:
    one, other = tmp_path / "notebooks" / "one.ipynb", tmp_path / "notebooks" / "other.ipynb"
    desk.makes("run1", one)
    desk.makes("run2", other)
    desk.makes("run3", one)
    assert known_points(desk.place, one) == (["run1", "run3"], [])
    desk.undo("run1")
    assert desk.made == {"run2"}
    assert known_points(desk.place, one) == ([], [["run1", "run3"]])


def test_a_run_that_acts_again_forgets_nothing_that_another_notebook_undid(home: Desk) -> None:
    one, other = home.folder / "one.ipynb", home.folder / "other.ipynb"
    home.makes("run1", one)
    home.undo("run1")
    home.makes("run2", other)
    home.undo("run1")  # a redo
    assert home.made == {"run1", "run2"}


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_a_notebook_is_the_same_by_whichever_way_it_is_named(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(desk.folder)
    desk.makes("run1", tmp_path / "way" / "one.ipynb")
    desk.makes("run2", desk.folder / "one.ipynb")
    desk.undo("run1")
    assert desk.made == set()


def test_a_terminals_runs_are_its_own(home: Desk) -> None:
    home.makes("run1", None)
    home.makes("run2", home.folder / "one.ipynb")
    home.makes("run3", None)
    assert known_points(home.place, home.folder / "one.ipynb") == (["run2"], [])
    home.undo("run1")
    assert home.made == {"run2"}
    home.undo("run2")
    assert home.made == set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="another process is a fork")
def test_a_terminals_undo_leaves_what_another_terminals_run_did(desk: Desk) -> None:
    desk.makes("run1", None)
    child = os.fork()
    if not child:
        try:
            desk.makes("run2", None)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    desk.makes("run3", None)
    desk.undo("run1")
    assert desk.made == {"run2"}


def test_what_an_older_version_kept_is_undone_with_what_the_notebook_did_since(home: Desk) -> None:
    one, other = home.folder / "one.ipynb", home.folder / "other.ipynb"
    own = ["jupyter/codeact", "one.ipynb"]  # our records are of no notebook
    for run, notebook in (("run1", one), ("run2", one), ("run3", other), ("run4", one)):
        home.makes(run, notebook)
    as_an_older_version_wrote_it(home, "run1", own)
    as_an_older_version_wrote_it(home, "run2", own)
    as_an_older_version_wrote_it(home, "run3", ["jupyter/codeact", "other.ipynb"])
    assert known_points(home.place, one) == (["run1", "run2", "run4"], [])
    assert known_points(home.place, other) == (["run3"], [])
    home.undo("run1")
    assert home.made == {"run3"}


def test_of_what_an_older_version_kept_only_what_tells_no_notebook_is_a_terminals(
    desk: Desk, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.ipynb"
    for run, notebook in (("run1", elsewhere), ("run2", elsewhere), ("run3", None)):
        desk.makes(run, notebook)
    as_an_older_version_wrote_it(desk, "run1", [])
    as_an_older_version_wrote_it(desk, "run2", [])
    desk.undo("run1")
    assert desk.made == {"run3"}, "what a terminal did since is not of it"


@pytest.mark.parametrize("when", ["before the run", "while it goes on", "not at all"])
def test_a_notebook_is_left_as_the_person_saved_it_whenever_it_was_renamed(
    desk: Desk, when: str
) -> None:
    told, renamed = desk.folder / "Untitled.ipynb", desk.folder / "Analysis.ipynb"
    told.write_text("old")
    saved = told if when == "not at all" else renamed
    if when == "before the run":
        told.rename(renamed)

    def does() -> None:
        if when == "while it goes on":
            told.rename(renamed)
        saved.write_text("the person's work")
        (desk.folder / "made.txt").write_text("made")

    desk.run("run1", told, does)
    gaps = {gap.what for gap in FilesBack("run1", desk.place).look().gaps}
    FilesBack("run1", desk.place).put_back(overwrite=True)
    assert saved.read_text() == "the person's work" and desk.made == set()
    assert told.exists() is (saved is told)
    assert (saved.name in gaps) is (saved is renamed), "what is left alone is said, if it may be"


def test_runs_before_and_after_a_notebook_was_renamed_go_back_together(desk: Desk) -> None:
    told, renamed = desk.folder / "Untitled.ipynb", desk.folder / "Analysis.ipynb"
    told.write_text("old")
    desk.makes("run1", told)
    told.rename(renamed)
    desk.run("run2", told, lambda: renamed.write_text("the person's work"))
    desk.makes("run3", told)
    desk.undo("run1")
    assert renamed.read_text() == "the person's work" and not told.exists()
    assert desk.made == set()


def test_where_no_notebook_is_known_each_is_left_and_named(desk: Desk) -> None:
    one, deep = desk.folder / "one.ipynb", desk.folder / "deep" / "two.ipynb"
    deep.parent.mkdir()
    one.write_text("old")
    deep.write_text("old")

    def does() -> None:
        one.write_text("the person's work")
        deep.write_text("the person's work")

    desk.run("run1", None, does)
    seen = FilesBack("run1", desk.place).look()
    assert {gap.what for gap in seen.gaps} == {"one.ipynb", "deep/two.ipynb"}
    assert seen.changes == ()


def test_another_notebook_that_a_run_wrote_is_put_back(desk: Desk) -> None:
    one, report = desk.folder / "one.ipynb", desk.folder / "report.ipynb"
    one.write_text("the run is shown here")
    desk.run("run1", one, lambda: report.write_text("made"))
    desk.undo("run1")
    assert not report.exists()


def test_the_last_run_is_the_one_that_was_made_last_whatever_the_clock_says(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook, now = desk.folder / "one.ipynb", time.time_ns()
    for run, minute in (("run1", 0), ("run2", -1), ("run3", -2)):
        monkeypatch.setattr(time, "time_ns", lambda set_to=now + minute * 60 * 10**9: set_to)
        desk.makes(run, notebook)
    assert known_points(desk.place, notebook) == (["run1", "run2", "run3"], [])
    desk.undo("run3")
    assert desk.made == {"run1", "run2"}
    desk.undo("run1")
    assert desk.made == set()


def test_what_an_older_version_kept_is_in_the_order_of_time_and_before_all_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook, now = desk.folder / "one.ipynb", time.time_ns()
    for run, minute in (("run1", 3), ("run2", 1), ("run3", 0)):
        monkeypatch.setattr(time, "time_ns", lambda set_to=now + minute * 60 * 10**9: set_to)
        desk.makes(run, notebook)
    for run in ("run1", "run2"):
        as_an_older_version_wrote_it(desk, run, ["one.ipynb"])
    assert known_points(desk.place, notebook) == (["run2", "run1", "run3"], [])
