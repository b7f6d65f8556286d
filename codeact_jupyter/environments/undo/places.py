"""What a run may change beside the variables: the settings of the process and of its libraries.

Its source is also sent into kernels.
"""

from __future__ import annotations

import os
import random
import sys
import types
import warnings
from importlib.machinery import ModuleSpec
from typing import Any

from codeact_jupyter.environments.probe_values import is_a, library, module_dict_of, module_of
from codeact_jupyter.environments.undo.kinds import ABSENT, Kind, can_change, same_dicts

NOT_LOOKED_AT = ("codeact", "IPython", "ipykernel", "_")
OF_SYS = frozenset(
    [
        "stdin",
        "stdout",
        "stderr",
        "displayhook",
        "excepthook",
        "unraisablehook",
        "argv",
        "ps1",
        "ps2",
        "ps3",
        "path",
        "modules",
        "last_type",
        "last_value",
        "last_traceback",
        "last_exc",
        "path_importer_cache",
        "meta_path",
        "path_hooks",
    ]
)


def _environment(environ: Any) -> dict[str, str]:
    return dict(environ)


def _put_environment(environ: Any, saved: dict[str, str]) -> None:
    for name in set(environ) - set(saved):
        del environ[name]
    for name, value in saved.items():
        if environ.get(name) != value:
            environ[name] = value


def _directory(_: Any) -> str:
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return ""


def _put_directory(_: Any, saved: str) -> None:
    if saved:
        os.chdir(saved)


ENVIRONMENT = Kind(
    _environment, lambda it, saved: _environment(it) == saved, _put_environment, lambda saved: ()
)
DIRECTORY = Kind(
    _directory, lambda it, saved: _directory(it) == saved, _put_directory, lambda saved: ()
)


def module_attributes(contents: dict[str, Any]) -> dict[str, Any]:
    """The public names of a library's module, without modules: an import adds these."""
    passed = OF_SYS if contents.get("__name__") == "sys" else ()
    return {
        name: value
        for name, value in dict.items(contents)
        if type(name) is str
        and name[:1] != "_"
        and type(value) is not types.ModuleType
        and name not in passed
    }


def _same_module(contents: dict[str, Any], saved: dict[str, Any]) -> bool:
    if same_dicts(contents, saved):  # nearly always, and much quicker than to look at each name
        return True
    now, before = module_attributes(contents), module_attributes(saved)
    if len(now) != len(before):
        return False
    return all(before.get(name, ABSENT) is value for name, value in now.items())


def _put_module(contents: dict[str, Any], saved: dict[str, Any]) -> None:
    now, before = module_attributes(contents), module_attributes(saved)
    for name in now.keys() - before.keys():
        del contents[name]
    for name, value in before.items():
        if now.get(name, ABSENT) is not value:
            contents[name] = value


MODULE = Kind(dict.copy, _same_module, _put_module, lambda saved: ())


def settings_roots() -> list[tuple[str, Any]]:
    """What is walked like a variable, by the name that a person knows it by."""
    roots: list[tuple[str, Any]] = [
        ("sys.path", sys.path),
        ("warnings.filters", warnings.filters),
        ("the random numbers of random", getattr(random, "_inst", None)),
    ]
    for name, module, attribute in (
        ("the random numbers of numpy.random", "numpy.random.mtrand", "_rand"),
        ("matplotlib.rcParams", "matplotlib", "rcParams"),
        ("pandas' options", "pandas._config.config", "_global_config"),
    ):
        if attribute in library(module):
            roots.append((name, library(module)[attribute]))
    return roots


def library_records() -> list[tuple[str, Any, Kind]]:
    """The environment, the directory, and each loaded module, as objects with a state."""
    records: list[tuple[str, Any, Kind]] = [
        ("os.environ", os.environ, ENVIRONMENT),
        ("the working directory", None, DIRECTORY),
    ]
    for name, module in list(sys.modules.items()):
        looked_at = type(name) is str and not name.startswith(NOT_LOOKED_AT)
        if looked_at and is_a(type(module), types.ModuleType):
            contents = module_dict_of(module)
            if not _is_being_imported(contents):
                records.append((f"module {name}", contents, MODULE))
    return records


def _is_being_imported(contents: dict[str, Any]) -> bool:
    """Whether another thread still makes a module: what it will have is no change of the run's."""
    spec = contents.get("__spec__")
    return type(spec) is ModuleSpec and vars(spec).get("_initializing", False) is True


def patchable_classes(values: list[Any]) -> list[tuple[str, Any]]:
    """The classes in the modules that names are bound to: a run may set an attribute of one."""
    found = []
    for module in values:
        if not is_a(type(module), types.ModuleType):
            continue
        contents = module_dict_of(module)
        for name, value in list(contents.items()):
            of_python = is_a(type(value), type) and can_change(value)
            if of_python and not name.startswith("_") and module_of(value) != "__main__":
                found.append((f"{contents.get('__name__')}.{name}", value))
    return found
