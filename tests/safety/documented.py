"""Code that others wrote and nobody chose: the examples in the documentation of a library."""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

BINDINGS = {"pd": "pandas", "np": "numpy", "plt": "matplotlib.pyplot"}


def examples(library: str) -> Iterator[str]:
    """The examples of each docstring of an installed library, as one piece of code."""
    spec = find_spec(library)
    assert spec is not None and spec.origin is not None
    parser = doctest.DocTestParser()
    for path in sorted(Path(spec.origin).parent.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                code = _code_of(parser, ast.get_docstring(node) or "")
                if code:
                    yield code


def _code_of(parser: doctest.DocTestParser, text: str) -> str:
    try:
        code = "".join(example.source for example in parser.get_examples(text))
        ast.parse(code)
    except (ValueError, SyntaxError):  # shown to be wrong, or only a part
        return ""
    return code
