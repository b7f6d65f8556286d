"""Describe the variables of a live IPython namespace without calling any user code.

The source of this module and of the three it imports is also sent into kernels of other Python
environments (3.8 and later) and run there in a namespace of its own, so the four import nothing
else but the standard library. `probe_values` says why none of the user's code is called.

`changes` does not notice: edits inside modules, classes, closures and objects held by others;
elements of containers beyond those looked at; in arrays beyond 8 million elements what lies
between the windows read, and in arrays of text or objects between the elements sampled; a swap
within one window that misses its samples; a new object where an old one of its type was freed,
if both look alike; the order of an OrderedDict; memory-mapped, sparse, Arrow and Polars data
edited in place; and, for what is reached after the deadline, anything but a rebinding.
"""

from __future__ import annotations

import json
import re
import time
import types
import zlib
from collections.abc import Callable, Iterator
from itertools import chain, compress
from operator import is_not
from typing import Any

if __name__ != "codeact_probe":  # in a kernel the sources run in one namespace
    from codeact_jupyter.environments.probe_arrays import library_types
    from codeact_jupyter.environments.probe_audit import noting
    from codeact_jupyter.environments.probe_code import (
        is_written,
        module_folders,
        reached_path,
        short_text,
        source_code,
    )
    from codeact_jupyter.environments.probe_files import working_directory
    from codeact_jupyter.environments.probe_values import (
        BUILTIN_TYPES,
        LONGEST_NAME,
        Facts,
        dotted_path,
        module_of,
        other,
        standard_library_types,
        type_name,
    )

SOURCES = (
    *("probe_values.py", "probe_code.py", "probe_files.py", "probe_audit.py", "probe_arrays.py"),
    "probe.py",
)
DEADLINE_SECONDS, CONTENT_SECONDS = 0.25, 0.15
# Names that say that their value is for nobody to see.
SECRET = re.compile(
    r"(^|_)(api_?key|key|token|secret|passw(or)?d|pass(phrase|code)|pwd|credentials?)(_|$)", re.I
)
LONGEST_DETAIL, MOST_BINDINGS, MOST_OTHERS, MOST_WRITTEN = 600, 2_000, 20_000, 500


def probe(user_ns: dict[Any, Any], hidden: Any = (), limit: int = 500) -> dict[str, Any]:
    """Describe the newest `limit` variables, and older functions that the user wrote.

    What those do must be known, however many variables there are. "others" has the marks of those
    omitted.
    """
    started = time.perf_counter()
    variables = list(_variables(user_ns, hidden))
    older = variables[: max(0, len(variables) - max(0, limit))]
    written = [pair for pair in older if is_written(pair[1])][-MOST_WRITTEN:]
    described = [*written, *variables[len(older) :]]
    kept = {name for name, _ in written}
    omitted = [pair for pair in older if pair[0] not in kept]
    known = BUILTIN_TYPES
    if any(id(type(value)) not in known for _, value in described):
        known = {**known, **standard_library_types(), **library_types()}
    names, bindings = {}, {}
    for name, value in reversed(described):
        names[name] = _entry(value, known, time.perf_counter() - started)
        if type(value) is str and SECRET.search(name):
            names[name]["detail"] = (names[name]["detail"] or "").partition(":")[0]
    for name, value in reversed(variables):
        path = dotted_path(value) or reached_path(value)
        if path is not None:
            bindings[name] = path
        late = time.perf_counter() - started > DEADLINE_SECONDS
        if late or len(bindings) == MOST_BINDINGS:
            break
    return {
        "names": dict(reversed(list(names.items()))),
        "omitted": len(omitted),
        "others": {name: _identity(value) for name, value in omitted[-MOST_OTHERS:]},
        "bindings": bindings,
        "directory": working_directory(),
        "folders": module_folders(),
        "touched": noting().take(),
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[str]]:
    """Return the names added, changed and deleted between two results of `probe`.

    Where a namespace is too large for all its names to be listed, a name's absence says nothing.
    """
    old, new = before["names"], after["names"]
    added, changed = [], []
    unlike = renewed(before, after)
    same = len(new) - len(unlike)
    for name, entry in chain(unlike, after["others"].items()):
        earlier = old.get(name) or before["others"].get(name)
        same += earlier is not None
        if earlier is None:
            added.append(name)
        elif _differ(_mark(earlier), _mark(entry)):
            changed.append(name)
    gone: set[str] = set()
    if _lists_all(after) and len(old) + len(before["others"]) > same:
        gone = _all_names(before) - _all_names(after)
    return {
        "added": sorted(added) if _lists_all(before) else [],
        "changed": sorted(changed),
        "deleted": sorted(gone),
    }


def renewed(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the names of `after` with their entries, less those with the very entry of before.

    "renewed" and "since" of `after` say which they are, since which "names".
    """
    old, new = before["names"], after["names"]
    if after.get("since") is old:
        return list(after["renewed"].items())
    # In a large namespace the interpreter's loop sees to them.
    return list(compress(new.items(), map(is_not, new.values(), map(old.get, new))))


def json_probe(shell: Any) -> str:
    """Return what `probe` says of an IPython shell's variables, as ASCII JSON."""
    return json.dumps(probe(shell.user_ns, shell.user_ns_hidden))


SHELL = "__import__('IPython').get_ipython()"


def keeping_expression() -> str:
    """Return the expression that gives `json_probe`, and keeps the probe for `short_expression`.

    As a module that no name refers to: reading the sources anew takes longer than looking does.
    """
    keeps = f"__import__('sys').modules.__setitem__({_module_name(_sources())!r}, module)"
    run = "__import__('builtins').exec"  # not what the user may have called so
    runs = ", ".join(f"{run}({source!a}, module.__dict__)" for source in _sources())
    steps = f"{runs}, {keeps}, module.json_probe({SHELL})"
    return f"(lambda module: ({steps})[-1])(__import__('types').ModuleType('codeact_probe'))"


def short_expression() -> str:
    """Return the expression that gives the same where `keeping_expression` was used before."""
    module = f"__import__('sys').modules[{_module_name(_sources())!r}]"
    return f"{module}.json_probe({SHELL})"


def _sources() -> list[str]:
    from pathlib import Path

    return [(Path(__file__).parent / name).read_text("utf-8") for name in SOURCES]


def _module_name(sources: list[str]) -> str:
    return f"codeact_probe_{zlib.crc32(''.join(sources).encode()):x}"


def _variables(user_ns: dict[Any, Any], hidden: Any) -> Iterator[tuple[str, Any]]:
    anything, absent = object(), object()
    concealed = hidden if type(hidden) is dict else dict.fromkeys(hidden, anything)
    for name, value in dict.copy(user_ns).items():
        if type(name) is not str or name[:1] == "_" or len(name) > LONGEST_NAME:
            continue
        concealing = concealed.get(name, absent)
        if concealing is value or concealing is anything or _is_ipythons(name, value):
            continue
        if name.isidentifier():
            yield name, value


def _is_ipythons(name: str, value: Any) -> bool:
    if name in ("In", "Out"):
        return type(value) is (list if name == "In" else dict)
    if name not in ("exit", "quit", "get_ipython", "open"):
        return False
    function = value.__func__ if type(value) is types.MethodType else value
    owner = type(function)
    module = function.__module__ if owner is types.FunctionType else module_of(owner)
    return type(module) is str and module.startswith("IPython")


def _entry(value: Any, known: dict[int, Callable[[Any], Facts]], elapsed: float) -> dict[str, Any]:
    facts, mark = Facts(), _identity(value)
    try:
        if elapsed < DEADLINE_SECONDS:
            facts = known.get(id(type(value)), other)(value)
        if elapsed < CONTENT_SECONDS:
            mark += _content_mark(facts)
    except Exception:  # whatever surprises in one value must not hide the others
        facts = Facts()
    entry = {
        "type": type_name(type(value)),
        "shape": facts.shape,
        "size": facts.size,
        "detail": facts.detail and facts.detail[:LONGEST_DETAIL],
        "mark": mark,
    }
    text = short_text(value)
    if text is not None:
        entry["text"] = text
    try:
        source = source_code(value)
    except Exception:  # as above; what cannot be read counts as unknown
        source = ""
    if source is not None:
        entry["source"] = source
    return entry


def _identity(value: Any) -> str:
    return f"{id(type(value)):x}.{id(value):x}"


def _content_mark(facts: Facts) -> str:
    content = facts.content()
    seen = f"{facts.shape}{facts.detail}{content}".encode("utf-8", "backslashreplace")
    return f"|{'=' if content[:1] == '=' else ''}{zlib.crc32(seen):x}"


def _mark(entry: Any) -> str:
    """Return the mark of a described variable, or of one that is only listed."""
    mark = entry["mark"] if type(entry) is dict else entry
    return str(mark)


def _all_names(found: dict[str, Any]) -> set[str]:
    return {*found["names"], *found["others"]}


def _lists_all(found: dict[str, Any]) -> bool:
    return bool(len(found["others"]) == found["omitted"])


def _differ(old: str, new: str) -> bool:
    """Compare two marks: by content alone for whole values, by identity where one has no more."""
    old_identity, _, old_content = old.partition("|")
    new_identity, _, new_content = new.partition("|")
    if old_content[:1] == new_content[:1] == "=":
        return old_content != new_content
    known = bool(old_content and new_content)
    return old_identity != new_identity or (known and old_content != new_content)
