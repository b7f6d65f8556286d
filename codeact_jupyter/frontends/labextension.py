"""Whether JupyterLab finds the labextension here, and what to do when it does not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

EXTENSION = "codeact-jupyter-labextension"
WITHOUT_PANEL = (
    "JupyterLab has no panel here, and runs are shown under the magic's cell. For the panel, "
    "install Node.js (20 or later), then codeact-jupyter again."
)


def is_built(folders: Sequence[str] | None = None) -> bool:
    """Whether one of these folders, Jupyter's own unless given, holds the built labextension.

    An installation without Node.js leaves a folder in which only the word of an installer stands.
    """
    if folders is None:
        from jupyter_core.paths import jupyter_path

        folders = jupyter_path("labextensions")
    return any((Path(folder) / EXTENSION / "package.json").is_file() for folder in folders)
