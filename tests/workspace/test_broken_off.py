"""An undo of files that is killed at any moment loses nothing: the next one finishes it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codeact_jupyter.workspace.putting_back import FilesBack

from .test_snapshot import BOUNDS, back, change, snapshot, tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a fork of POSIX")
WRITES = {"os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.utime", "os.chmod", "os.link"}


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Path]:
    """New folders, each with the work of a run in it, as many as are wanted."""

    def made() -> Iterator[Path]:
        for number in range(200):
            place = tmp_path / str(number)
            (place / "work" / "data").mkdir(parents=True)
            (place / "work" / "kept.txt").write_text("old")
            (place / "work" / "data" / "lost.txt").write_text("lost")
            yield place

    return made()


def begin(place: Path) -> tuple[dict[str, str], dict[str, str]]:
    """A run that changes files; gives what they were before and after it."""
    before = tree(place / "work")
    snapshot(place).take(place / "work", BOUNDS)
    change(place / "work")
    snapshot(place).close(acted=True)
    return before, tree(place / "work")


def put_back(files: FilesBack) -> None:
    done = files.put_back(overwrite=False)
    assert not done.kept and not done.failed


def killed_at(write: int, does: Callable[[], object]) -> bool:
    """Do it in a process of its own, gone before this write to disk; False if it ended."""
    if not (child := os.fork()):
        seen = 0

        def watch(event: str, _: object) -> None:
            nonlocal seen
            if event in WRITES:
                seen += 1
                if seen == write:
                    os._exit(9)

        sys.addaudithook(watch)
        does()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


def test_an_undo_that_was_killed_is_finished_by_the_next_and_can_be_brought_back(places) -> None:
    for write, place in enumerate(places, 1):
        before, after = begin(place)
        killed = killed_at(write, lambda place=place: put_back(back(place)))
        if not back(place).look().undone:  # else it had come to its end
            put_back(back(place))
        assert tree(place / "work") == before
        put_back(back(place))
        assert tree(place / "work") == after
        if not killed:
            break
    assert not killed and write > 8


def test_a_redo_that_was_killed_is_finished_by_the_next(places) -> None:
    for write, place in enumerate(places, 1):
        before, after = begin(place)
        put_back(back(place))
        killed = killed_at(write, lambda place=place: put_back(back(place)))
        if back(place).look().undone:
            put_back(back(place))
        assert tree(place / "work") == after
        put_back(back(place))
        assert tree(place / "work") == before
        if not killed:
            break
    assert not killed and write > 8
