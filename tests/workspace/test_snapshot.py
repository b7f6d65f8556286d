"""Files are kept privately before a run and put back exactly, and nothing outside is touched."""

from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from codeact_jupyter.engine.undoing import Bounds
from codeact_jupyter.errors import UndoError
from codeact_jupyter.workspace import entries
from codeact_jupyter.workspace.putting_back import FilesBack, forget_undone
from codeact_jupyter.workspace.snapshot import Snapshot
from codeact_jupyter.workspace.store import Store

BOUNDS = Bounds(20.0, 1 << 20)
linux = pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "data").mkdir(parents=True)
    (folder / "kept.txt").write_text("old")
    (folder / "data" / "lost.txt").write_text("lost")
    os.utime(folder / "kept.txt", ns=(10**18, 10**18))
    return folder


def snapshot(tmp_path: Path, run: str = "run") -> Snapshot:
    return Snapshot(run, tmp_path / "data" / "undo")


def back(tmp_path: Path, point: str = "run") -> FilesBack:
    return FilesBack(point, tmp_path / "data" / "undo")


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): "/"
        if path.is_dir()
        else f"{path.read_text()} {stat.S_IMODE(path.stat().st_mode):o} {path.stat().st_mtime_ns}"
        for path in sorted(folder.rglob("*"))
        if not path.is_symlink()
    }


def change(work: Path) -> None:
    (work / "kept.txt").write_text("new")
    (work / "kept.txt").chmod(0o600)
    (work / "data" / "lost.txt").unlink()
    (work / "data").rmdir()
    (work / "out" / "deep").mkdir(parents=True)
    (work / "out" / "deep" / "made.txt").write_text("made")


def test_what_a_run_does_to_files_is_taken_back_and_brought_again(tmp_path, work) -> None:
    before = tree(work)
    assert snapshot(tmp_path).take(work, BOUNDS) == ()
    change(work)
    after = tree(work)
    snapshot(tmp_path).close(acted=True)
    seen = {(each.name, each.what) for each in back(tmp_path).look().changes}
    assert seen == {
        ("kept.txt", "changed"),
        ("data", "deleted"),
        ("data/lost.txt", "deleted"),
        ("out", "added"),
        ("out/deep", "added"),
        ("out/deep/made.txt", "added"),
    }
    for expected in (before, after, before):
        restored = back(tmp_path).put_back(overwrite=False)
        assert not restored.kept and not restored.failed
        assert tree(work) == expected


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path, work) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    (work / "kept.txt").write_text("abc")
    os.utime(work / "kept.txt", ns=(10**18, 10**18))
    snapshot(tmp_path).close(acted=True)
    assert [each.name for each in back(tmp_path).look().changes] == ["kept.txt"]


def test_what_was_changed_again_since_is_left_unless_asked_for(tmp_path, work) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    change(work)
    snapshot(tmp_path).close(acted=True)
    (work / "kept.txt").write_text("mine")
    (work / "mine.txt").write_text("mine")
    conflicts = [each.name for each in back(tmp_path).look().changes if each.conflict]
    assert conflicts == ["kept.txt"]
    assert back(tmp_path).put_back(overwrite=False).kept == ("kept.txt",)
    assert (work / "kept.txt").read_text() == "mine" and (work / "mine.txt").exists()
    assert (work / "data" / "lost.txt").read_text() == "lost"


def test_what_was_written_while_no_code_of_the_run_ran_may_be_the_persons(tmp_path, work) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    (work / "runs.txt").write_text("run")
    began = time.time() - 1
    (work / "mine.txt").write_text("mine")
    written = (work / "mine.txt").stat().st_ctime
    snapshot(tmp_path).close(acted=True, spans=[(began, written - 1e-6)])
    unsure = {each.name: each.unsure for each in back(tmp_path).look().changes}
    assert unsure["mine.txt"]
    assert "mine.txt" in back(tmp_path).put_back(overwrite=False).kept
    assert (work / "mine.txt").read_text() == "mine"
    back(tmp_path).put_back(overwrite=True)  # the redo leaves what was left alone
    assert (work / "mine.txt").read_text() == "mine"
    snapshot(tmp_path).doubt()
    assert all(each.unsure for each in back(tmp_path).look().changes)


def test_points_of_a_run_are_taken_back_from_any_on_and_brought_again(tmp_path, work) -> None:
    states = [tree(work)]

    def one() -> None:
        (work / "kept.txt").write_text("1")
        (work / "made.txt").write_text("1")

    def two() -> None:
        (work / "kept.txt").unlink()
        (work / "made.txt").write_text("22")
        (work / "data" / "lost.txt").write_text("2")

    def three() -> None:
        (work / "kept.txt").mkdir()
        (work / "kept.txt" / "inside").write_text("3")
        (work / "made.txt").unlink()

    names = ("run", "run-2", "run-3")
    for point, does in zip(names, (one, two, three), strict=True):
        snapshot(tmp_path, point).take(work, BOUNDS)
        does()
        snapshot(tmp_path, point).close(acted=True)
        states.append(tree(work))
    for order in ((2, 1, 0), (0,), (1,), (2, 0)):
        for at in order:
            restored = back(tmp_path, names[at]).put_back(overwrite=False)
            assert not restored.kept and not restored.failed, restored
            assert tree(work) == states[at]
        for at, then in zip(reversed(order), (*reversed(order[:-1]), 3), strict=True):
            restored = back(tmp_path, names[at]).put_back(overwrite=False)
            assert not restored.kept and not restored.failed, restored
            assert tree(work) == states[then]


@linux
def test_a_file_of_the_run_is_its_own_also_when_a_later_point_only_touched_it(
    tmp_path, work
) -> None:
    def written_at_its_time(text: str) -> None:
        times = (work / "made.txt").stat()
        (work / "made.txt").write_text(text)
        os.utime(work / "made.txt", ns=(times.st_atime_ns, times.st_mtime_ns))

    snapshot(tmp_path).take(work, BOUNDS)
    (work / "made.txt").write_text("made")
    snapshot(tmp_path).close(acted=True)
    snapshot(tmp_path, "run-2").take(work, BOUNDS)
    written_at_its_time("made")
    (work / "more.txt").write_text("more")
    snapshot(tmp_path, "run-2").close(acted=True)
    assert not [each.name for each in back(tmp_path).look().changes if each.conflict]
    written_at_its_time("mine")
    assert back(tmp_path).put_back(overwrite=False).kept == ("made.txt",)
    assert (work / "made.txt").read_text() == "mine"


def test_what_the_person_changed_between_two_points_is_left_alone(tmp_path, work) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    (work / "kept.txt").write_text("run")
    snapshot(tmp_path).close(acted=True)
    (work / "kept.txt").write_text("the person's own")
    snapshot(tmp_path, "run-2").take(work, BOUNDS)
    (work / "kept.txt").write_text("the run's again")
    snapshot(tmp_path, "run-2").close(acted=True)
    assert back(tmp_path).put_back(overwrite=False).kept == ("kept.txt",)
    assert (work / "kept.txt").read_text() == "the run's again"
    back(tmp_path).put_back(overwrite=False)
    back(tmp_path, "run-2").put_back(overwrite=False)
    assert (work / "kept.txt").read_text() == "the person's own"


def test_a_file_that_was_not_seen_before_is_not_taken_for_the_runs(
    tmp_path, work, monkeypatch
) -> None:
    for number in range(6):
        (work / "data" / f"theirs{number}").write_text("theirs")
    monkeypatch.setattr(entries, "MOST_ENTRIES", 4)
    gaps = snapshot(tmp_path).take(work, BOUNDS)
    assert any("more than 4" in gap.why for gap in gaps)
    monkeypatch.setattr(entries, "MOST_ENTRIES", 100)
    (work / "made.txt").write_text("made")
    snapshot(tmp_path).close(acted=True)
    back(tmp_path).put_back(overwrite=True)
    assert not (work / "made.txt").exists()
    assert len(list((work / "data").iterdir())) == 7


@linux
def test_a_folder_that_cannot_be_read_is_named_and_a_hard_link_stays_one(tmp_path, work) -> None:
    if os.getuid() != 0:
        (work / "data").chmod(0)
        assert "data" in {gap.what for gap in snapshot(tmp_path).take(work, BOUNDS)}
        (work / "data").chmod(0o700)
    outside = tmp_path / "outside.txt"
    os.link(work / "kept.txt", outside)
    snapshot(tmp_path).take(work, BOUNDS)
    (work / "kept.txt").write_text("in place, under both names")
    snapshot(tmp_path).close(acted=True)
    back(tmp_path).put_back(overwrite=False)
    assert outside.read_text() == "old" and outside.samefile(work / "kept.txt")


def test_what_was_changed_after_a_run_broke_off_is_left_unless_asked_for(tmp_path, work) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    change(work)
    os.utime(work / "kept.txt")  # the last that the run was seen to do
    alive = (work / "kept.txt").stat().st_ctime + 0.001  # floats round
    time.sleep(0.05)
    (work / "mine.txt").write_text("mine")
    gaps = snapshot(tmp_path).close(acted=True, alive=alive)
    assert "not seen" in gaps[-1].why
    snapshot(tmp_path).close(acted=True, alive=alive + 60)  # its end is noted already
    conflicts = [each.name for each in back(tmp_path).look().changes if each.conflict]
    assert conflicts == ["mine.txt"]
    assert back(tmp_path).put_back(overwrite=False).kept == ("mine.txt",)
    assert (work / "mine.txt").exists() and not (work / "out").exists()


def test_where_nobody_knows_how_far_a_run_went_nothing_new_is_taken_for_its_work(
    tmp_path, work
) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    time.sleep(0.05)
    change(work)
    undone = back(tmp_path).put_back(overwrite=False)
    assert set(undone.kept) == {"kept.txt", "out/deep/made.txt"}
    assert (work / "data" / "lost.txt").exists()


def test_what_is_too_large_is_named_before_and_again_when_it_was_changed(tmp_path, work) -> None:
    (work / "large.bin").write_bytes(b"0" * 4096)
    gaps = snapshot(tmp_path).take(work, Bounds(20.0, 2048))
    assert [gap.what for gap in gaps] == ["large.bin"]
    (work / "large.bin").write_bytes(b"1" * 4096)
    gaps = snapshot(tmp_path).close(acted=True)
    assert gaps[0].what == "large.bin" and "was changed" in gaps[0].why
    assert not back(tmp_path).look().changes


@linux
def test_the_snapshot_is_its_users_alone(tmp_path, work) -> None:
    before = os.umask(0)
    try:
        snapshot(tmp_path).take(work, BOUNDS)
    finally:
        os.umask(before)
    place = tmp_path / "data" / "undo"
    for path in (place, *place.rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


@linux
def test_a_link_in_the_place_of_the_snapshots_is_refused(tmp_path, work) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data" / "undo").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UndoError, match="link"):
        snapshot(tmp_path).take(work, BOUNDS)


@linux
def test_links_are_kept_as_links_and_never_followed(tmp_path, work) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs.txt").write_text("theirs")
    (work / "link").symlink_to(outside)
    (work / "one").symlink_to("kept.txt")
    snapshot(tmp_path).take(work, BOUNDS)
    (outside / "theirs.txt").write_text("changed")
    (work / "one").unlink()
    (work / "data" / "lost.txt").unlink()
    (work / "data").rmdir()
    (work / "data").symlink_to(outside)  # a folder on the way leads outside now
    snapshot(tmp_path).close(acted=True)
    back(tmp_path).put_back(overwrite=False)
    assert (outside / "theirs.txt").read_text() == "changed"
    assert sorted(os.listdir(outside)) == ["theirs.txt"]
    assert os.readlink(work / "one") == "kept.txt"
    assert (work / "data" / "lost.txt").read_text() == "lost" and not (work / "data").is_symlink()


def test_version_control_environments_caches_and_the_notebook_are_passed_over(
    tmp_path, work
) -> None:
    for name in (".git", "venv", "__pycache__", "env"):
        (work / name).mkdir()
        (work / name / "pyvenv.cfg").write_text("x")
    (work / "mine.ipynb").write_text("{}")
    snapshot(tmp_path).take(work, BOUNDS, str(work / "mine.ipynb"))
    for path in (".git/new", "venv/new", "__pycache__/new", "env/new", "mine.ipynb"):
        (work / path).write_text("changed")
    snapshot(tmp_path).close(acted=True)
    assert back(tmp_path).look().changes == ()


def test_unchanged_files_are_not_copied_twice_and_old_snapshots_go(tmp_path, work) -> None:
    for number in range(12):
        each = snapshot(tmp_path, f"run{number}")
        each.take(work, BOUNDS)
        each.close(acted=True)
    place = tmp_path / "data" / "undo"
    folders = list(place.iterdir())
    assert len(folders) == 10 and snapshot(tmp_path, "run11").exists
    copies = {path.stat().st_ino for path in place.rglob("b*") if path.is_file()}
    assert len(copies) == 2


def test_a_run_that_did_nothing_leaves_no_snapshot(tmp_path, work) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    snapshot(tmp_path).close(acted=False)
    assert not snapshot(tmp_path).exists


def test_only_what_is_undone_is_forgotten_once_a_run_acts_again(
    tmp_path, work, monkeypatch
) -> None:
    for point in ("one", "two", "three"):
        snapshot(tmp_path, point).take(work, BOUNDS)
        (work / f"{point}.txt").write_text(point)
        snapshot(tmp_path, point).close(acted=True)
    undo, place = back(tmp_path, "two"), tmp_path / "data" / "undo"
    undo.put_back(overwrite=False)
    undo.put_back(overwrite=False)
    forget_undone(place, "one")
    assert back(tmp_path, "two").exists and back(tmp_path, "three").exists
    undo.put_back(overwrite=False)
    read: list[str] = []
    reads = Store.read
    monkeypatch.setattr(Store, "read", lambda self: [read.append(self.folder.name), reads(self)][1])
    (tmp_path / "elsewhere").mkdir()
    snapshot(tmp_path, "other").take(tmp_path / "elsewhere", BOUNDS)
    read.clear()
    forget_undone(place, "other")
    assert back(tmp_path, "two").exists, "it is of another directory"
    forget_undone(place, "one")
    assert not back(tmp_path, "two").exists and not back(tmp_path, "three").exists
    assert back(tmp_path, "one").exists
    read.clear()
    forget_undone(place, "one")
    assert read == [], "where nothing is undone, nothing is read"


def test_a_damaged_snapshot_is_said_and_nothing_is_changed(tmp_path, work) -> None:
    snapshot(tmp_path).take(work, BOUNDS)
    change(work)
    before = tree(work)
    (tmp_path / "data" / "undo" / "run" / "manifest.json").write_text("{")
    with pytest.raises(UndoError, match="cannot be read"):
        back(tmp_path).put_back(overwrite=True)
    assert tree(work) == before
    with pytest.raises(UndoError, match="no id"):
        Snapshot("../run", tmp_path)


def test_what_running_programs_write_into_the_persons_home_is_not_undone(tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    journal = tmp_path / "data" / "journal.sqlite3"
    connection = tmp_path / "runtime" / "kernel.json"
    history = tmp_path / ".ipython" / "profile_default" / "history.sqlite"
    startup, theirs = history.with_name("startup.py"), tmp_path / "history.sqlite"
    files = (journal, connection, history, startup, theirs)
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("before")
    kept = snapshot(tmp_path)
    assert kept.take(tmp_path, BOUNDS) == ()
    for file in files:
        file.write_text("while it ran")
    (journal.with_name("journal.sqlite3-wal")).write_text("new")
    assert kept.close(acted=True) == ()
    back(tmp_path).put_back(overwrite=True)
    assert [file.read_text() for file in files] == ["while it ran"] * 3 + ["before"] * 2
    assert journal.with_name("journal.sqlite3-wal").read_text() == "new"
