"""Settings that a notebook and a folder cannot choose: where a key is sent, and when to ask."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ..errors import SettingsError
from ..settings import config_path
from .borrowing import SERVER

ENDPOINT_VARIABLES = ("ANTHROPIC_BASE_URL", "CODEACT_BASE_URL", "CODEACT_PROFILE")
LIMIT_VARIABLES = (
    *("CODEACT_MAX_STEPS", "CODEACT_MAX_TOKENS", "CODEACT_MAX_COST", "CODEACT_MAX_SECONDS"),
)
CHOICE_VARIABLES = ("CODEACT_MODEL", "CODEACT_APPROVE", *LIMIT_VARIABLES)
FOLDER_VARIABLES = (
    *("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA", "USERPROFILE"),
    *("JUPYTER_DATA_DIR", "JUPYTER_PLATFORM_DIRS", "JUPYTER_CONFIG_DIR"),
)
LONGEST_DOTENV = 100_000
ASSIGNED = re.compile(r"^[^\S\n]*(?:export\s+)?(\w+)[^\S\n]*=([^\n#]*)", re.MULTILINE)
ROUTE_VARIABLES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_DIR", "SSL_CERT_FILE")


def trusted_sources() -> tuple[dict[str, str], Path]:
    """The environment and the config file, with what is trusted as when this process started.

    A notebook can set variables in its kernel; where a key is sent, which model is asked, what asks
    before it runs and what ends a run must not be among them. Raises SettingsError when one that
    decides this was changed here, or may have been, or comes from a `.env` file of a folder.
    """
    import psutil

    guarded = (*ENDPOINT_VARIABLES, *CHOICE_VARIABLES, SERVER)
    environ = {k: v for k, v in os.environ.items() if k not in guarded}
    try:
        first = psutil.Process().environ()
    except (psutil.Error, OSError) as error:
        _require_none(error)
        return environ, config_path()
    _require_unchanged(first)
    _require_not_of_a_folder(first)
    environ |= {key: first[key] for key in guarded if key in first}
    return environ, _as_at_first(first, config_path)


def trusted_folder(folder: Callable[[], Path]) -> Path:
    """A folder of the person's, as it was found when this process started."""
    return _as_at_first(_first_environment(), folder)


def trusted_notebook() -> str:
    """The notebook that this kernel was started for, as its server said; empty when it did not."""
    return _first_environment().get("JPY_SESSION_NAME", "")


def _first_environment() -> Mapping[str, str]:
    import psutil

    try:
        return psutil.Process().environ()  # type: ignore[no-any-return]
    except (psutil.Error, OSError):
        return {}


def _as_at_first(first: Mapping[str, str], ask: Callable[[], Path]) -> Path:
    """What is answered with the folders of the person's that the process was started with."""
    now = {name: os.environ.pop(name) for name in FOLDER_VARIABLES if name in os.environ}
    try:
        os.environ.update({name: first[name] for name in FOLDER_VARIABLES if name in first})
        return ask()
    finally:
        for name in FOLDER_VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(now)


def _deciding() -> dict[str, str]:
    """By variable, what it decides."""
    routes = (*ROUTE_VARIABLES, *(name.lower() for name in ROUTE_VARIABLES))
    return {
        **dict.fromkeys((*ENDPOINT_VARIABLES, *routes), "where your key goes"),
        **dict.fromkeys(LIMIT_VARIABLES, "what ends a run"),
        "CODEACT_MODEL": "which model is asked",
        "CODEACT_APPROVE": "what asks before it runs",
    }


def _require_none(error: Exception) -> None:
    """Refuse what cannot be trusted here: to leave it out would send a key elsewhere, silently."""
    for name, what in _deciding().items():
        if os.environ.get(name):
            raise SettingsError(
                f"the variable {name} decides {what}, and it cannot be seen here whether this"
                f" notebook set it ({error}); take it back with os.environ.pop({name!r}), and write"
                f" {_option(name)} to {str(config_path())!r}; or use `codeact run`, which goes by"
                " its own environment"
            )


def _require_unchanged(first: Mapping[str, str]) -> None:
    for name, what in _deciding().items():
        if os.environ.get(name, "") not in ("", first.get(name, "")):
            raise SettingsError(
                f"the variable {name} was changed in this kernel, and decides {what};"
                " set it before the kernel starts, or in your config file; or take it back here:"
                f" os.environ.pop({name!r})"
            )


def _require_not_of_a_folder(first: Mapping[str, str]) -> None:
    """Refuse what an editor read out of a folder's `.env`: others may have written that file."""
    deciding = _deciding()
    for path in _dotenvs(first):
        for name, value in ASSIGNED.findall(_text_of(path)):
            if name in deciding and first.get(name, "") == value.strip().strip("'\""):
                raise SettingsError(
                    f"the variable {name} decides {deciding[name]}, and comes from {str(path)!r},"
                    f" which a repository may have brought; write {_option(name)} to"
                    f" {str(config_path())!r} and take the line out of that file, then restart"
                    " the kernel"
                )


def _dotenvs(first: Mapping[str, str]) -> Iterator[Path]:
    """The `.env` files of the folders that this process was started in or works in, and above."""
    places = {
        _directory(),
        first.get("PWD", ""),
        os.path.dirname(first.get("JPY_SESSION_NAME", "")),
    }
    for place in {Path(each) for each in places if os.path.isabs(each)}:
        yield from (folder / ".env" for folder in (place, *place.parents))


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was deleted
        return ""


def _text_of(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(LONGEST_DOTENV)
    except OSError:  # there is none, or it is not a file
        return ""


def _option(name: str) -> str:
    """The name in the config file of what a variable sets, in words."""
    prefix, _, option = name.partition("_")
    if prefix == "CODEACT":
        return f"`{option.lower()}`"
    return "a server's `base_url`"
