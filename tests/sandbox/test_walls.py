"""Which walls stand here; without any, no kernel starts, and the reason says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeact_jupyter.errors import EnvironmentFailure
from codeact_jupyter.sandbox import backends
from codeact_jupyter.sandbox.inside import landlock, seccomp

from .battery import ACTIONS, PREAMBLE, VERDICT
from .conftest import Start, require_bubblewrap
from .hosting import Host
from .kernels import Kernel, write_spec

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.name != "posix" or os.uname().sysname != "Linux", reason="needs Linux"),
]
COLUMNS = seccomp.COLUMNS
# What Landlock alone does not keep a kernel from, and the words that say so.
BEYOND_LANDLOCK = {
    "git_hook": "git hooks",
    "linked_git": "git hooks",
    "rename_git": "git hooks",
    "rename_above_git": "git hooks",
    "editor_settings": "dot folders",
    "other_sources": "hidden files beside sources",
    "routes": "network addresses",
}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The only folder in which programs are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    backends.bubblewrap.cache_clear()
    yield folder
    backends.bubblewrap.cache_clear()


def test_without_bubblewrap_the_weaker_walls_say_what_they_lack(programs: Path) -> None:
    walls = backends.walls()
    assert walls.backend == "landlock"
    assert "git hooks" in walls.lacking and "apt install bubblewrap" in walls.lacking


def test_without_the_wanted_walls_it_says_what_to_install(programs: Path) -> None:
    with pytest.raises(EnvironmentFailure, match=r"no kernel was started.*apt install bubblewrap"):
        backends.walls("bubblewrap")


def test_a_bubblewrap_that_cannot_build_is_quoted(programs: Path) -> None:
    program = programs / "bwrap"
    program.write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(EnvironmentFailure, match=r"uid map: Permission denied.*AppArmor"):
        backends.walls("bubblewrap")


BELOW_A_FILTER = """
from codeact_jupyter.sandbox import backends
from codeact_jupyter.sandbox.inside import seccomp
seccomp.DENIED |= {denied!r}
seccomp.load(seccomp.assembled())
try:
    print(backends.walls())
except backends.EnvironmentFailure as error:
    print("refused:", error)
"""


def below_a_filter(**denied: tuple[int, int]) -> str:
    """Which walls are found by a process that may make no namespaces, nor these calls."""
    code = BELOW_A_FILTER.format(denied=denied)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_in_a_container_that_forbids_namespaces_the_weaker_walls_say_why() -> None:
    require_bubblewrap()
    found = below_a_filter()
    assert "backend='landlock'" in found and "cannot build a sandbox here" in found
    assert "weaker than bubblewrap" in found


def test_where_neither_can_be_built_both_reasons_are_said_and_what_to_install() -> None:
    require_bubblewrap()
    found = below_a_filter(landlock_create_ruleset=(444, 444))
    assert found.startswith("refused: no sandbox can be built here, so no kernel was started")
    assert "user namespaces" in found and "no Landlock" in found and "AppArmor" in found


def test_a_kernel_whose_walls_cannot_be_built_is_not_started(
    host: Host, programs: Path, tmp_path: Path
) -> None:
    name = write_spec(host.root / "jupyter", "strong", backend="bubblewrap")
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(EnvironmentFailure, match="no kernel was started"):
        Kernel(name, work)


@pytest.mark.parametrize("machine", ["riscv64", "armv7l", "armv8l", "i686", "ppc64le", ""])
def test_on_a_machine_whose_calls_are_not_known_nothing_is_built(machine: str) -> None:
    assert seccomp.is_known_here(machine) is (not machine and os.uname().machine in COLUMNS)


def test_landlock_alone_stops_what_it_promises(start: Start, host: Host) -> None:
    kernel = start(host.workspace, backend="landlock")
    assert kernel.provisioner.walls.backend == "landlock"
    failed = []
    for action in ACTIONS:
        code = action.code.replace("HOST_HEARD", "True")
        said = kernel.run(f"{PREAMBLE}{host.known_to_attacks()}{code}{VERDICT}").text
        if not said.startswith("REFUSED") and not action.sandbox:
            failed.append(action.name)
    assert set(failed) <= BEYOND_LANDLOCK.keys()
    request = kernel.client.execute("import time; time.sleep(30)")
    assert kernel.follow(request, seconds=1).end == "timeout"
    kernel.manager.interrupt_kernel()
    assert kernel.follow(request, seconds=10).error.startswith("KeyboardInterrupt")
    kernel.restart()
    assert kernel.run("print('again')").text == "again\n"


@pytest.mark.parametrize(
    "said", [*BEYOND_LANDLOCK.values(), "the times of your files", "/dev/shm", "!command"]
)
def test_landlock_says_what_it_does_not_stop(said: str, programs: Path) -> None:
    assert said in backends.walls("landlock").lacking


def test_in_the_weaker_walls_files_are_copied_and_no_right_of_any_is_changed(
    start: Start, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.txt"
    mine.touch(0o600)
    kernel = start(backend="landlock")
    copied = "import shutil; open('a', 'w').write('x'); shutil.copy2('a', 'b')"
    assert kernel.run(copied).end == "ok"
    for call in ("os.chmod({0}, 0o777)", "os.chown({0}, 7, 7)", "os.setxattr({0}, 'user.x', b'')"):
        kernel.run(f"import os; {call.format(repr(str(mine)))}")
    found = mine.stat()
    assert (found.st_mode & 0o777, found.st_uid) == (0o600, os.getuid())
    assert os.listxattr(mine) == []


def test_where_landlock_would_let_files_be_emptied_it_is_no_wall(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: 2)
    with pytest.raises(EnvironmentFailure, match="no Landlock of version 3"):
        backends.walls()
