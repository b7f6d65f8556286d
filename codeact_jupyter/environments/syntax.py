"""Whether code can be compiled, as a sentence for the model; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable


def syntax_problem(code: str, transform: Callable[[str], str]) -> str | None:
    """Why `code` cannot be compiled once `transform` made plain Python of it, or None."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
    try:
        compile(transform(code), "<action>", "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        line = (error.text or "").rstrip()
        return f"{type(error).__name__}: {error.msg} (line {error.lineno}: {line})"
    except (ValueError, OverflowError, MemoryError, RecursionError) as error:
        return f"{type(error).__name__}: {error}"
    return None
