"""Calls that read or write a file named by one of their arguments.

Which argument that is stands in file_tables.py; where it leads, and whether that matters, is for
paths.py.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator

from .file_tables import (
    BY_FUNCTION,
    COPYING,
    FETCHING,
    MOVING,
    PATH_KEYWORDS,
    PATH_METHODS,
    READING,
    WRITING,
)
from .kinds import Finding, Moved, Outcome, Reads, Searched, Touch, Unnamed
from .paths import Workspace, remote_address
from .site import CallSite
from .tables import words
from .telling_names import within
from .values import Concealed, FilePath, Found, Known, Reference, Text

_SEARCH_PATH = frozenset({"sys.path.append", "sys.path.insert", "sys.path.extend"})
_UNKNOWN = Reference("")  # what an argument is of which nothing is known
_NO_PATH = re.compile(  # a file that is open, a text in memory, a connection
    r"(^|[._])(open|fdopen|BytesIO|StringIO|\w*TemporaryFile|urlopen|connect|\w*engine)\(\)"
)
_OF_CLASS = re.compile(r"(pandas|polars)\.([\w.]+\.)?[A-Z]\w*\.\w+$")
_MODES = ("mode", "filemode")
_MAPPINGS = words(
    "dict() collections.defaultdict() collections.Counter() collections.OrderedDict()"
)
_SHORTENING = frozenset({"os.ftruncate", "open().truncate"})
_SEEKING = frozenset({"glob", "rglob", "iglob"})


def file_effects(site: CallSite, workspace: Workspace) -> Iterator[Outcome]:
    """Judge the files that a call plainly reads or writes, and say where it moves to."""
    if site.word in _SEEKING:
        finding = workspace.sought(site.known(0, "pathname", "pattern"))
        if finding:
            yield finding
    for known, touch in _touches(site, workspace):
        if isinstance(known, Text | FilePath) and known.value == os.devnull:
            continue
        finding = workspace.touched(known, touch)
        if touch == "read":
            yield Reads()
        if isinstance(known, Reference) and _may_be_path(site, known.dotted):
            yield Unnamed(touch)
        if touch == "replace" and isinstance(known, Found) and known.there:
            yield Finding("overwrite-file", f"overwrites files that are there: {site.source}")
        if finding:
            yield finding
    if site.target in _SHORTENING and site.node.args:
        yield Finding("overwrite-file", f"cuts off what a file holds: {site.source}")
    if _moves(site):
        yield Finding("delete", f"moves a file away: {site.source}")
    if _may_reach_out(site):
        for argument in site.arguments():
            address = remote_address(site.resolve(argument))
            if address:
                yield Finding("network", f"uses the network: {address}")
    if site.target in _SEARCH_PATH:
        yield from _searched(site, workspace)
    if site.target in {"os.chdir", "contextlib.chdir"}:
        goal = site.known(0, "path")
        if isinstance(goal, Text | FilePath) and goal.complete:
            yield Moved(goal.value)


def _searched(site: CallSite, workspace: Workspace) -> Iterator[Outcome]:
    """Judge where modules are to be found: in the person's folder, or elsewhere."""
    given = site.argument(1 if site.word == "insert" else 0)
    for each in given.elts if isinstance(given, ast.List | ast.Tuple) else [given]:
        folder, path = site.resolve(each), None
        if isinstance(folder, Text | FilePath) and folder.complete:
            path = workspace.resolved(folder)
        if path is not None and within(path, workspace.root) is not None:
            yield Searched(str(path))
        else:
            detail = f"lets modules be imported from another folder: {site.source}"
            yield Finding("dynamic", detail)


def _touches(site: CallSite, workspace: Workspace) -> Iterator[tuple[Known | None, Touch]]:
    if isinstance(site.receiver, FilePath):
        yield from _path_method(site, site.receiver)
    elif isinstance(site.receiver, Concealed) and site.word in PATH_METHODS.keys() | {"open"}:
        yield site.receiver, "replace"
    elif site.target == "os.open":
        yield site.known(0, "path"), _opened(site.argument(1, "flags"))
    elif site.target in BY_FUNCTION:
        for argument in BY_FUNCTION[site.target]:
            known = _path(site, argument.position, argument.keywords)
            yield known, _touch(site, argument.touch, argument.mode)
    elif site.target in COPYING | MOVING:
        source, target = site.known(0, "src"), site.known(1, "dst")
        yield source, "read"
        yield workspace.landing(source, target), "replace"
    elif site.word in {"extract", "extractall"}:
        yield site.known(1 if site.word == "extract" else 0, "path"), "add"
    elif site.target.startswith("pathlib.Path().") and site.word in PATH_METHODS.keys() | {"open"}:
        yield _UNKNOWN, PATH_METHODS.get(site.word) or _touch(site, "read", 0)
    elif site.word in WRITING:
        yield _path(site, int(bool(_OF_CLASS.match(site.target)))), _touch(site, "replace", None)
    elif site.word in READING or site.word.startswith(("read_", "scan_")):
        yield (
            _path(site, 0),
            _touch(site, "read", 1 if site.word == "open" else None),
        )


def _may_be_path(site: CallSite, dotted: str) -> bool:
    """Say whether what is only referred to may be a path: no file that is open, and no SQL."""
    return not (_NO_PATH.search(dotted) or site.word.startswith("read_sql"))


def _path(site: CallSite, position: int, keywords: tuple[str, ...] = PATH_KEYWORDS) -> Known | None:
    """What is given at a position; by a keyword only where nothing is: one may mean another thing,
    as `uri=True` does."""
    node = site.argument(position) or site.argument(None, *keywords)
    known = site.resolve(node)
    unknown = known is None and node is not None and not isinstance(node, ast.Constant)
    return _UNKNOWN if unknown else known


def _path_method(site: CallSite, path: FilePath) -> Iterator[tuple[Known | None, Touch]]:
    if site.word == "open":
        yield path, _touch(site, "read", 0)
    elif _moves(site):
        yield path, "add"
        yield site.known(0, "target"), "replace"
    elif site.word in PATH_METHODS:
        yield path, PATH_METHODS[site.word]
        if site.word in {"symlink_to", "hardlink_to"}:
            yield site.known(0, "target"), "read"


def _touch(site: CallSite, usual: Touch, position: int | None) -> Touch:
    """Let a mode such as "w" or "a" decide; a mode that cannot be read may replace."""
    if site.argument(None, "inplace") and usual == "read":
        return "replace"
    if site.text(None, "existing_data_behavior") in {"delete_matching", "overwrite_or_ignore"}:
        return "replace"
    if usual == "read" and position is None:
        return usual
    argument, mode = site.argument(position, *_MODES), site.text(position, *_MODES)
    if argument is None or mode is None:
        return usual if argument is None or isinstance(argument, ast.Constant) else "replace"
    if "w" in mode or "+" in mode:
        return "replace"
    if usual == "replace" and mode in {"r", "c"}:
        return "read"
    return "add" if set(mode) & {"a", "x"} else usual


def _opened(flags: ast.expr | None) -> Touch:
    """Let the names of the flags decide; flags that cannot be read may replace."""
    parts = ast.walk(flags) if flags is not None else ()
    names = {getattr(part, "attr", getattr(part, "id", "")) for part in parts}
    if not names & {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_CREAT"} or "O_TRUNC" in names:
        return "replace"
    if names & {"O_WRONLY", "O_RDWR"}:
        return "add" if names & {"O_APPEND", "O_EXCL"} else "replace"
    return "add" if "O_CREAT" in names else "read"


def _moves(site: CallSite) -> bool:
    if isinstance(site.receiver, FilePath):  # a text's `replace` takes two
        return site.word in {"rename", "replace"} and len(site.arguments()) == 1
    return site.target in MOVING


def _may_reach_out(site: CallSite) -> bool:
    owner = site.receiver.dotted if isinstance(site.receiver, Reference) else ""
    of_literal = isinstance(getattr(site.node.func, "value", None), ast.Dict)
    if isinstance(site.receiver, FilePath) or of_literal or owner in _MAPPINGS:
        return False
    return site.word in READING | FETCHING or site.word.startswith(("read_", "scan_", "load_"))
