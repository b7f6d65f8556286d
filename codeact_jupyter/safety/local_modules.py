"""Modules that are files of the person's folder: what importing one runs, and what a function does.

Reads files and parses them; runs nothing. What the code in them does is for the usual rules.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

LONGEST_FILE = 400_000
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Binding = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


class LocalModules:
    """The modules that would be found in these folders before any that are installed."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = [*dict.fromkeys(folders)]
        self._trees: dict[str, ast.Module | None] = {}

    def add(self, folder: Path) -> None:
        """Look in this folder too, from now on."""
        self._folders.append(folder)
        self._trees.clear()

    def top_level(self, module: str) -> ast.Module | None:
        """What runs when the module is imported; None for a module that is not a local file.

        Raises SyntaxError or ValueError for a file that cannot be read as Python.
        """
        tree = self._tree(module)
        return None if tree is None else _without_bodies(tree)

    def part(self, module: str, name: str) -> ast.Module | None:
        """What a function or class of the module needs: itself and all that it mentions.

        None where there is none. Raises as `top_level` does.
        """
        tree = self._tree(module)
        if tree is None:
            return None
        definitions = {each.name: each for each in tree.body if isinstance(each, _Definition)}
        wanted, waiting = dict[str, ast.stmt](), [name]
        while waiting:
            each = definitions.get(waiting.pop())
            if each is not None and each.name not in wanted:
                wanted[each.name] = each
                waiting += [part.id for part in ast.walk(each) if isinstance(part, ast.Name)]
        before = [each for each in tree.body if isinstance(each, _Binding)]
        return ast.Module([*before, *wanted.values()], []) if wanted else None

    def _tree(self, module: str) -> ast.Module | None:
        if module not in self._trees:
            self._trees[module] = None
            file = self._file(module)
            if file is not None:
                text = file.read_text("utf-8", "replace")
                if len(text) > LONGEST_FILE:
                    raise ValueError(f"{file} is too long to be read")
                self._trees[module] = ast.parse(text)
        return self._trees[module]

    def _file(self, module: str) -> Path | None:
        inner = module.replace(".", "/")
        for folder in self._folders:
            for name in (f"{inner}.py", f"{inner}/__init__.py"):
                try:
                    if (folder / name).is_file():
                        return folder / name
                except (OSError, ValueError):
                    continue
        return None


def _without_bodies(tree: ast.Module) -> ast.Module:
    """The module without what its functions do: importing it does not call them."""

    class Emptying(ast.NodeTransformer):
        def visit_FunctionDef(self, node: _Function) -> _Function:
            return _emptied(node)

        visit_AsyncFunctionDef = visit_FunctionDef

    copy = ast.parse(ast.unparse(tree))
    Emptying().visit(copy)
    return copy


def _emptied(node: _Function) -> _Function:
    node.body = [ast.Pass()]
    return node
