"""`codeact lab`: JupyterLab with the panel open, in a notebook of yours or one to begin with."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from ..errors import NotebookError, SettingsError
from ..notebook.reading import as_it_is, unreadable
from .labextension import WITHOUT_PANEL, is_built

WELCOME = Path("codeact-welcome.ipynb")


def open_lab(notebook: Path | None, arguments: Sequence[str] = ()) -> int:
    """Run JupyterLab until it ends, and return its exit code; `arguments` are passed on to it.

    Raises NotebookError for a notebook that is not there, is none or cannot be made, and
    SettingsError without JupyterLab.
    """
    if importlib.util.find_spec("jupyterlab") is None:
        raise SettingsError("JupyterLab is not installed here: pip install jupyterlab")
    if notebook is not None and not notebook.exists():
        raise NotebookError(
            f"there is no notebook {str(notebook)!r} to open; look for a typing error"
        )
    if notebook is not None:
        _require_notebook(notebook)
    if not is_built():
        print(WITHOUT_PANEL, file=sys.stderr)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        str(notebook or welcome(WELCOME)),
        "--ServerApp.jpserver_extensions=codeact_jupyter=True",
        "--CodeActApp.open_panel=True",
        *arguments,
    ]
    if os.name == "posix":
        os.execv(sys.executable, command)
    return subprocess.call(command)


def _require_notebook(path: Path) -> None:
    """Raise NotebookError for a notebook's name under which there is none: JupyterLab would open
    with nothing to see.
    """
    if path.suffix.lower() != ".ipynb" or path.is_dir():
        return
    try:
        as_it_is(path.read_bytes())
    except (OSError, ValueError) as error:
        raise unreadable(path, getattr(error, "strerror", None) or str(error)) from error


def welcome(path: Path) -> Path:
    """The notebook to begin with, which is made unless it is there.

    Raises NotebookError where it cannot be written.
    """
    if path.exists():
        return path
    source = files("codeact_jupyter.demo") / path.name.removeprefix("codeact-")
    try:
        path.write_bytes(source.read_bytes())
    except OSError as error:
        raise NotebookError(
            f"{str(path.absolute())!r} cannot be written ({error.strerror}); go to a folder where "
            "you may write, or name a notebook: codeact lab NOTEBOOK"
        ) from error
    return path
