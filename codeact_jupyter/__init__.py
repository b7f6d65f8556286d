"""An agent that lives in a Jupyter notebook: its actions are cells in the live kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"

__all__ = ["__version__", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext codeact_jupyter`: makes `%%codeact` and `%codeact` known."""
    from .frontends.magic import load

    load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%unload_ext codeact_jupyter`: takes everything back."""
    from .frontends.magic import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where JupyterLab finds the built labextension in a source tree."""
    return [{"src": "labextension", "dest": "codeact-jupyter-labextension"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What a Jupyter Server loads."""
    from .frontends.server.app import CodeActApp

    return [{"module": "codeact_jupyter", "app": CodeActApp}]
