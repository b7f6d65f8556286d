"""The same walls when it is not root who builds them, as on a person's own machine."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import require_bubblewrap

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        not hasattr(os, "getuid") or os.getuid() != 0,
        reason="all other tests run unprivileged here",
    ),
]
ROOT = Path(__file__).parents[2]
USER = 20_000
BATTERY, LIFECYCLE = "tests/sandbox/test_battery.py", "tests/sandbox/test_lifecycle.py"
CHOSEN = (
    f"{BATTERY}::test_in_the_sandbox_a_hostile_cell_gains_nothing",
    f"{BATTERY}::test_outside_nothing_has_changed_then",
    f"{BATTERY}::test_in_a_plain_kernel_the_same_cell_does_what_it_wants",
    f"{LIFECYCLE}::test_an_interrupt_ends_the_cell_and_leaves_the_kernel[a child]",
    f"{LIFECYCLE}::test_a_restart_forgets_and_a_shutdown_leaves_nothing",
    "tests/sandbox/test_limits.py::test_a_fork_bomb_is_ended_also_when_it_is_roots",
)


@pytest.fixture
def home() -> Iterator[Path]:
    """A home directory of the other user's."""
    folder = Path(tempfile.mkdtemp(prefix="unprivileged-", dir="/tmp"))
    os.chown(folder, USER, USER)
    yield folder
    shutil.rmtree(folder)


def test_the_battery_passes_for_an_ordinary_user(home: Path) -> None:
    require_bubblewrap()
    as_user = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *CHOSEN]
    environ = {
        **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",
        "CODEACT_SANDBOX_TESTS": "required",
    }
    commands = [*showing(home), ["cd", str(ROOT)], ["exec", *as_user, sys.executable, *tests]]
    script = "\n".join(map(shlex.join, commands))
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script],
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    assert " passed" in done.stdout


def showing(home: Path) -> Iterator[list[str]]:
    """Commands by which, in a mount namespace, this project and its Python can be reached.

    A folder above that only root may enter, such as root's home, is replaced by an empty one.
    """
    hidden = {}
    for folder in {ROOT, Path(sys.prefix), Path(sys.base_prefix)}:
        closed = [above for above in folder.parents if not above.stat().st_mode & 0o001]
        if closed:
            hidden[folder] = closed[-1]
    aside = {folder: home / f"aside{number}" for number, folder in enumerate(hidden)}
    for folder, other in aside.items():
        yield from (["mkdir", str(other)], ["mount", "--bind", str(folder), str(other)])
    for closed_folder in set(hidden.values()):
        yield ["mount", "-t", "tmpfs", "-o", "mode=755", "none", str(closed_folder)]
    for folder, other in sorted(aside.items()):
        yield from (["mkdir", "-p", str(folder)], ["mount", "--bind", str(other), str(folder)])
