"""Which modules a statement or a call imports, and which of them the code writes itself.

Knows names and paths only; reading what an import runs is for local_modules.py.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from .names import CALLED_IMPORTS
from .site import CallSite
from .values import Reference

_RELOADS = frozenset({"importlib.reload", "imp.reload", "IPython.lib.deepreload.reload"})
COMPILED = (".so", ".pyd", ".pyc")
_SUFFIXES = frozenset({*COMPILED, ".py"})


def imported_modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that a statement may import: of `from a import b` also `a.b`."""
    names = [alias.name for alias in node.names if alias.name != "*"]
    if isinstance(node, ast.Import):
        return names
    return [node.module, *(f"{node.module}.{name}" for name in names)] if node.module else []


def imported_by_call(site: CallSite) -> Iterator[tuple[str, bool]]:
    """The module that a call imports, where it is known; and whether it runs anew if it did."""
    if site.target in CALLED_IMPORTS and (name := site.text(0, "name")):
        yield name, False
    elif site.target in _RELOADS and isinstance(module := site.known(0, "module"), Reference):
        yield module.dotted, True


def with_packages(module: str) -> list[str]:
    """The module and the packages around it, which are imported before it."""
    parts = module.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]


def holds_module(files: Iterable[Path], folder: Path, module: str) -> bool:
    """Say whether one of these files is what importing the module from this folder would run."""
    first = folder / module.partition(".")[0]
    return any(
        file.suffix in _SUFFIXES
        and (first in file.parents or (file.parent == folder and _stem(file) == first.name))
        for file in files
    )


def _stem(file: Path) -> str:
    return file.name.partition(".")[0]  # also of `native.cpython-312-x86_64-linux-gnu.so`
