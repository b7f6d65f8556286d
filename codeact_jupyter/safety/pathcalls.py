"""What the functions and methods of pathlib and os.path give, for paths that are known.

Text in, text out: no file is looked at here; paths.py does that. `directory` is the current one: a
path that was made absolute stays what it is when the code moves on.
"""

from __future__ import annotations

import os
import posixpath
import tempfile
from collections.abc import Sequence

from .tables import words
from .values import Concealed, FilePath, Found, Known, Text

_UNCHANGED = frozenset({"as_posix", "expanduser", "relative_to"})
_ABSOLUTE = frozenset({"absolute", "resolve", "os.path.abspath", "os.path.realpath"})
_TEMPORARY = frozenset({"tempfile.gettempdir", "tempfile.gettempdirb"})
_OF_PACKAGES = frozenset({"site.getusersitepackages", "site.getuserbase"})
_OF_PATHS = frozenset(
    {"pathlib.Path", "os.path.join", "os.path.expanduser", "os.path.expandvars", "os.path.dirname"}
)
_LOOKING = frozenset({"glob", "rglob", "iterdir"})  # and `walk`, which gives names
_LISTING = frozenset({"os.listdir", "os.scandir", "os.walk", "os.fwalk"})
_GLOBBING = frozenset({"glob.glob", "glob.iglob"})
_SAME_PATH = frozenset({"os.path.normpath", "os.fspath", "os.fsencode", "os.fsdecode", "str"})
_KEEPING = _ABSOLUTE | words(  # what was found stays what it is
    "sorted list tuple set iter next max min reversed enumerate random.choice natsort.natsorted"
)


def path_attribute(path: FilePath, name: str) -> Known | None:
    """Give an attribute of a path, such as its parent."""
    if isinstance(path, Found) and name in {"name", "path"}:
        return Found(path.value, bare=name == "name")
    if not path.complete:
        return None
    if name == "parent":
        return FilePath(_parent(path.value))
    return Text(posixpath.basename(path.value.rstrip("/"))) if name == "name" else None


def path_method(
    path: FilePath, name: str, arguments: Sequence[Known | None], directory: str
) -> Known | None:
    """Give what a method of a path returns, when that is a path too."""
    if any(isinstance(each, Concealed) for each in arguments):
        return Concealed()
    if name in _LOOKING or name == "walk":
        return Found(f"{path.value}/", bare=name == "walk")
    if name in _ABSOLUTE:
        return path if isinstance(path, Found) else FilePath(directory).joined(path)
    if name == "joinpath":
        for part in arguments:
            path = path.joined(part)
        return path
    if name == "with_suffix" and path.complete:
        suffix = arguments[0] if arguments else None
        text = Text(posixpath.splitext(path.value)[0]).plus(suffix)
        return FilePath(text.value, text.complete)
    if name == "with_name":
        folder = FilePath(_parent(path.value)) if path.complete else path
        return folder.joined(arguments[0] if arguments else None)
    return path if name in _UNCHANGED else None


def path_call(function: str, arguments: Sequence[Known | None], directory: str) -> Known | None:
    """Give what a function of pathlib, os or os.path returns, when that is a path."""
    conceals = any(isinstance(each, Concealed) for each in arguments)
    if conceals and function in _OF_PATHS | _ABSOLUTE | _SAME_PATH:
        return Concealed()
    if function == "pathlib.Path":
        return _joined(arguments or [Text(".")])
    if function == "pathlib.Path.home":
        return FilePath(os.path.expanduser("~"))
    if function in {"pathlib.Path.cwd", "os.getcwd"}:
        return FilePath(directory)
    if function in _TEMPORARY:
        return Text(tempfile.gettempdir())
    if function in _OF_PACKAGES:
        return Text("/(where packages are installed)")
    first = arguments[0] if arguments else None
    if function in _LISTING | _GLOBBING:
        return _found(function, first if arguments else Text("."))
    if not isinstance(first, Text | FilePath):
        return None
    if isinstance(first, Found) and (function in _KEEPING or function.startswith("tqdm.")):
        return first
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


def _found(function: str, where: Known | None) -> Found:
    """Give what was found there; an unknown place is an empty text."""
    value = where.value if isinstance(where, Text | FilePath) else ""
    if function in _GLOBBING:
        return Found(value[: value.rfind("/") + 1] or ("./" if value else ""))
    return Found(f"{value}/" if value else "", bare=True)


def _joined(parts: Sequence[Known | None]) -> FilePath | None:
    first = parts[0]
    if not isinstance(first, Text | FilePath):
        return None
    path = first if isinstance(first, FilePath) else FilePath(first.value, first.complete)
    for part in parts[1:]:
        path = path.joined(part)
    return path


def _parent(value: str) -> str:
    """Go one folder up, also from `.` and `..`, which have no name to take away."""
    stripped = value.rstrip("/") or value
    if posixpath.basename(stripped) in {"", ".", ".."} and not stripped.startswith("/"):
        return f"{stripped or '.'}/.."
    return posixpath.dirname(stripped) or "."
