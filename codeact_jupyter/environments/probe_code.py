"""Tell what the gate reads of a value: a short text, and the code of what the user wrote.

One of the modules whose source `probe` also sends into kernels (Python 3.8 and later); it calls no
user code: the lines come from where IPython keeps the cells for tracebacks.
"""

from __future__ import annotations

import dis
import functools
import linecache
import sys
import textwrap
import types
from typing import Any

if __name__ != "codeact_probe":  # in a kernel the sources run in one namespace
    from codeact_jupyter.environments.probe_values import (
        class_dict_of,
        dotted_path,
        is_a,
        library,
        module_of,
        qualname_of,
    )

LONGEST_SHORT_TEXT, LONGEST_SOURCE, MOST_FOLDERS, MOST_KEPT = 400, 20_000, 30, 2_000
_kept: dict[int, tuple[Any, str]] = {}


def short_text(value: Any) -> str | None:
    """Return a text or a path that is short; None for everything else."""
    if type(value) is str:
        return value if len(value) <= LONGEST_SHORT_TEXT else None
    paths = library("pathlib")
    if type(value) is paths.get("PosixPath") or type(value) is paths.get("WindowsPath"):
        text = str(value)
        return text if len(text) <= LONGEST_SHORT_TEXT else None
    return None


def is_written(value: Any) -> bool:
    """Return whether this is a function or class that the user wrote, and no module has."""
    if type(value) is types.FunctionType:
        module = value.__module__
        return type(module) is str and module == "__main__"
    return is_a(type(value), type) and module_of(value) == "__main__"


def source_code(value: Any) -> str | None:
    """Return the code of a function or class that the user wrote, empty when it is not known.

    None for all else.
    """
    if not is_written(value):
        return None
    return _function_code(value) if type(value) is types.FunctionType else _class_code(value)


def reached_path(value: Any) -> str | None:
    """Return where a bound method or a partial function comes from; None for everything else."""
    if type(value) is types.MethodType:
        function = value.__func__
        return dotted_path(function) if type(function) is types.FunctionType else None
    if type(value) is functools.partial:
        return dotted_path(value.func)
    if type(value) is types.BuiltinFunctionType:
        owner = value.__self__
        cls = type(owner)
        if owner is not None and cls is not types.ModuleType and cls is not type:
            return f"{module_of(cls)}.{qualname_of(cls)}().{value.__name__}"
    return None


def module_folders() -> list[str]:
    """Return where modules are looked for, without the places where packages are installed."""
    installed = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    folders = [each for each in sys.path if type(each) is str and each]
    return [each for each in folders if not each.startswith(installed)][:MOST_FOLDERS]


def _function_code(function: Any) -> str:
    code = function.__code__
    kept = _kept.get(id(code))
    if kept is not None and kept[0] is code:
        return kept[1]
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    text = _lines_of(code)
    _kept[id(code)] = code, text
    return text


def _class_code(cls: Any) -> str:
    methods = []
    for member in class_dict_of(cls).values():
        if type(member) is staticmethod or type(member) is classmethod:
            member = member.__func__
        members = (member.fget, member.fset) if type(member) is property else (member,)
        functions = [each for each in members if type(each) is types.FunctionType]
        methods += [_function_code(each) for each in functions if each.__module__ == "__main__"]
    if "" in methods:
        return ""
    body = "\n".join(methods) or "pass"
    return f"class {qualname_of(cls).rpartition('.')[2]}:\n{textwrap.indent(body, '    ')}"


def _lines_of(code: Any) -> str:
    entry = dict.get(linecache.cache, code.co_filename)
    if type(entry) is not tuple or len(entry) < 3:
        return ""
    lines, first = entry[2], code.co_firstlineno - 1
    last = _last_line(code)
    indent = _indentation(lines[first]) if first < len(lines) else 0
    while last < len(lines) and (not lines[last].strip() or _indentation(lines[last]) > indent):
        last += 1
    text = textwrap.dedent("".join(lines[first:last]))
    return text if len(text) <= LONGEST_SOURCE else ""


def _last_line(code: Any) -> int:
    last = max((line for _, line in dis.findlinestarts(code) if line), default=0)
    inner = [_last_line(each) for each in code.co_consts if type(each) is types.CodeType]
    return max([last, *inner])


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())
