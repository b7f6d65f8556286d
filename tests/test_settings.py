"""Settings: where each may come from, which source wins, and what a bad value is told."""

from __future__ import annotations

import os
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.limits import Limits
from codeact_jupyter.engine.undoing import Bounds
from codeact_jupyter.errors import SettingsError
from codeact_jupyter.models import profiles
from codeact_jupyter.settings import (
    PARSERS,
    PROFILES,
    SDK_CREDENTIALS,
    Settings,
    config_path,
    has_other_credentials,
    load_settings,
    secrets_of,
)

SECRET = "sk-a-secret-that-nobody-may-see"
# Each option: how it is written in the environment, in TOML, and what it becomes.
OPTIONS: dict[str, tuple[str, Any, Any]] = {
    "api_key": (SECRET, f'"{SECRET}"', SECRET),
    "approve": ("ask", '"ask"', "ask"),
    "auth_token": (SECRET, f'"{SECRET}"', SECRET),
    "base_url": ("http://127.0.0.1:9/", '"http://127.0.0.1:9/"', "http://127.0.0.1:9"),
    "context_tokens": ("32_000", "32_000", 32_000),
    "effort": ("high", '"high"', "high"),
    "kernel": ("other", '"other"', "other"),
    "max_cost": ("0.10", "0.10", Decimal("0.1")),
    "max_seconds": ("1.5", "1.5", 1.5),
    "max_steps": ("7", "7", 7),
    "max_tokens": ("9", "9", 9),
    "model": ("demo", '"demo"', "demo"),
    "output_tokens": ("100", "100", 100),
    "profile": ("fenced", '"fenced"', "fenced"),
    "undo_megabytes": ("64", "64", 64),
    "undo_seconds": ("0.5", "0.5", 0.5),
}


def load(
    tmp_path: Path, toml: str = "", environ: dict[str, str] | None = None, **flags: Any
) -> Any:
    config = tmp_path / "config.toml"
    config.write_text(toml, "utf-8")
    return load_settings(flags, environ=environ or {}, config=config)


def test_every_option_is_tested_here() -> None:
    assert set(OPTIONS) == set(PARSERS)


@pytest.mark.parametrize("name", OPTIONS)
def test_each_option_comes_from_each_source_and_the_strongest_wins(
    name: str, tmp_path: Path
) -> None:
    text, toml, value = OPTIONS[name]
    variable = f"CODEACT_{name.upper()}"
    from_file = load(tmp_path, f"{name} = {toml}")
    from_environment = load(tmp_path, environ={variable: text})
    from_flag = load(tmp_path, **{name: text})
    assert getattr(from_file, name) == value
    assert from_file == from_environment == from_flag
    assert from_file.given == {name}
    weak_words = {"approve": "never", "base_url": "http://other", "effort": "low"}
    weak_words |= {"profile": "claude"}
    weaker = f'"{weak_words.get(name, "none")}"'
    if name.endswith("_tokens") or name.startswith(("max_", "undo_")):
        weaker = "1"
    assert load(tmp_path, f"{name} = {weaker}", {variable: text}) == from_file
    weak = weaker.strip('"')
    assert load(tmp_path, f"{name} = {weaker}", {variable: weak}, **{name: text}) == from_file


def test_our_variables_win_over_those_of_the_sdk_and_empty_ones_set_nothing(tmp_path: Path) -> None:
    sdk = {"ANTHROPIC_API_KEY": "sk-theirs", "ANTHROPIC_BASE_URL": "http://theirs"}
    assert load(tmp_path, environ=sdk).base_url == "http://theirs"
    ours = {**sdk, "CODEACT_API_KEY": "sk-ours", "CODEACT_BASE_URL": ""}
    assert load(tmp_path, environ=ours).api_key == "sk-ours"
    assert load(tmp_path, environ=ours).base_url == "http://theirs"
    assert load(tmp_path, environ={"CODEACT_MODEL": " "}) == Settings()


def test_the_defaults_are_those_that_the_documentation_names(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings == Settings()
    assert settings.model == "claude-opus-5-5"
    assert settings.limits == Limits(50, 5_000_000, Decimal(2), 1800.0)
    assert settings.undo_bounds == Bounds(1.0, 512 << 20)


@pytest.mark.parametrize("word", ["none", "None", " unlimited "])
def test_a_limit_can_be_none(word: str, tmp_path: Path) -> None:
    names = ("max_steps", "max_tokens", "max_cost", "max_seconds")
    settings = load(tmp_path, **dict.fromkeys(names, word))
    assert settings.limits == Limits(None, None, None, None)


BAD = [
    *(("max_steps", value) for value in ("0", "-1", "1.5", "many", "inf", "1e3")),
    *(("max_cost", value) for value in ("0", "-1", "free", "nan", "inf", "1e999")),
    *(("max_seconds", value) for value in ("0", "nan", "inf", "1e12", "soon")),
    *(("output_tokens", value) for value in ("0", "x")),
    *(("base_url", value) for value in ("ftp://x", "localhost:8000", "http://", "https:///v1")),
    ("approve", "always"),
    ("effort", "hgih"),
    ("model", " "),
]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_value_is_named_as_it_was_given_with_what_it_may_be(
    name: str, value: str, tmp_path: Path
) -> None:
    words = f" cannot be {value!r}: it must be"
    with pytest.raises(SettingsError) as told:
        load(tmp_path, **{name: value})
    assert str(told.value).startswith(f"--{name.replace('_', '-')}{words}")
    with pytest.raises(SettingsError) as told:
        load(tmp_path, f'{name} = "{value}"')
    config = str(tmp_path / "config.toml")
    assert str(told.value).startswith(f"{name} in the config file {config!r}{words}")
    if value.strip():
        variable = f"CODEACT_{name.upper()}"
        with pytest.raises(SettingsError) as told:
            load(tmp_path, environ={variable: value})
        assert str(told.value).startswith(f"the environment variable {variable}{words}")


@pytest.mark.parametrize("toml", ["max_steps = true", "max_cost = [1]", "model = 3", "kernel = {}"])
def test_a_value_of_the_wrong_type_in_the_file_is_refused(toml: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=toml.split()[0]):
        load(tmp_path, toml)


@pytest.mark.parametrize("bad", [f"{SECRET}\\n{SECRET}", f"{SECRET} x", f"{SECRET}…"])
def test_a_key_is_in_no_repr_and_no_error(bad: str, tmp_path: Path) -> None:
    good = load(tmp_path, f'api_key = "{SECRET}"')
    assert SECRET not in repr(good)
    assert SECRET not in str(good)
    with pytest.raises(SettingsError, match="cannot be this value") as told:
        load(tmp_path, f'api_key = "{bad}"')
    assert SECRET not in str(told.value)
    assert told.value.__cause__ is None


def test_an_unknown_option_in_the_file_is_named_with_those_that_exist(tmp_path: Path) -> None:
    for toml in ('modle = "x"', '[codeact]\nmodel = "x"'):
        with pytest.raises(SettingsError, match=r"no option '(modle|codeact)'.*max_steps, max_tok"):
            load(tmp_path, toml)


@pytest.mark.parametrize("raw", [b"model = ", b"\xff\xfe\x00", b"model = 'a'\nmodel = 'b'"])
def test_a_file_that_is_not_toml_is_named(raw: bytes, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(raw)
    with pytest.raises(SettingsError, match=r"config\.toml' is not TOML"):
        load_settings(environ={}, config=path)
    with pytest.raises(SettingsError, match="cannot read the config file"):
        load_settings(environ={}, config=tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".env", "CODEACT_MODEL=stolen\nANTHROPIC_BASE_URL=http://stolen\n"),
        ("config.toml", 'model = "stolen"\nbase_url = "http://stolen"\n'),
        ("codeact.toml", 'model = "stolen"\n'),
        ("pyproject.toml", '[tool.codeact]\nmodel = "stolen"\nbase_url = "http://stolen"\n'),
        ("work.ipynb", '{"metadata": {"codeact": {"base_url": "http://stolen"}}}'),
    ],
)
def test_nothing_is_read_from_the_working_directory(
    name: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / name).write_text(content, "utf-8")
    monkeypatch.chdir(work)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert load_settings(environ={}) == Settings()


@pytest.mark.skipif(sys.platform != "linux", reason="the place that XDG names")
def test_the_config_file_is_in_the_persons_config_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "codeact" / "config.toml"


def test_the_secrets_are_the_key_in_use_and_this_process_credentials(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("ANTHROPIC_", "CODEACT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-mine")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Gate: let-me-through")
    monkeypatch.setenv("CODEACT_MODEL", "a-model-of-mine")
    monkeypatch.setenv("CODEACT_MAX_TOKENS", "1000000000")
    monkeypatch.setenv("CODEACT_API_KEY", "short")
    settings = Settings(api_key="sk-in-use-0123", base_url="https://me:p4ssw0rds@host")
    assert set(secrets_of(settings)) == {
        *("sk-in-use-0123", "token-of-mine", "p4ssw0rds"),
        *("X-Gate: let-me-through", "let-me-through"),
    }


@pytest.mark.parametrize(
    ("file", "found"),
    [("", False), ("notes.txt", False), ("configs/default.json", True), ("active_config", True)],
)
def test_other_credentials_are_files_and_not_an_empty_directory(tmp_path, monkeypatch, file, found):
    for name in SDK_CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    place = tmp_path / ".config" / "anthropic" / file
    (place.parent if file else place).mkdir(parents=True)
    if file:
        place.write_text("{}")
    assert has_other_credentials() == found


@pytest.mark.parametrize("name", SDK_CREDENTIALS)
def test_a_variable_of_the_sdk_is_another_credential(tmp_path, monkeypatch, name):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(name, "given")
    assert has_other_credentials()


def test_a_profile_that_is_none_is_named_with_its_source_and_the_profiles(tmp_path: Path) -> None:
    assert sorted(PROFILES.split()) == sorted(profiles.PROFILES)
    file = tmp_path / "config.toml"
    file.write_text('profile = "zz"\n')
    nothing = tmp_path / "none.toml"
    for source, given in {
        "--profile": ({"profile": "zz"}, {}, nothing),
        "the environment variable CODEACT_PROFILE": ({}, {"CODEACT_PROFILE": "zz"}, nothing),
        "profile in the config file": ({}, {}, file),
    }.items():
        flags, environ, config = given
        with pytest.raises(SettingsError, match=f"^{source}.* cannot be 'zz': .*ollama") as told:
            load_settings(flags, environ=environ, config=config)
        assert all(name in str(told.value) for name in profiles.PROFILES)
