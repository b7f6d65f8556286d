"""`codeact key`: kept where only the person can read it, never shown, never an argument."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codeact_jupyter.errors import SettingsError
from codeact_jupyter.key_store import FILE, KeptKey, place_of, store_key, stored_key
from codeact_jupyter.settings import load_settings

KEY = "sk-ant-kept-canary-0123456789"
ROOT = Path(__file__).parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX files")
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def codeact(tmp_path: Path) -> Command:
    """Runs `codeact key` as somebody with an empty home, and no keyring unless one is named."""

    def run(*words: str, typed: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        names = ("ANTHROPIC_", "CODEACT_", "KEYRING", "PYTHON_KEYRING")
        environ = {k: v for k, v in os.environ.items() if not k.startswith(names)}
        environ |= {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        environ |= {"APPDATA": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
        environ |= {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", **more}
        main = "import sys; from codeact_jupyter.frontends.cli import main; sys.exit(main())"
        command = [sys.executable, "-c", main, "key", *words]
        return subprocess.run(
            command, input=typed, env=environ, cwd=ROOT, capture_output=True, text=True
        )

    return run


def files_with(key: str, folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and key in path.read_text()]


def test_a_key_that_is_piped_in_is_kept_used_and_forgotten(
    codeact: Command, tmp_path: Path
) -> None:
    assert codeact("status").returncode == 1
    told = codeact("set", typed=f"{KEY}\n")
    assert told.returncode == 0 and KEY not in told.stdout + told.stderr
    (path,) = files_with(KEY, tmp_path)
    told = codeact("status")
    assert told.returncode == 0 and str(path) in told.stdout and KEY not in told.stdout
    assert load_settings(environ={}, config=path.with_name("config.toml")).api_key == KEY
    assert codeact("forget").returncode == 0 and codeact("forget").returncode == 1
    assert not files_with(KEY, tmp_path) and codeact("status").returncode == 1


def test_a_system_with_a_keyring_keeps_the_key_there_and_in_no_file_of_ours(
    codeact: Command, tmp_path: Path
) -> None:
    pytest.importorskip("keyring")
    twin = tmp_path / "the-keyring.json"
    has_one = {
        "PYTHON_KEYRING_BACKEND": "tests.keyring_twin.FileKeyring",
        "KEYRING_TWIN": str(twin),
        "PYTHONPATH": str(ROOT),
    }
    assert "keyring" in codeact("set", typed=KEY, **has_one).stdout
    assert files_with(KEY, tmp_path) == [twin]
    assert "keyring" in codeact("status", **has_one).stdout
    locked = codeact("status")
    assert locked.returncode == 2 and "keyring does not give the key" in locked.stderr
    assert codeact("forget", **has_one).returncode == 0
    assert not files_with(KEY, tmp_path)


def test_a_keyring_is_asked_once_for_each_key_that_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring = pytest.importorskip("keyring")
    from tests.keyring_twin import FileKeyring

    before = keyring.get_keyring()
    keyring.set_keyring(FileKeyring())
    monkeypatch.setenv("KEYRING_TWIN", str(tmp_path / "the-keyring.json"))
    try:
        kept = KeptKey()
        assert kept(tmp_path) == ""
        store_key(tmp_path, KEY)
        assert kept(tmp_path) == KEY
        monkeypatch.setenv("KEYRING_TWIN", str(tmp_path / "another-one.json"))
        assert stored_key(tmp_path) == "" and kept(tmp_path) == KEY
        store_key(tmp_path, f"{KEY}-new")
        assert kept(tmp_path) == f"{KEY}-new"
    finally:
        keyring.set_keyring(before)


def test_a_key_is_no_argument_and_is_not_said_back(codeact: Command) -> None:
    told = codeact("set", KEY)
    assert told.returncode == 2 and "never an argument" in told.stderr
    assert KEY not in told.stdout + told.stderr


@pytest.mark.parametrize("typed", ["", "\n", "two words\n", "schlüssel\n"])
def test_what_is_no_key_is_refused_without_being_said_back(codeact: Command, typed: str) -> None:
    told = codeact("set", typed=typed)
    assert told.returncode == 2 and "the key cannot be this value" in told.stderr
    assert not typed.strip() or typed.strip() not in told.stderr


def test_an_unknown_word_is_refused(codeact: Command) -> None:
    assert "set, forget, status" in codeact("show").stderr


@posix
def test_the_file_is_the_persons_alone_whatever_the_umask(tmp_path: Path) -> None:
    for umask in (0o000, 0o777):
        before = os.umask(umask)
        try:
            store_key(tmp_path, KEY)
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
        assert stored_key(tmp_path) == KEY


@posix
def test_a_file_that_others_can_reach_or_a_link_is_refused(tmp_path: Path) -> None:
    store_key(tmp_path, KEY)
    (tmp_path / FILE).chmod(0o644)
    for read in (stored_key, place_of):
        with pytest.raises(SettingsError, match="chmod 600"):
            read(tmp_path)
    store_key(tmp_path, KEY)  # anew, with rights of its own
    assert stored_key(tmp_path) == KEY
    elsewhere = tmp_path / "elsewhere"
    (tmp_path / FILE).rename(elsewhere)
    (tmp_path / FILE).symlink_to(elsewhere)
    with pytest.raises(SettingsError, match="cannot be read"):
        stored_key(tmp_path)
