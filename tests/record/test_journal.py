"""The journal: what it is given comes back; it is private, bounded, and refused when damaged."""

from __future__ import annotations

import gc
import itertools
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from codeact_jupyter.engine.trajectory import Stream, Trajectory, Turn
from codeact_jupyter.engine.wire import encode
from codeact_jupyter.errors import JournalError
from codeact_jupyter.notebook.armour import armoured
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.record.place import OF_SEVERAL_MACHINES, is_of_several_machines
from codeact_jupyter.record.store import Store
from tests.notebook.stories import conversation, step, story
from tests.notebook.trajectories import trajectories

from .runs import journal_in, opening, read, record

GOLDEN = Path(__file__).parent / "golden"
MODES = ("journal_mode", "synchronous")
PRIVATE = pytest.mark.skipif(sys.platform == "win32", reason="no modes there: the profile protects")


def with_output(run: str, text: str) -> Trajectory:
    """A conversation whose one step put this out."""
    return conversation(replace(story(run), steps=(step(1, "1", Stream(text), run=run),)))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(trajectory=trajectories())
def test_what_a_run_said_comes_back_as_it_was(
    trajectory: Trajectory, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not trajectory.turns:
        return
    journal = journal_in(tmp_path_factory.mktemp("journal"))
    record(journal, trajectory)
    journal.close()
    kept = read(journal, trajectory.turns[-1].run)
    journal.close()
    assert kept.turn == trajectory.turns[-1]
    assert (kept.trajectory.system, kept.trajectory.tools) == (trajectory.system, trajectory.tools)


def test_a_journal_of_version_1_is_readable(tmp_path: Path) -> None:
    folder = tmp_path / "codeact"
    folder.mkdir()
    shutil.copy(GOLDEN / "journal-1.sqlite3", folder / "journal.sqlite3")
    journal = Journal(folder)
    told = {
        entry.run: armoured(encode(journal.read(entry).trajectory)) for entry in journal.entries()
    }
    assert told == json.loads((GOLDEN / "journal-1.json").read_text("utf-8"))
    assert [(entry.run, entry.state) for entry in journal.entries()] == [
        *(("0000cafe", "answered"), ("0000beef", "running"))
    ]
    record(journal, conversation(story("0000f00d")))
    assert len(journal.entries()) == 3


@PRIVATE
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_nobody_else_may_read_it_under_any_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        journal = journal_in(tmp_path)
        record(journal, conversation(story()))
    finally:
        os.umask(before)
    folders = [path for path in (tmp_path / "codeact").rglob("*") if path.is_dir()]
    files = [path for path in (tmp_path / "codeact").rglob("*") if path.is_file()]
    assert {"journal.sqlite3", "journal.sqlite3-wal"} <= {path.name for path in files}
    for path in (tmp_path / "codeact", *folders):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path
    for path in files:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@PRIVATE
def test_what_was_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "codeact"
    folder.mkdir(mode=0o777)
    (folder / "journal.sqlite3").touch(0o666)
    record(journal_in(tmp_path), conversation(story()))
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder / "journal.sqlite3")]
    assert modes == [0o700, 0o600]


@PRIVATE
@pytest.mark.parametrize("name", ["", "journal.sqlite3", "journal.sqlite3-wal", "processes"])
def test_a_link_in_its_place_is_refused_and_what_it_leads_to_is_left_alone(
    tmp_path: Path, name: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    target = elsewhere / "file"
    target.write_bytes(b"theirs")
    place = tmp_path / "codeact" / name
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(elsewhere if name in ("", "processes") else target)
    with pytest.raises(JournalError, match=r"it is a link\. Remove it, or set JUPYTER_DATA_DIR"):
        record(journal_in(tmp_path), conversation(story()))
    assert [path.name for path in elsewhere.iterdir()] == ["file"]
    assert target.read_bytes() == b"theirs"


def test_a_journal_of_a_newer_version_is_refused_and_left_untouched(tmp_path: Path) -> None:
    record(journal := journal_in(tmp_path), conversation(story()))
    journal.close()
    path = tmp_path / "codeact" / "journal.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()
    before = path.read_bytes()
    for use in (journal.entries, lambda: record(journal, conversation(story("0000beef")))):
        with pytest.raises(JournalError, match=r"newer codeact \(version 2.*Upgrade codeact"):
            use()
    assert path.read_bytes() == before


def in_text(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 100)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def of_another_program(path: Path) -> None:
    path.unlink()
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE runs (theirs)")
    connection.close()


def with_another_event(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("UPDATE events SET body = replace(body, 'step-finished', 'step-begun')")
    connection.commit()
    connection.close()


def without_a_text(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("DELETE FROM texts")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "damage", [in_text, cut, of_another_program, with_another_event, without_a_text]
)
def test_a_damaged_journal_is_named_and_left_as_it_is(tmp_path: Path, damage: object) -> None:
    record(journal := journal_in(tmp_path), with_output("0000cafe", "much " * 20_000))
    journal.close()
    path = tmp_path / "codeact" / "journal.sqlite3"
    assert callable(damage)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"journal\.sqlite3' is damaged.*Move it"):
        read(journal, "0000cafe")
    journal.close()
    assert path.read_bytes() == before


def test_texts_are_kept_once(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    noise = os.urandom(100_000).hex()
    for number in range(10):
        record(journal, with_output(f"0000000{number}", noise))
    journal.close()
    assert (tmp_path / "codeact" / "journal.sqlite3").stat().st_size < 3 * len(noise)


def test_it_is_bounded_by_runs_and_forgets_first_what_notebooks_hold(tmp_path: Path) -> None:
    journal = journal_in(tmp_path, runs=4)
    for number in range(8):
        record(journal, conversation(story(f"0000000{number}")))
        if number % 2:
            journal.settle([f"0000000{number}"], "/a/b.ipynb")
    assert [entry.run for entry in journal.entries()] == [
        *("00000002", "00000004", "00000006", "00000007")
    ]


def test_it_is_bounded_by_age(tmp_path: Path) -> None:
    day = itertools.count(1)
    journal = journal_in(tmp_path, days=1, now=lambda: datetime(2026, 1, next(day), 9, next(day)))
    for run in ("0000cafe", "0000beef", "0000f00d"):
        record(journal, conversation(story(run)))
    assert [entry.run for entry in journal.entries()] == ["0000f00d"]


def test_it_is_bounded_by_size_and_its_file_shrinks(tmp_path: Path) -> None:
    journal = journal_in(tmp_path, size=600_000)
    for number in range(10):
        record(journal, with_output(f"0000000{number}", os.urandom(100_000).hex()))
    journal.close()
    assert (tmp_path / "codeact" / "journal.sqlite3").stat().st_size < 900_000
    assert 2 <= len(journal.entries()) <= 8


def test_a_run_that_goes_on_is_not_forgotten(tmp_path: Path) -> None:
    journal = journal_in(tmp_path, runs=2, days=1)
    going = replace(story("0000cafe"), state="running", answer=None)
    record(journal, conversation(going))
    for number in range(4):
        record(journal, conversation(story(f"0000000{number}")))
    assert "0000cafe" in [entry.run for entry in journal.entries()]
    assert journal.goes_on(journal.entries()[0])


WRITER = """
import sys
from pathlib import Path
from tests.notebook.stories import conversation, story
from tests.record.runs import journal_in, record

journal = journal_in(Path(sys.argv[1]))
for number in range(8):
    record(journal, conversation(story(f"{sys.argv[2]}{number:07}")))
"""


def test_several_processes_may_write_it_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    top = Path(__file__).parents[2]
    writers = [subprocess.Popen([*command, str(number)], cwd=top) for number in range(4)]
    assert [writer.wait(60) for writer in writers] == [0] * 4
    journal = journal_in(tmp_path)
    assert len(journal.entries()) == 32
    assert all(journal.read(entry).turn.state == "answered" for entry in journal.entries())


def test_a_run_of_another_process_goes_on_until_that_ends(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.notebook.stories import *\n"
        "from tests.record.runs import *\n"
        "turn = opening(story())\njournal_in(Path(sys.argv[1])).begin(conversation(turn), '/a')\n"
        "print('begun', flush=True)\nsys.stdin.read()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    other = subprocess.Popen(command, cwd=Path(__file__).parents[2], **pipes)
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"begun\n"
        journal = journal_in(tmp_path)
        (entry,) = journal.entries()
        assert journal.goes_on(entry)
        other.kill()
        other.wait()
        assert not journal.goes_on(entry)


def test_a_notebook_that_is_renamed_takes_its_runs_along(tmp_path: Path) -> None:
    journal = journal_in(tmp_path)
    for run, path in (("0000cafe", "/a/b.ipynb"), ("0000beef", "/a/c/d.ipynb")):
        record(journal, conversation(story(run)), path)
    journal.move("/a/b.ipynb", "/e.ipynb")
    journal.move("/a/c", "/f")
    assert [entry.notebook for entry in journal.entries()] == ["/e.ipynb", "/f/d.ipynb"]


def test_another_notebook_at_the_path_of_a_deleted_one_has_none_of_its_runs(
    tmp_path: Path,
) -> None:
    journal = journal_in(tmp_path)
    for run, path in (("0000cafe", "/a/b.ipynb"), ("0000beef", "/ab.ipynb"), ("0a", "/c.ipynb")):
        record(journal, conversation(story(run)), path)
    journal.release("/a")
    journal.release("/c.ipynb")
    assert [entry.notebook for entry in journal.entries()] == ["", "/ab.ipynb", ""]
    assert not journal.of_notebook("/a/b.ipynb")
    assert [entry.run for entry in journal.of_notebook("/a/b.ipynb", ["0000cafe"])] == ["0000cafe"]


@contextmanager
def only_to_be_read(folder: Path) -> Iterator[None]:
    """A file system on which nothing can be written, for root too."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(folder)], check=False)
    if made.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system")
def test_a_home_that_cannot_be_written_is_said_and_another_folder_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "home"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with only_to_be_read(tmp_path / "home"):
        journal = Journal()
        record(journal, conversation(story()))
    assert "Read-only file system" in journal.notice
    assert "it may go when this machine restarts" in journal.notice
    assert len(journal.entries()) == 1


def test_where_other_machines_write_too_it_needs_no_shared_memory(tmp_path: Path) -> None:
    assert "nfs4" in OF_SEVERAL_MACHINES
    record(journal := journal_in(tmp_path), conversation(story()))
    shared = (tmp_path / "codeact" / "journal.sqlite3-shm").exists()
    assert shared is not is_of_several_machines(tmp_path)
    journal.close()
    assert not is_of_several_machines(Path("/proc")) or sys.platform != "linux"


def test_a_store_that_nobody_closed_gives_its_file_back_with_its_last_user(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.writing() as connection:
        pass
    del store
    gc.collect()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_the_turn_is_all_that_is_kept_of_a_conversation(tmp_path: Path) -> None:
    first, second = story("0000cafe"), story("0000beef")
    journal = journal_in(tmp_path)
    record(journal, conversation(first, second))
    (entry,) = journal.entries()
    assert (entry.conversation, entry.turn) == ("0000cafe", 2)
    assert journal.read(entry).trajectory.turns == (second,)
    assert isinstance(opening(second), Turn)


def test_what_is_kept_is_on_the_disk_when_that_is_said(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.writing() as file:
        modes = [file.execute(f"PRAGMA {name}").fetchone()[0] for name in MODES]
    store.close()
    assert modes == ["wal", 2], "2 is FULL"
