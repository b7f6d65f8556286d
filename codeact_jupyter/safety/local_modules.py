"""Modules that are files of the person's folder: what importing one runs, and what a function does.

Reads files and parses them; runs nothing. What the code in them does is for the usual rules.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from .importing import COMPILED, holds_module

LONGEST_FILE = 400_000
_MOST_HOPS = 3  # from a module that only passes a function on to the one that has it
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ARCHIVES = frozenset({".zip", ".egg", ".whl", ".pyz"})
_Binding = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


class LocalModules:
    """The modules that would be found in these folders before any that are installed."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = [*dict.fromkeys(folders)]
        self._trees: dict[str, ast.Module | None] = {}
        self._compiled: dict[Path, frozenset[str]] = {}

    def add(self, folder: Path) -> None:
        """Look in this folder too, from now on; raises ValueError for an archive."""
        if folder.suffix in _ARCHIVES or os.path.isfile(folder):
            raise ValueError(f"the modules in {folder} cannot be read")
        self._folders.append(folder)
        self._trees.clear()

    def any_of(self, files: Iterable[Path], module: str) -> bool:
        """Say whether one of these files would be run by importing the module."""
        return any(holds_module(files, folder, module) for folder in self._folders)

    def top_level(self, module: str) -> ast.Module | None:
        """What runs when the module is imported; None for a module that is not a local file.

        Raises SyntaxError or ValueError for a file that cannot be read as Python.
        """
        tree = self._tree(module)
        return None if tree is None else _without_bodies(tree)

    def part(self, module: str, name: str, *, hops: int = _MOST_HOPS) -> ast.Module | None:
        """What a function or class of the module needs: itself and all that it mentions.

        One that the module imports is that of the other file. None where there is none. Raises as
        `top_level` does.
        """
        tree = self._tree(module)
        if tree is None:
            return None
        if part := _part(tree, name):
            return part
        others = _origins(tree, name) if hops else ()
        found = (self.part(other, inner, hops=hops - 1) for other, inner in others)
        return next(filter(None, found), None)

    def _tree(self, module: str) -> ast.Module | None:
        if module not in self._trees:
            self._trees[module] = None
            file = self._file(module)
            if file is not None:
                text = file.read_text("utf-8", "replace")
                if len(text) > LONGEST_FILE:
                    raise ValueError(f"{file} is too long to be read")
                package = module if file.name == "__init__.py" else module.rpartition(".")[0]
                self._trees[module] = _in_full(ast.parse(text), package)
        return self._trees[module]

    def _file(self, module: str) -> Path | None:
        inner = module.replace(".", "/")
        for folder in self._folders:
            if (folder / inner).name in self._compiled_in((folder / inner).parent):
                raise ValueError(f"{module} in {folder} is compiled")  # Python prefers it
            for name in (f"{inner}.py", f"{inner}/__init__.py"):
                if os.path.isfile(folder / name):
                    return folder / name
        return None

    def _compiled_in(self, folder: Path) -> frozenset[str]:
        """The names of a folder's compiled modules; looked for once."""
        if folder not in self._compiled:
            try:
                files = [name for name in os.listdir(folder) if name.endswith(COMPILED)]
            except (OSError, ValueError):
                files = []
            self._compiled[folder] = frozenset(name.partition(".")[0] for name in files)
        return self._compiled[folder]


def _part(tree: ast.Module, name: str) -> ast.Module | None:
    definitions = {each.name: each for each in tree.body if isinstance(each, _Definition)}
    wanted, waiting = dict[str, ast.stmt](), [name]
    while waiting:
        each = definitions.get(waiting.pop())
        if each is not None and each.name not in wanted:
            wanted[each.name] = each
            waiting += [part.id for part in ast.walk(each) if isinstance(part, ast.Name)]
    before = [each for each in tree.body if isinstance(each, _Binding)]
    return ast.Module([*before, *wanted.values()], []) if wanted else None


def _origins(tree: ast.Module, name: str) -> Iterator[tuple[str, str]]:
    """The modules that a module may have a name from, and its name there."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if alias.name == "*" or name == (alias.asname or alias.name):
                    yield node.module, name if alias.name == "*" else alias.name


def _in_full(tree: ast.Module, package: str) -> ast.Module:
    """Write out the imports that are relative to a package."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = package.split(".")
            above = parts[: max(0, len(parts) - node.level + 1)]
            node.module, node.level = ".".join([*above, *filter(None, [node.module])]), 0
    return tree


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
