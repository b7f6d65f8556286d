"""Brings the checkpoint into kernels of other Python environments, which lack our package.

The sources run there as modules of their own, under a name that says which version they are; so a
checkpoint that a magic took in its own process is found by the panel's server, if both are alike.
"""

from __future__ import annotations

import sys
import zlib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = "codeact_jupyter.environments"
PARTS = (
    "kinds",
    "parts",
    "buffers",
    "parked",
    "arrays",
    "classes",
    "plans",
    "places",
    "budget",
    "walking",
    "threads",
    "checkpoint",
    "changes",
    "joining",
    "serving",
)
SHELL = "__import__('IPython').get_ipython()"
BRING = """
import sys, types
package = sys.modules[name] = types.ModuleType(name)
for part, source in parts:
    module = sys.modules[name + "." + part] = types.ModuleType(name + "." + part)
    exec(compile(source, "<codeact " + part + ">", "exec"), module.__dict__)
"""


def asking(ask: str, *given: Any) -> str:
    """The expression that asks this of the checkpoints in a kernel that has the sources."""
    shell = f"{SHELL}, " if ask == "take" else ""
    values = "".join(f", {value!r}" for value in given)
    values = f", {shell}{values[2:]}" if shell else values
    return f"__import__('sys').modules['{_name()}.serving'].answer({ask!r}{values})"


def bringing(then: str) -> str:
    """The expression that brings the sources, and gives what the expression `then` gives."""
    given = f"{{'name': {_name()!r}, 'parts': {_parts()!a}}}"
    return f"(__import__('builtins').exec({BRING!a}, {given}), {then})[-1]"


def known_here() -> ModuleType:
    """The checkpoints of this process, also found by who asks this kernel from outside."""
    from . import serving

    sys.modules.setdefault(_name(), ModuleType(_name()))
    return sys.modules.setdefault(f"{_name()}.serving", serving)


@cache
def _name() -> str:
    plain = "".join(source for _, source in _sources())
    return f"codeact_undo_{zlib.crc32(plain.encode()):x}"


@cache
def _parts() -> tuple[tuple[str, str], ...]:
    """The sources, with their imports of each other by the name that they have in a kernel."""
    named = ((part, source.replace(f"{OURS}.undo", _name())) for part, source in _sources())
    return tuple(
        (part, source.replace(f"{OURS}.probe_values", f"{_name()}.probe_values"))
        for part, source in named
    )


@cache
def _sources() -> tuple[tuple[str, str], ...]:
    here = Path(__file__).parent
    files = (here.parent / "probe_values.py", *(here / f"{part}.py" for part in PARTS))
    return tuple((file.stem, file.read_text("utf-8")) for file in files)
