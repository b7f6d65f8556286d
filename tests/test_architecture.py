"""The house as it must stand: imports point one way, files are small, names are few."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import codeact_jupyter

PACKAGE = Path(codeact_jupyter.__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))

# What each part may import of the package, besides itself.
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "prompts": set(),
    "demo": set(),
    "cleaning": set(),
    "plain": set(),
    "our_cells": set(),
    "rasters": set(),
    "engine": {"errors"},
    "models": {"engine", "errors", "prompts"},
    "environments": {"engine", "errors", "our_cells", "plain", "rasters"},
    "notebook": {"engine", "errors"},
    "safety": {"engine", "errors", "plain"},
    "workspace": {"engine", "errors"},
    "undoing": {"engine", "errors", "workspace"},
    "sandbox": {"cleaning", "errors"},
    "record": {"cleaning", "engine", "errors", "notebook", "our_cells", "plain", "rasters"},
    "key_store": {"errors"},
    "settings": {"engine", "errors", "key_store"},
    "choosing": {"engine", "errors", "models", "prompts", "settings"},
    "session": {
        "choosing",
        "engine",
        "environments",
        "errors",
        "notebook",
        "prompts",
        "record",
        "safety",
        "settings",
        "undoing",
    },
    "frontends": {
        "",
        "choosing",
        "engine",
        "environments",
        "errors",
        "key_store",
        "models",
        "notebook",
        "our_cells",
        "rasters",
        "record",
        "safety",
        "sandbox",
        "session",
        "settings",
        "undoing",
        "workspace",
    },
    "": {"frontends"},
}
HEAVY = ("anthropic", "pandas", "matplotlib", "nbconvert", "nbformat", "genai_prices", "rich")
FORBIDDEN_NAMES = {"utils", "util", "helpers", "common", "base", "manager", "misc"}
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40


def part_of(module: Path) -> str:
    """The first part of a module's dotted name below the package; empty for the package itself."""
    first = module.relative_to(PACKAGE).parts[0]
    return "" if first == "__init__.py" else first.removesuffix(".py")


def imports_of(module: Path) -> set[str]:
    """The parts of the package that a module imports, and for others the name of the package."""
    package = module.relative_to(PACKAGE.parent).parent.parts
    found = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join((*base, *filter(None, [node.module])))
            found |= {f"{name}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(module: Path) -> None:
    part = part_of(module)
    allowed = ARROWS[part] | {part}
    known = {name for name in ARROWS if name}
    for name in imports_of(module):
        parts = name.split(".")
        if parts[0] == "codeact_jupyter":
            target = parts[1] if len(parts) > 1 and parts[1] in known else ""
            assert target in allowed, f"{part} must not import {target or 'the package'}: {name}"


@pytest.mark.parametrize(
    "module",
    [path for path in MODULES if part_of(path) in ("engine", "errors")],
    ids=lambda path: path.name,
)
def test_the_engine_needs_the_standard_library_only(module: Path) -> None:
    for name in imports_of(module):
        root = name.split(".")[0]
        assert root == "codeact_jupyter" or root in sys.stdlib_module_names, name


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_small_and_says_what_it_is_for(module: Path) -> None:
    source = module.read_text("utf-8")
    tree = ast.parse(source)
    assert ast.get_docstring(tree), "every module opens by saying what it is for"
    assert len(source.splitlines()) <= LONGEST_MODULE
    assert module.stem not in FORBIDDEN_NAMES
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_only_the_errors_module_defines_exceptions_that_people_see() -> None:
    for module in MODULES:
        if module.name == "errors.py":
            continue
        for node in ast.walk(ast.parse(module.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases = {ast.unparse(base) for base in node.bases}
                assert not bases & {"Exception", "CodeActError", "ValueError"}, node.name


def test_public_names_are_few_and_sorted() -> None:
    assert codeact_jupyter.__all__ == sorted(codeact_jupyter.__all__)
    assert all(hasattr(codeact_jupyter, name) for name in codeact_jupyter.__all__)


def test_importing_the_package_and_the_magic_loads_nothing_heavy() -> None:
    code = (
        "import sys; import codeact_jupyter, codeact_jupyter.frontends.magic; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
