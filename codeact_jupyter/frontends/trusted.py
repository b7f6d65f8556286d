"""Settings that a notebook cannot choose: where the model is, and with it where a key is sent."""

from __future__ import annotations

import os
from pathlib import Path

from ..settings import config_path

ENDPOINT_VARIABLES = ("ANTHROPIC_BASE_URL", "CODEACT_BASE_URL", "CODEACT_PROFILE")
FOLDER_VARIABLES = ("HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA", "USERPROFILE")


def trusted_sources() -> tuple[dict[str, str], Path]:
    """The environment and the config file, with the model's address as when this process started.

    A notebook can set variables in its kernel; where a key is sent must not be among them.
    """
    import psutil

    environ = {k: v for k, v in os.environ.items() if k not in ENDPOINT_VARIABLES}
    try:
        first = psutil.Process().environ()
    except (psutil.Error, OSError):
        return environ, config_path()
    environ |= {key: first[key] for key in ENDPOINT_VARIABLES if key in first}
    now = {name: os.environ.pop(name) for name in FOLDER_VARIABLES if name in os.environ}
    try:
        os.environ.update({name: first[name] for name in FOLDER_VARIABLES if name in first})
        return environ, config_path()
    finally:
        for name in FOLDER_VARIABLES:
            os.environ.pop(name, None)
        os.environ.update(now)
