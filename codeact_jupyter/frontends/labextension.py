"""Whether JupyterLab finds the labextension here and loads it, and what to do when it does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

EXTENSION = "codeact-jupyter-labextension"
WITHOUT_PANEL = (
    "JupyterLab has no panel here, and runs are shown under the magic's cell. For the panel, "
    "install Node.js (20 or later), then codeact-jupyter again."
)


DISABLED = "the labextension is disabled", f"enable it: jupyter labextension enable {EXTENSION}"
NOT_SERVED = (
    "the server extension is not enabled",
    "enable it: jupyter server extension enable codeact_jupyter",
)


def kept_off() -> tuple[str, str] | None:
    """What in Jupyter's configuration keeps the built extension off, and what to do; or None."""
    from jupyter_core.paths import jupyter_config_path, jupyter_path
    from jupyter_server.extension.config import ExtensionConfigManager
    from jupyterlab_server.config import get_page_config

    disabled = get_page_config(jupyter_path("labextensions")).get("disabledExtensions", ())
    if any(name.partition(":")[0] == EXTENSION for name in disabled):
        return DISABLED
    manager: Any = ExtensionConfigManager(read_config_path=jupyter_config_path())
    return None if manager.enabled("codeact_jupyter") else NOT_SERVED


def is_built(folders: Sequence[str] | None = None) -> bool:
    """Whether one of these folders, Jupyter's own unless given, holds the built labextension.

    An installation without Node.js leaves a folder in which only the word of an installer stands.
    """
    if folders is None:
        from jupyter_core.paths import jupyter_path

        folders = jupyter_path("labextensions")
    return any((Path(folder) / EXTENSION / "package.json").is_file() for folder in folders)
