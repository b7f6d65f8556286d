"""What a run changed on disk is shown file by file; each can be restored and brought back."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from codeact_jupyter.errors import UndoError
from codeact_jupyter.workspace.disk import MOST_SHOWN, Disk, FileChange
from codeact_jupyter.workspace.run_files import RunFiles

from .test_snapshot import BOUNDS, back, change, snapshot, tree, work

__all__ = ["work"]  # the fixture


def files(tmp_path: Path, run: str = "run") -> RunFiles:
    return RunFiles(run, tmp_path / "data" / "undo")


@pytest.fixture
def disk(tmp_path: Path, work: Path) -> Disk:
    """A run that changed one file, deleted a folder with another, and made two folders deep."""
    snapshot(tmp_path).take(work, BOUNDS)
    change(work)
    snapshot(tmp_path).close(acted=True)
    return Disk(files(tmp_path))


def test_it_names_what_was_added_changed_and_deleted(disk: Disk, work: Path) -> None:
    assert disk.look().changes == (
        FileChange("data", "deleted", "folder"),
        FileChange("data/lost.txt", "deleted"),
        FileChange("kept.txt", "changed"),
        FileChange("out", "added", "folder"),
        FileChange("out/deep", "added", "folder"),
        FileChange("out/deep/made.txt", "added"),
    )
    assert disk.difference("kept.txt").splitlines() == ["@@ -1 +1 @@", "-old", "+new"]
    assert disk.difference("data/lost.txt").splitlines()[1:] == ["-lost"]
    assert disk.difference("out/deep/made.txt").splitlines()[1:] == ["+made"]


def test_one_file_is_restored_with_the_folder_that_it_needs_and_no_other(
    disk: Disk, work: Path
) -> None:
    assert disk.restore(["data/lost.txt"]).done == ("data", "data/lost.txt")
    assert (work / "data/lost.txt").read_text() == "lost"
    assert (work / "kept.txt").read_text() == "new"
    states = {each.path: (each.restored, each.conflict) for each in disk.look().changes}
    assert states["data/lost.txt"] == (True, False) and states["kept.txt"] == (False, False)


def test_what_was_restored_can_be_brought_back(disk: Disk, work: Path) -> None:
    disk.restore(["kept.txt"])
    assert (work / "kept.txt").read_text() == "old"
    assert disk.difference("kept.txt").endswith("-old\n+new")
    disk.restore(["kept.txt"])
    assert (work / "kept.txt").read_text() == "new"
    states = {each.path: (each.restored, each.conflict) for each in disk.look().changes}
    assert states["kept.txt"] == (False, False)


def test_all_is_restored_as_it_was(tmp_path: Path, work: Path) -> None:
    before = tree(work)
    snapshot(tmp_path).take(work, BOUNDS)
    change(work)
    snapshot(tmp_path).close(acted=True)
    disk = Disk(files(tmp_path))
    restored = disk.restore([each.path for each in disk.look().changes])
    assert restored.failed == () and tree(work) == before


def test_what_somebody_changed_again_is_left_unless_they_say_so(disk: Disk, work: Path) -> None:
    (work / "kept.txt").write_text("mine")
    assert disk.restore(["kept.txt"]).kept == ("kept.txt",)
    assert (work / "kept.txt").read_text() == "mine"
    assert disk.restore(["kept.txt"], overwrite=True).done == ("kept.txt",)
    assert (work / "kept.txt").read_text() == "old"
    disk.restore(["kept.txt"])
    assert (work / "kept.txt").read_text() == "mine"


def test_an_undo_of_the_run_leaves_what_was_restored_alone(
    tmp_path: Path, disk: Disk, work: Path
) -> None:
    disk.restore(["kept.txt"])
    (work / "kept.txt").write_text("mine")
    assert "kept.txt" not in {each.name for each in back(tmp_path).look().changes}
    assert back(tmp_path).put_back(overwrite=True).failed == ()
    assert (work / "kept.txt").read_text() == "mine"
    assert not (work / "out").exists() and disk.look().changes == ()


def test_a_path_that_the_run_did_not_change_is_not_touched(disk: Disk, work: Path) -> None:
    assert disk.restore(["../outside", "other.txt"]).failed == ("../outside", "other.txt")


def test_what_is_no_text_or_too_much_is_told_by_its_size(tmp_path: Path, work: Path) -> None:
    (work / "table.bin").write_bytes(b"\0" * 10)
    (work / "long.txt").write_text("".join(f"{n}\n" for n in range(1000)))
    snapshot(tmp_path).take(work, BOUNDS)
    (work / "table.bin").write_bytes(b"\0" * 12)
    (work / "long.txt").write_text("".join(f"{n + 1}.\n" for n in range(1000)))
    (work / "huge.txt").write_text("x" * (600 << 10))
    snapshot(tmp_path).close(acted=True)
    disk = Disk(files(tmp_path))
    assert disk.difference("table.bin") == "10 bytes before, 12 bytes after"
    assert disk.difference("huge.txt") == "0 lines before, 614,400 bytes after"
    shown = disk.difference("long.txt").splitlines()
    assert len(shown) == MOST_SHOWN + 1 and shown[-1].startswith("… and ")


def test_a_new_repository_is_named_because_its_hooks_would_run(tmp_path: Path, work: Path) -> None:
    (work / "lib" / ".git").mkdir(parents=True)
    snapshot(tmp_path).take(work, BOUNDS)
    (work / ".git" / "hooks").mkdir(parents=True)
    snapshot(tmp_path).close(acted=True)
    assert Disk(files(tmp_path)).look().planted == (".git",)


@pytest.mark.skipif(sys.platform == "win32", reason="links of POSIX")
def test_no_link_is_followed_to_show_a_difference(tmp_path: Path, work: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("of the person")
    snapshot(tmp_path).take(work, BOUNDS)
    (work / "kept.txt").unlink()
    os.symlink(secret, work / "kept.txt")
    os.symlink(tmp_path, work / "way")
    snapshot(tmp_path).close(acted=True)
    disk = Disk(files(tmp_path))
    assert "of the person" not in disk.difference("kept.txt") + disk.difference("way/secret.txt")


def test_of_a_run_without_a_snapshot_nothing_is_known(tmp_path: Path) -> None:
    with pytest.raises(UndoError):
        Disk(files(tmp_path, "other")).look()


def test_the_changes_of_all_steps_are_shown_and_restored_one_by_one(tmp_path: Path, work) -> None:
    before = tree(work)
    for step, text in enumerate(("one", "two!"), 1):
        point = "run" if step == 1 else f"run-{step}"
        snapshot(tmp_path, point).take(work, BOUNDS)
        (work / "kept.txt").write_text(text)
        (work / f"made{step}.txt").write_text(text)
        snapshot(tmp_path, point).close(acted=True)
    disk = Disk(files(tmp_path))
    assert {each.path for each in disk.look().changes} == {"kept.txt", "made1.txt", "made2.txt"}
    assert "+two!" in disk.difference("kept.txt") and "-old" in disk.difference("kept.txt")
    paths = ["kept.txt", "made1.txt", "made2.txt"]
    assert set(disk.restore(paths).done) == set(paths) and tree(work) == before
    assert set(disk.restore(["kept.txt"]).done) == {"kept.txt"}
    assert (work / "kept.txt").read_text() == "two!"
    assert [each.name for each in back(tmp_path).look().changes] == ["kept.txt"]


class Killed(BaseException):
    """The end of the process: nothing that comes after is done."""


def killed(disk: Disk, path: Path, *, replaced: bool) -> None:
    """Restore a file, or bring it back, by a process that ends when it is replaced, or just not."""
    really = os.replace

    def replace(source: str, target: Path) -> None:
        if target != path or replaced:
            really(source, target)
        if target == path:
            raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(os, "replace", replace)
        disk.restore([path.name])


def test_who_dies_once_a_file_is_restored_leaves_the_way_back(disk: Disk, work: Path) -> None:
    killed(disk, work / "kept.txt", replaced=True)
    states = {each.path: (each.restored, each.conflict) for each in disk.look().changes}
    assert states["kept.txt"] == (True, False)
    assert disk.difference("kept.txt").endswith("-old\n+new")
    disk.restore(["kept.txt"])
    assert (work / "kept.txt").read_text() == "new"


def test_who_dies_just_before_has_restored_nothing(tmp_path: Path, disk: Disk, work: Path) -> None:
    killed(disk, work / "kept.txt", replaced=False)
    states = {each.path: (each.restored, each.conflict) for each in disk.look().changes}
    assert states["kept.txt"] == (False, False)
    for text in ("old", "new", "old"):
        assert back(tmp_path).put_back(overwrite=False).kept == ()
        assert (work / "kept.txt").read_text() == text


@pytest.mark.parametrize("replaced", [True, False])
def test_who_dies_while_a_file_is_brought_back_leaves_it_as_it_is_and_said(
    tmp_path: Path, disk: Disk, work: Path, replaced: bool
) -> None:
    disk.restore(["kept.txt"])
    killed(disk, work / "kept.txt", replaced=replaced)
    text = (work / "kept.txt").read_text()
    states = {each.path: each.restored for each in disk.look().changes}
    assert (text, states["kept.txt"]) == (("new", False) if replaced else ("old", True))
    assert ("kept.txt" in {each.name for each in back(tmp_path).look().changes}) is replaced
    for other in ("old", "new") if replaced else ("new", "old"):
        disk.restore(["kept.txt"], overwrite=True)
        assert (work / "kept.txt").read_text() == other
