"""What the functions and methods of pathlib and os.path give, for paths that are known.

Text in, text out: no file is looked at here; paths.py does that. `directory` is the current one: a
path that was made absolute stays what it is when the code moves on.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence

from .values import FilePath, Known, Text

_UNCHANGED = frozenset({"as_posix", "expanduser", "relative_to"})
_ABSOLUTE = frozenset({"absolute", "resolve", "os.path.abspath", "os.path.realpath"})
_OF_PACKAGES = frozenset({"site.getusersitepackages", "site.getuserbase"})
_SAME_PATH = frozenset({"os.path.normpath", "os.fspath", "os.fsencode", "os.fsdecode", "str"})


def path_attribute(path: FilePath, name: str) -> Known | None:
    """Give an attribute of a path, such as its parent."""
    if not path.complete:
        return None
    if name == "parent":
        return FilePath(_parent(path.value))
    return Text(posixpath.basename(path.value.rstrip("/"))) if name == "name" else None


def path_method(
    path: FilePath, name: str, arguments: Sequence[Known | None], directory: str
) -> Known | None:
    """Give what a method of a path returns, when that is a path too."""
    if name in _ABSOLUTE:
        return FilePath(directory).joined(path)
    if name == "joinpath":
        for part in arguments:
            path = path.joined(part)
        return path
    if name == "with_suffix" and path.complete:
        suffix = arguments[0] if arguments else None
        text = Text(posixpath.splitext(path.value)[0]).plus(suffix)
        return FilePath(text.value, text.complete)
    if name == "with_name":
        return FilePath(_parent(path.value)).joined(arguments[0] if arguments else None)
    return path if name in _UNCHANGED else None


def path_call(function: str, arguments: Sequence[Known | None], directory: str) -> Known | None:
    """Give what a function of pathlib, os or os.path returns, when that is a path."""
    if function == "pathlib.Path":
        return _joined(arguments or [Text(".")])
    if function == "pathlib.Path.home":
        return FilePath(os.path.expanduser("~"))
    if function in {"pathlib.Path.cwd", "os.getcwd"}:
        return FilePath(directory)
    if function in _OF_PACKAGES:
        return Text("/(where packages are installed)")
    first = arguments[0] if arguments else None
    if not isinstance(first, Text | FilePath):
        return None
    if function in _ABSOLUTE:
        return FilePath(directory).joined(first)
    if function == "os.path.join":
        return _joined(arguments)
    if function == "os.path.expanduser":
        return FilePath(os.path.expanduser(first.value), first.complete)
    if function == "os.path.expandvars":
        home = os.path.expanduser("~")
        text = first.value.replace("${HOME}", home).replace("$HOME", home)
        return FilePath(text, first.complete) if "$" not in text else None
    if function == "os.path.dirname" and first.complete:
        return FilePath(_parent(first.value))
    return first if function in _SAME_PATH else None


def _joined(parts: Sequence[Known | None]) -> FilePath | None:
    first = parts[0]
    if not isinstance(first, Text | FilePath):
        return None
    path = FilePath(first.value, first.complete)
    for part in parts[1:]:
        path = path.joined(part)
    return path


def _parent(value: str) -> str:
    """Go one folder up, also from `.` and `..`, which have no name to take away."""
    stripped = value.rstrip("/") or value
    if posixpath.basename(stripped) in {"", ".", ".."} and not stripped.startswith("/"):
        return f"{stripped or '.'}/.."
    return posixpath.dirname(stripped) or "."
