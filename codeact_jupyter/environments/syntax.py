"""Whether code can be compiled, as a sentence for the model; nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ..plain import require_time


def syntax_problem(code: str, transform: Callable[[str], str]) -> str | None:
    """Why `code` cannot be compiled once `transform` made plain Python of it, or None."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST
    try:
        compile(transform(code), "<action>", "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        line = (error.text or "").rstrip()
        return f"{type(error).__name__}: {error.msg} (line {error.lineno}: {line})"
    except Exception as error:  # of many kinds: IPython's own faults with such code among them
        return f"{type(error).__name__}: {error}"
    return None


class Transforming:
    """Makes plain Python of code; what was checked is not made anew when it runs right after."""

    def __init__(self, transform: Callable[[str], str]) -> None:
        self._transform = transform
        self._checked: tuple[str, str] | None = None

    def check(self, code: str) -> str | None:
        """Why the plain Python cannot be compiled, or None."""
        self._checked = None
        return syntax_problem(code, self._remembering)

    def plain(self, code: str) -> str:
        """The plain Python; only once as it was checked: what runs may change how it is made."""
        checked, self._checked = self._checked, None
        return checked[1] if checked and checked[0] == code else self._transform(code)

    def _remembering(self, code: str) -> str:
        require_time(code)
        plain = self._transform(code)
        self._checked = code, plain
        return plain
