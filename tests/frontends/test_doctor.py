"""`codeact doctor`: each thing found or missing, its cure, and never a key."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeact_jupyter.frontends.labextension import (
    DISABLED,
    EXTENSION,
    NOT_SERVED,
    is_built,
    kept_off,
)
from tests.canary import KEY
from tests.loopback import LoopbackModel
from tests.loopback.server import WRONG_KEY

from .command import NOTHING_LISTENS, Finished, codeact, environment, say

SECRET = "sk-of-the-persons-own"  # in their config file


@pytest.fixture(scope="module")
def model() -> Iterator[LoopbackModel]:
    with LoopbackModel(lambda request: say("hello")) as served:
        yield served


def examined(work: Path, env: dict[str, str]) -> tuple[Finished, str]:
    done = codeact("doctor", cwd=work, env={**env, "COLUMNS": "400"})
    assert done.stderr == ""
    for key in (SECRET, KEY, WRONG_KEY):
        assert key not in done.stdout
    return done, done.stdout


def configured(home: Path, text: str) -> Path:
    config = home / ".config" / "codeact" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(text, "utf-8")
    config.chmod(0o600)
    return config


def test_when_all_is_there_it_says_what_and_exits_with_0(
    tmp_path: Path, model: LoopbackModel
) -> None:
    done, text = examined(tmp_path, environment(tmp_path, model))
    assert done.returncode == 0, text
    assert "found in the environment variable ANTHROPIC_API_KEY" in text
    assert "claude-opus-5-5 answers" in text
    assert "python3 starts" in text
    assert "jupyterlab 4" in text


def test_a_wrong_key_and_a_missing_kernel_are_named_with_their_cures(
    tmp_path: Path, model: LoopbackModel
) -> None:
    more = {"CODEACT_API_KEY": WRONG_KEY, "CODEACT_KERNEL": "[nope]"}
    done, text = examined(tmp_path, environment(tmp_path, model, **more))
    assert done.returncode == 1
    assert "found in the environment variable CODEACT_API_KEY" in text
    assert "refused the key (401" in text
    assert "'[nope]' does not start" in text
    assert "python -m ipykernel install" in text


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_no_network_is_told_at_once_and_a_key_that_others_can_read_too(tmp_path: Path) -> None:
    config = configured(tmp_path, f'api_key = "{SECRET}"\nbase_url = "{NOTHING_LISTENS}"\n')
    config.chmod(0o644)
    done, text = examined(tmp_path, environment(tmp_path))
    assert done.returncode == 1
    assert f"found in {config}" in text
    assert f"chmod 600 {config}" in text
    assert f"Could not connect to {NOTHING_LISTENS}" in text


def test_a_token_in_the_place_of_a_key_is_told(tmp_path: Path) -> None:
    config = configured(tmp_path, f'auth_token = "{SECRET}"\nbase_url = "{NOTHING_LISTENS}"\n')
    config.chmod(0o600)
    _, text = examined(tmp_path, environment(tmp_path))
    assert f"a token in {config}" in text
    _, text = examined(tmp_path, environment(tmp_path, CODEACT_AUTH_TOKEN=SECRET))
    assert "a token in the variable CODEACT_AUTH_TOKEN" in text


def test_the_ways_to_a_model_are_a_list_that_no_column_breaks_up(tmp_path: Path) -> None:
    text = codeact("doctor", cwd=tmp_path, env=environment(tmp_path, COLUMNS="60")).stdout
    if "cannot be asked" not in text:
        pytest.skip("a model server runs on this machine")
    ways = re.findall(r"^  ([1-4])\. .*(?:config.toml|API|port|demo\))$", text, re.MULTILINE)
    assert ways == ["1", "2", "3", "4"], text


def test_a_bad_setting_is_named_and_the_demo_needs_no_key(tmp_path: Path) -> None:
    config = configured(tmp_path, "max_steps = 0\n")
    done, text = examined(tmp_path, environment(tmp_path))
    assert done.returncode == 1
    assert "cannot be 0: it must be a whole number from 1" in text
    config.write_text('model = "demo"\n', "utf-8")
    done, text = examined(tmp_path, environment(tmp_path))
    assert done.returncode == 0, text
    assert "demo answers" in text
    assert "codeact key set, or set ANTHROPIC_API_KEY" in text


def test_an_extension_that_is_disabled_is_said_with_how_to_enable_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")  # what the person's folder says comes first
    served = tmp_path / "jupyter_server_config.json"
    served.write_text('{"ServerApp": {"jpserver_extensions": {"codeact_jupyter": true}}}')
    assert kept_off() is None
    served.write_text('{"ServerApp": {"jpserver_extensions": {"codeact_jupyter": false}}}')
    assert kept_off() == NOT_SERVED
    served.write_text('{"ServerApp": {"jpserver_extensions": {"codeact_jupyter": true}}}')
    (tmp_path / "labconfig").mkdir()
    disabled = json.dumps({"disabledExtensions": {EXTENSION: True}})
    (tmp_path / "labconfig" / "page_config.json").write_text(disabled)
    assert kept_off() == DISABLED


def test_a_labextension_that_was_not_built_is_not_taken_for_one(tmp_path: Path) -> None:
    folders = [str(tmp_path / "none"), str(tmp_path)]
    assert not is_built(folders)
    (tmp_path / EXTENSION).mkdir()
    (tmp_path / EXTENSION / "install.json").write_text("{}")
    assert not is_built(folders)
    (tmp_path / EXTENSION / "package.json").write_text("{}")
    assert is_built(folders)


def test_what_jupyterlab_lacks_is_said_with_what_to_do(tmp_path: Path) -> None:
    done, text = examined(tmp_path, environment(tmp_path, CODEACT_MODEL="demo"))
    built = "the extension is installed" in text
    assert built == is_built() and built != ("install Node.js (20 or later)" in text)
    assert done.returncode == 0, "what a run does not need is no failure"
