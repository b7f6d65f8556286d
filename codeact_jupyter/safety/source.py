"""A cell's text made into a syntax tree, the way IPython itself would read it. Nothing is run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from itertools import takewhile

from ..plain import plain_python
from .magics import is_automagic


def tree_of(code: str, *, taken: Callable[[str], bool]) -> tuple[ast.Module, int]:
    """Parse a cell; also give the number of blank lines at its head that were dropped.

    `taken` says whether a name is bound already: then a lone `rm -f` is arithmetic, not a magic.
    Where it is a magic and Python as well, both are read: automagic can be off.
    Raises SyntaxError or ValueError when the code is not Python.
    """
    blank = sum(1 for _ in takewhile(str.isspace, code.splitlines(keepends=True)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = _as_it_stands(code)
        text = code if tree else plain_python(code)
        line = text.strip()
        magic = is_automagic(line)
        if magic and not taken(magic):
            as_magic = ast.parse(plain_python(f"%{magic} {line.removeprefix(magic)}"))
            as_python = _as_it_stands(line)
            return ast.Module([*as_magic.body, *(as_python.body if as_python else ())], []), blank
        return (tree, 0) if tree else (ast.parse(text), blank)


def _as_it_stands(code: str) -> ast.Module | None:
    """Parse code that IPython would leave alone, which is most of it and ten times faster."""
    if any(prompt in code for prompt in (">>>", "...", "In [")):  # which IPython takes off
        return None
    try:
        return ast.parse(code)
    except SyntaxError:
        return None
