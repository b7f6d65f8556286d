"""Writes a notebook as a new file: never in the place of another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import NotebookError
from .files import require_writable, unwritable, write_atomically
from .layout import Layout, in_lines

MOST_NAMES = 10_000


def free_path(source: Path, word: str) -> Path:
    """`sales-word.ipynb` beside the notebook `sales.ipynb`, or the first numbered one that is free.

    Raises NotebookError when none is.
    """
    for number in range(1, MOST_NAMES):
        path = source.with_name(f"{source.stem}-{word}{f'-{number}' if number > 1 else ''}.ipynb")
        if not path.exists():
            return path
    raise NotebookError(f"no name is free beside {str(source)!r}; name another file with -o")


def require_notebook_name(path: Path | None) -> None:
    """Raise NotebookError for a name under which no front end would open a notebook."""
    if path is not None and path.suffix.lower() != ".ipynb" and not path.is_dir():
        raise NotebookError(
            f"cannot write {str(path)!r}: the name of a notebook ends in .ipynb, as in "
            f"{path.stem + '.ipynb'!r}"
        )


def require_new(path: Path) -> None:
    """Raise NotebookError for no notebook's name, a file that is there, or an unwritable place."""
    require_notebook_name(path)
    if path.exists():
        raise NotebookError(f"{str(path)!r} exists; name another file with -o")
    require_writable(path)


def write_new(content: Mapping[str, Any], path: Path) -> None:
    """Write a notebook, in the format's JSON; raises NotebookError as `require_new` does."""
    require_new(path)
    cells = [cell if _has_lines(cell) else in_lines(cell) for cell in content["cells"]]
    try:
        pieces = Layout().pieces({**content, "cells": None}, cells)
        written = write_atomically(path, pieces, may_replace=lambda: not path.exists())
    except OSError as error:
        raise unwritable(path, error) from error
    if written is None:
        require_new(path)


def _has_lines(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is as it was read from a file."""
    return isinstance(cell["source"], list)
