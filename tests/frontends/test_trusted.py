"""Settings that a notebook cannot choose, also where the process's first environment is unseen."""

from __future__ import annotations

import os
from typing import NoReturn

import psutil
import pytest

from codeact_jupyter.errors import SettingsError
from codeact_jupyter.frontends.trusted import (
    CHOICE_VARIABLES,
    ENDPOINT_VARIABLES,
    ROUTE_VARIABLES,
    trusted_sources,
)


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operating system that does not show a process its own first environment."""

    def environ(process: psutil.Process) -> NoReturn:
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "environ", environ)
    for name in (*ENDPOINT_VARIABLES, *CHOICE_VARIABLES, *ROUTE_VARIABLES):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize(
    "name", [*ENDPOINT_VARIABLES, *CHOICE_VARIABLES, "HTTPS_PROXY", "https_proxy"]
)
def test_what_decides_and_cannot_be_trusted_is_refused_aloud_and_not_left_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    with pytest.raises(SettingsError) as told:
        trusted_sources()
    for words in (f"the variable {name} ", f"os.environ.pop({name!r})", "config.toml"):
        assert words in str(told.value)


@pytest.mark.usefixtures("unseen")
def test_all_else_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEACT_EFFORT", "low")
    environ, config = trusted_sources()
    assert environ == dict(os.environ)
    assert config.name == "config.toml"
