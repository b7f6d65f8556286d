"""A file is written whole or not at all, and keeps its mode, its link and its neighbours."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook import files
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.files import require_writable

from .stories import conversation, running, story

posix = pytest.mark.skipif(os.name != "posix", reason="modes, links and limits of POSIX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


@posix
def test_the_mode_and_the_link_are_kept_and_new_files_follow_the_umask(path: Path) -> None:
    real = path.with_name("real.ipynb")
    Document(real).show(conversation())
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(real.stat().st_mode) == 0o666 & ~umask
    real.chmod(0o640)
    path.symlink_to(real.name)
    both = conversation(story(), story("0000000b"))
    Document(path).show(both)
    assert path.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert Document(real).trajectory == both


def test_a_place_that_cannot_be_written_is_named_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(NotebookError, match=r"there is no directory .*missing"):
        require_writable(tmp_path / "missing" / "work.ipynb")
    with pytest.raises(NotebookError, match="it is a directory"):
        require_writable(tmp_path)
    with pytest.raises(NotebookError, match=r"xxx.ipynb': .*name too long"):
        require_writable(tmp_path / f"{'x' * 300}.ipynb")
    require_writable(tmp_path / "work.ipynb")
    assert not list(tmp_path.iterdir())


@posix
def test_a_way_over_a_folder_that_is_not_there_leads_to_no_file(path: Path) -> None:
    """The system finds nothing there, so nobody was asked whether it may be overwritten."""
    path.write_bytes(b"old")
    link = path.with_name("link.ipynb")
    link.symlink_to(Path("missing", "..", path.name))
    for over in (path.parent / "missing" / ".." / path.name, link):
        assert not over.exists()
        with pytest.raises(NotebookError, match=r"cannot write .*: No such file or directory"):
            require_writable(over)
        with pytest.raises(FileNotFoundError):
            files.write_atomically(over, [b"new"])
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("troubles", [2, 3])
def test_a_file_that_another_program_has_open_for_a_moment_is_replaced_when_it_is_closed(
    path: Path, monkeypatch: pytest.MonkeyPatch, troubles: int
) -> None:
    """As on Windows, where a file that is open cannot be replaced."""
    replace, left = os.replace, [PermissionError(13, "Permission denied")] * troubles

    def troubled(*names: Any) -> None:
        if left:
            raise left.pop()
        replace(*names)

    path.write_bytes(b"old")
    monkeypatch.setattr(files, "WAITS", (0.001, 0.001))
    monkeypatch.setattr(os, "replace", troubled)
    if troubles == 2:
        files.write_atomically(path, [b"new"])
        assert path.read_bytes() == b"new"
    else:
        with pytest.raises(PermissionError):
            files.write_atomically(path, [b"new"])
        assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


@posix
def test_a_pipe_and_a_read_only_file_are_named_and_left_as_they_are(path: Path) -> None:
    Document(path).show(conversation())
    path.chmod(0o444)
    with pytest.raises(NotebookError, match=r"work.ipynb': it is read-only; choose another file"):
        require_writable(path)
    pipe = path.with_name("pipe.ipynb")
    os.mkfifo(pipe)
    with pytest.raises(NotebookError, match=r"pipe.ipynb': it is a pipe"):
        require_writable(pipe)


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_without_permission_leaves_the_old_notebook_unharmed(path: Path) -> None:
    document = Document(path)
    document.show(running(conversation(), 1))
    before = path.read_bytes()
    path.parent.chmod(0o500)
    try:
        with pytest.raises(NotebookError, match="cannot write"):
            document.show(conversation())
        with pytest.raises(NotebookError, match="cannot write"):
            require_writable(path)
        assert path.read_bytes() == before
    finally:
        path.parent.chmod(0o700)


FULL = """
import resource, sys
from pathlib import Path
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.document import Document
from tests.notebook.stories import conversation, story

path = Path(sys.argv[1])
document = Document(path)
document.show(conversation())
resource.setrlimit(resource.RLIMIT_FSIZE, (8_192, 8_192))
try:
    document.show(conversation(*(story(f"{run:08x}") for run in range(20))))
except NotebookError as error:
    print(error)
"""


@posix
def test_a_full_disk_leaves_the_old_notebook_unharmed_and_no_other_file(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, check=True
    )
    assert f"cannot write {str(path)!r}" in done.stdout
    assert Document(path).trajectory == conversation()
    assert [found.name for found in path.parent.iterdir()] == ["work.ipynb"]


WRITER = """
import sys
from pathlib import Path
from codeact_jupyter.notebook.document import Document
from tests.notebook.stories import conversation, story

turns = []
document = Document(Path(sys.argv[1]))
for run in range(10_000):
    turns = [*turns[-3:], story(f"{run:08x}", "x" * 100_000)]
    document.show(conversation(*turns))
    print(run, flush=True)
"""


@posix
def test_a_writer_killed_at_any_moment_leaves_a_readable_notebook(path: Path) -> None:
    for attempt in range(6):
        path.unlink(missing_ok=True)
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        with writer, writer.stdout as said:
            said.readline()
            time.sleep(0.0007 * attempt)
            writer.send_signal(signal.SIGKILL)
        nbformat.validate(nbformat.read(path, as_version=4))
        assert Document(path).trajectory.turns
