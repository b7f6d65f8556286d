"""Code as IPython reads it, made plain Python, with an end to how long that takes.

For each line that is for itself (`%`, `!`, `?` and the like), IPython reads all lines anew. Of
IPython only this is used, and only where it is called for: nothing is run.
"""

from __future__ import annotations

import ast
import re

ESCAPED = re.compile(r"^\s*[%!?/,;]|=\s*[%!]|\?\s*$")
MOST_READ = 20_000  # lines, which take about a second
TOO_MANY = (
    "{} of these {} lines are for IPython (they begin with %, ! or the like), which takes too long "
    "to read; give them in several actions, or run one program by subprocess.run"
)


def plain_python(code: str) -> str:
    """The plain Python of a cell.

    Raises SyntaxError or RecursionError where IPython does, and ValueError where it gives up, has
    a fault of its own, or would take too long.
    """
    from IPython.core.inputtransformer2 import TransformerManager

    require_time(code)
    try:
        return TransformerManager().transform_cell(code)
    except (SyntaxError, RecursionError):
        raise
    except Exception as error:
        raise ValueError(str(error)) from error


def require_time(code: str) -> None:
    """Raise ValueError, in words for the model, where IPython would not be done in time."""
    lines = code.splitlines()
    escaped = sum(map(bool, map(ESCAPED.search, lines)))
    if escaped * len(lines) <= MOST_READ or code.lstrip().startswith("%%"):
        return  # the body of a cell magic is left as it is
    try:
        ast.parse(code)  # in plain Python, these are lines of a text
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ValueError(TOO_MANY.format(escaped, len(lines))) from None
