"""What a run may change beside the variables: the settings of the process and of its libraries.

Its source is also sent into kernels.
"""

from __future__ import annotations

import locale
import os
import random
import sys
import time
import types
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from importlib.machinery import ModuleSpec
from typing import Any

from codeact_jupyter.environments.probe_values import (
    is_a,
    library,
    module_dict_of,
    module_of,
    type_name,
)
from codeact_jupyter.environments.undo.kinds import ABSENT, Kind, can_change, same_dicts
from codeact_jupyter.environments.undo.parts import context_kind
from codeact_jupyter.environments.undo.plans import is_library

PLAIN = frozenset([bool, int, float, str, bytes])
# The kernel's, ours, and the client that a run asks its model with, which goes on being used.
NOT_LOOKED_AT = ("codeact", "IPython", "ipykernel", "httpx2", "httpcore2", "_")
OF_SYS = frozenset(
    [
        "stdin",
        "stdout",
        "stderr",
        "displayhook",
        "excepthook",
        "unraisablehook",
        "ps1",
        "ps2",
        "ps3",
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


# What is set for the process: its name, whose it is, what reads it and what sets it.
OF_THE_PROCESS = (
    ("the recursion limit", "sys", "getrecursionlimit", "setrecursionlimit"),
    ("the switching of threads", "sys", "getswitchinterval", "setswitchinterval"),
    ("the longest number as text", "sys", "get_int_max_str_digits", "set_int_max_str_digits"),
    ("the timeout of sockets", "socket", "getdefaulttimeout", "setdefaulttimeout"),
    ("the longest field of csv", "csv", "field_size_limit", "field_size_limit"),
    ("numpy's print options", "numpy", "get_printoptions", "set_printoptions"),
    ("numpy's handling of errors", "numpy", "geterr", "seterr"),
    ("numpy's call at errors", "numpy", "geterrcall", "seterrcall"),
)


def _environment(environ: Any) -> dict[str, str]:
    return dict(environ)


def _put_environment(environ: Any, saved: dict[str, str]) -> None:
    zone = environ.get("TZ")
    for name in set(environ) - set(saved):
        del environ[name]
    for name, value in saved.items():
        if environ.get(name) != value:
            environ[name] = value
    if environ.get("TZ") != zone and hasattr(time, "tzset"):
        time.tzset()  # the clock keeps what it read


def _directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it is gone
        return ""


def _put_directory(saved: str) -> None:
    if saved:
        os.chdir(saved)


ENVIRONMENT = Kind(
    _environment, lambda it, saved: _environment(it) == saved, _put_environment, lambda saved: ()
)


def module_attributes(contents: dict[str, Any]) -> dict[str, Any]:
    """The public names of a library's module, without modules: an import adds these."""
    passed = OF_SYS if contents.get("__name__") == "sys" else ()
    return {
        name: value
        for name, value in dict.items(contents)
        if type(name) is str
        and name[:1] != "_"
        and not is_a(type(value), types.ModuleType)
        and name not in passed
    }


def _same_module(contents: dict[str, Any], saved: dict[str, Any]) -> bool:
    if same_dicts(contents, saved):  # nearly always, and much quicker than to look at each name
        return True
    now, before = module_attributes(contents), module_attributes(saved)
    for name in _made_when_asked(contents, now.keys() - before.keys()):
        del now[name]
    if len(now) != len(before):
        return False
    return all(_is_as(value, before.get(name, ABSENT)) for name, value in now.items())


def _made_when_asked(contents: dict[str, Any], new: Iterable[str]) -> list[str]:
    """Which of a module's new names it announced, and keeps from the first time they are used."""
    announced: Any = contents.get("__all__")
    if "__getattr__" not in contents or type(announced) not in (list, tuple):
        return []
    names = {each for each in announced if type(each) is str}
    return [name for name in new if name in names]


def _is_as(one: Any, other: Any) -> bool:
    """Tell whether an attribute is what it was: `time.tzset()` binds the same values anew."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) is tuple:
        return len(one) == len(other) and all(map(_is_as, one, other))
    return type(one) in PLAIN and one == other


def _put_module(contents: dict[str, Any], saved: dict[str, Any]) -> None:
    now, before = module_attributes(contents), module_attributes(saved)
    new = now.keys() - before.keys()
    for name in new - set(_made_when_asked(contents, new)):
        del contents[name]
    for name, value in before.items():
        if now.get(name, ABSENT) is not value:
            contents[name] = value


MODULE = Kind(dict.copy, _same_module, _put_module, lambda saved: ())


def _process_kind(read: Callable[..., Any], write: Callable[..., Any]) -> Kind:
    """A setting of the process, which is no object's; one that is read as a dict is set by name."""

    def put(_: Any, saved: Any) -> None:
        write(**saved) if type(saved) is dict else write(saved)

    return Kind(lambda _: read(), lambda _, saved: _is_set_to(read(), saved), put, lambda saved: ())


def _kind_of(one: Any, kind: Kind) -> Kind:
    """A setting that one object holds, whatever it is asked of."""
    return Kind(
        lambda _: kind.take(one),
        lambda _, saved: kind.same(one, saved),
        lambda _, saved: kind.put(one, saved),
        kind.inside,
    )


def _is_set_to(now: Any, saved: Any) -> bool:
    if type(now) is not dict or type(saved) is not dict:
        return _is_as(now, saved)
    return now.keys() == saved.keys() and all(_is_as(now[name], saved[name]) for name in now)


def _process_settings() -> list[tuple[str, Kind]]:
    """What is set for the process as a whole, of the libraries that are there."""
    of_all = partial(locale.setlocale, locale.LC_ALL)
    found = [
        ("the working directory", _process_kind(_directory, _put_directory)),
        ("the locale", _process_kind(of_all, of_all)),
    ]
    for label, module, read, write in OF_THE_PROCESS:
        contents = library(module)
        if read in contents and write in contents:
            found.append((label, _process_kind(contents[read], contents[write])))
    decimal = library("decimal")
    if "getcontext" in decimal:
        kind = context_kind(decimal["Context"], with_flags=False)
        found.append(("decimal's context", _kind_of(decimal["getcontext"](), kind)))
    return found


def settings_roots() -> list[tuple[str, Any]]:
    """What is walked like a variable, by the name that a person knows it by."""
    roots: list[tuple[str, Any]] = [
        ("sys.path", sys.path),
        ("sys.argv", sys.argv),
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
    """The environment, what is set for the process, and each loaded module, with their states."""
    records: list[tuple[str, Any, Kind]] = [("os.environ", os.environ, ENVIRONMENT)]
    # A label stands for the setting itself: it is the same at each checkpoint.
    records += [(label, label, kind) for label, kind in _process_settings()]
    for name, module in list(sys.modules.items()):
        looked_at = type(name) is str and not name.startswith(NOT_LOOKED_AT)
        if looked_at and is_a(type(module), types.ModuleType):
            contents = module_dict_of(module)
            if not _is_being_imported(contents):
                records.append((f"module {name}", contents, MODULE))
    return records


def persons_modules(place: str) -> list[tuple[str, Any]]:
    """The modules that are the person's: of one, a function alone may have a name."""
    return [
        (f"module {name}", module)
        for name, module in list(sys.modules.items())
        if type(name) is str and not name.startswith(NOT_LOOKED_AT) and _is_of(place, name, module)
    ]


def _is_of(place: str, name: str, module: Any) -> bool:
    contents = module_dict_of(module) if is_a(type(module), types.ModuleType) else {}
    is_file = "__file__" in contents and not _is_being_imported(contents)
    return is_file and name != "__main__" and not is_library(name, place)


def _is_being_imported(contents: dict[str, Any]) -> bool:
    """Whether another thread still makes a module: what it will have is no change of the run's."""
    spec = contents.get("__spec__")
    return type(spec) is ModuleSpec and vars(spec).get("_initializing", False) is True


def patchable_classes(values: list[Any]) -> list[tuple[str, Any]]:
    """The classes among these values, and in the modules among them: a run may patch one."""
    modules = {cls for cls in set(map(type, values)) if is_a(cls, types.ModuleType)}
    metaclasses = {cls for cls in set(map(type, values)) if is_a(cls, type)}
    found = [value for value in values if type(value) in metaclasses]
    for module in (value for value in values if type(value) in modules):
        for name, value in list(module_dict_of(module).items()):
            if is_a(type(value), type) and not name.startswith("_"):
                found.append(value)
    classes = {id(cls): cls for cls in found if can_change(cls) and module_of(cls) != "__main__"}
    return [(type_name(cls), cls) for cls in classes.values()]
