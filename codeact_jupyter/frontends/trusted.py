"""Settings that a notebook cannot choose: where the model is, and with it where a key is sent."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from ..errors import SettingsError
from ..settings import config_path
from .borrowing import SERVER

ENDPOINT_VARIABLES = ("ANTHROPIC_BASE_URL", "CODEACT_BASE_URL", "CODEACT_PROFILE")
FOLDER_VARIABLES = (
    *("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA", "USERPROFILE"),
    *("JUPYTER_DATA_DIR", "JUPYTER_PLATFORM_DIRS", "JUPYTER_CONFIG_DIR"),
)
ROUTE_VARIABLES = ("ALL_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "SSL_CERT_DIR", "SSL_CERT_FILE")


def trusted_sources() -> tuple[dict[str, str], Path]:
    """The environment and the config file, with the model's address as when this process started.

    A notebook can set variables in its kernel; where a key is sent must not be among them. Raises
    SettingsError when one that the connection goes by was changed here, or may have been.
    """
    import psutil

    environ = {k: v for k, v in os.environ.items() if k not in (*ENDPOINT_VARIABLES, SERVER)}
    try:
        first = psutil.Process().environ()
    except (psutil.Error, OSError) as error:
        _require_none(error)
        return environ, config_path()
    _require_unchanged(first)
    environ |= {key: first[key] for key in (*ENDPOINT_VARIABLES, SERVER) if key in first}
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


def _deciding() -> tuple[str, ...]:
    """The variables that decide where a key goes."""
    routes = (*ROUTE_VARIABLES, *(name.lower() for name in ROUTE_VARIABLES))
    return (*ENDPOINT_VARIABLES, *routes)


def _require_none(error: Exception) -> None:
    """Refuse what cannot be trusted here: to leave it out would send a key elsewhere, silently."""
    for name in _deciding():
        if os.environ.get(name):
            raise SettingsError(
                f"the variable {name} decides where your key goes, and it cannot be seen here"
                f" whether this notebook set it ({error}); take it back with"
                f" os.environ.pop({name!r}), and write a server's base_url to"
                f" {str(config_path())!r}; or use `codeact run`, which goes by its own environment"
            )


def _require_unchanged(first: Mapping[str, str]) -> None:
    for name in _deciding():
        if os.environ.get(name, "") not in ("", first.get(name, "")):
            raise SettingsError(
                f"the variable {name} was changed in this kernel, and decides where your key goes;"
                " set it before the kernel starts, or in your config file; or take it back here:"
                f" os.environ.pop({name!r})"
            )
