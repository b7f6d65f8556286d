"""A cell's text made into a syntax tree, the way IPython itself would read it.

IPython is imported only here, and only for what is not plain Python. Nothing is run.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from itertools import takewhile

from .magics import is_automagic


def tree_of(code: str, *, taken: Callable[[str], bool]) -> tuple[ast.Module, int]:
    """Parse a cell; also give the number of blank lines at its head that were dropped.

    `taken` says whether a name is bound already: then a lone `rm -f` is arithmetic, not a magic.
    Raises SyntaxError or ValueError when the code is not Python.
    """
    lines = code.splitlines(keepends=True)
    blank = sum(1 for _ in takewhile(str.isspace, lines))
    if len(lines) - blank == 1:
        magic = is_automagic(lines[-1])
        if magic and not taken(magic):
            code = f"%{lines[-1].lstrip()}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = _as_it_stands(code)
        return (plain, 0) if plain else (ast.parse(_transformed(code)), blank)


def _as_it_stands(code: str) -> ast.Module | None:
    """Parse code that IPython would leave alone, which is most of it and ten times faster."""
    if ">>>" in code or "..." in code:
        return None
    try:
        return ast.parse(code)
    except SyntaxError:
        return None


def _transformed(code: str) -> str:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager().transform_cell(code)
