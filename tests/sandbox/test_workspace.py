"""Which folder may be a workspace, and what in it the person's own programs obey."""

from __future__ import annotations

import importlib
import shutil
import sys
import venv
from pathlib import Path

import pytest
import zmq

from codeact_jupyter.errors import EnvironmentFailure
from codeact_jupyter.sandbox.workspace import pinned, protected, require_fit

from .conftest import Start
from .hosting import Host
from .kernels import Kernel, running, write_spec


@pytest.mark.parametrize("workspace", ["/", "/home", "/home/ada"])
def test_a_workspace_that_shows_the_home_directory_is_refused(workspace: str) -> None:
    with pytest.raises(EnvironmentFailure, match="a folder of its own"):
        require_fit(workspace, ["/home/ada", "/home/ada/.local/share/jupyter/runtime"])


def test_a_workspace_among_jupyters_own_files_is_refused() -> None:
    with pytest.raises(EnvironmentFailure, match="it lies in '/srv/runtime'"):
        require_fit("/srv/runtime/x", ["/home/ada", "/srv/runtime"])


def test_a_folder_in_the_home_directory_is_fit(tmp_path: Path) -> None:
    require_fit("/home/ada/project", [str(Path.home()), "/home/ada/.jupyter"])


def test_dot_entries_and_what_is_obeyed_deeper_are_protected(tmp_path: Path) -> None:
    for name in (".git", ".secret", ".ipynb_checkpoints", "lib/.git", "lib/.data", "a/b/.envrc"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / ".link").symlink_to("/etc")
    kept = protected(str(tmp_path))
    names = {Path(path).relative_to(tmp_path).as_posix() for path in kept}
    assert names == {".git", ".secret", "lib/.git", "a/b/.envrc"}
    between = {Path(path).relative_to(tmp_path).as_posix() for path in pinned(str(tmp_path), kept)}
    assert between == {"lib", "a", "a/b"}


def test_of_a_link_what_it_leads_to_in_the_workspace_is_protected(tmp_path: Path) -> None:
    for name in ("store/hooks", "runs/today", "lib"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "env.txt").touch()
    links = {"lib/.git": "../store", ".envrc": "env.txt", ".latest": "runs/today", ".vscode": "."}
    for name, target in {**links, ".idea": "gone", ".github": "/etc"}.items():
        (tmp_path / name).symlink_to(target)
    kept = {Path(path).relative_to(tmp_path).as_posix() for path in protected(str(tmp_path))}
    assert kept == {"store", "env.txt"}


def test_what_is_obeyed_is_found_behind_ever_so_many_files(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for number in range(6_000):
        (tmp_path / "data" / str(number)).touch()
    (tmp_path / "lib/.git").mkdir(parents=True)
    assert protected(str(tmp_path)) == [str(tmp_path / "lib/.git")]


def test_a_kernel_in_the_home_directory_itself_is_not_started(host: Host) -> None:
    with pytest.raises(EnvironmentFailure, match="put the notebook in a folder of its own"):
        Kernel("codeact-sandbox", host.home)


def test_what_a_kernel_writes_is_no_module_of_whoever_started_it(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `python -m jupyterlab` finds modules: in its working directory first."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "path", ["", str(work), *sys.path])
    with running("codeact-sandbox", work) as kernel:
        kernel.run("open('planted_module.py', 'w').write('')")
        assert (work / "planted_module.py").exists()
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("planted_module")


def test_packages_of_the_user_are_there_and_nothing_beside_them(host: Host, tmp_path: Path) -> None:
    """A Python that is no virtual environment's knows them."""
    python = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    user = host.home / f".local/lib/python3.{sys.version_info.minor}/site-packages"
    user.mkdir(parents=True)
    (user / "ours.pth").write_text(str(Path(zmq.__file__).parents[1]))
    (user / "mine.py").write_text("where = __file__")
    work = tmp_path / "work"
    work.mkdir()
    name = write_spec(host.root / "jupyter", "of-the-user", python=str(python))
    try:
        with running(name, work) as kernel:
            assert kernel.value("__import__('mine').where") == str(user / "mine.py")
            ran = kernel.run(f"import os; print(os.listdir({str(host.home / '.local')!r}))")
            assert ran.text == "['lib']\n"
    finally:
        shutil.rmtree(host.home / ".local/lib")


@pytest.mark.parametrize("backend", ["bubblewrap", "landlock"])
def test_more_folders_can_be_shown_and_are_read_only(
    backend: str, start: Start, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "x.csv").write_text("a\n1\n")
    kernel = start(read_only=[str(more)], backend=backend)
    assert kernel.run(f"print(open('{more}/x.csv').read())").text == "a\n1\n\n"
    for path in ("x.csv", "new.csv"):
        assert kernel.run(f"open('{more}/{path}', 'a')").end == "error"


def test_a_virtual_environment_in_the_workspace_works_and_is_read_only(
    host: Host, tmp_path: Path
) -> None:
    """Its packages run with the person's rights, the next time that the person uses it."""
    packages = tmp_path / "work/env" / Path(zmq.__file__).relative_to(sys.prefix).parents[1]
    venv.create(tmp_path / "work/env", symlinks=True)
    (packages / "ours.pth").write_text(str(Path(zmq.__file__).parents[1]))
    python = tmp_path / "work/env/bin/python"
    name = write_spec(host.root / "jupyter", "of-the-venv", python=str(python))
    with running(name, tmp_path / "work") as kernel:
        assert kernel.value("__import__('sys').prefix") == str(tmp_path / "work/env")
        assert kernel.run("import pandas").end == "ok"
        ran = kernel.run("open('env/pyvenv.cfg', 'a')")
        assert ran.error.startswith(("OSError", "PermissionError")), ran
        assert kernel.run("open('mine.txt', 'w')").end == "ok"
