"""One run at a time on a notebook; what a dead one left behind stops nobody."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.lock import only_run_on

HOLDER = """
import sys, time
from pathlib import Path
from codeact_jupyter.notebook.lock import only_run_on

with only_run_on(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.ipynb"


def test_a_second_run_is_refused_as_long_as_the_first_goes_on(path: Path) -> None:
    with only_run_on(path):
        refused = pytest.raises(NotebookError, match=r"work\.ipynb'; wait .*--notebook")
        with refused, only_run_on(path):
            pass
        with only_run_on(path.with_name("other.ipynb")):
            pass
    with only_run_on(path):
        pass
    assert not list(path.parent.iterdir()), "nothing is left behind"


@pytest.mark.skipif(os.name != "posix", reason="links of POSIX")
def test_two_names_of_one_notebook_are_one(path: Path) -> None:
    path.with_name("link.ipynb").symlink_to(path.name)
    with (
        only_run_on(path),
        pytest.raises(NotebookError, match="link"),
        only_run_on(path.with_name("link.ipynb")),
    ):
        pass


def test_a_run_that_was_killed_holds_nothing(path: Path) -> None:
    held = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE)
    with held:
        assert held.stdout is not None
        assert held.stdout.readline()
        with pytest.raises(NotebookError, match="another run"), only_run_on(path):
            pass
        held.kill()
        held.wait()
    assert list(path.parent.iterdir()), "it could not clean up"
    with only_run_on(path):
        pass
    assert not list(path.parent.iterdir())


def test_where_no_lock_can_be_made_there_is_none(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "work.ipynb"
    with only_run_on(nowhere), only_run_on(nowhere):
        pass
