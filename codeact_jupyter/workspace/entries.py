"""What is in the working directory: every file, folder and link, as far as the bounds reach.

Links are never followed. What version control, virtual environments and caches keep is passed over.
"""

from __future__ import annotations

import os
import re
import stat
import time
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PASSED_OVER = frozenset(
    (".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".ipynb_checkpoints")
) | {".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".cache", ".virtual_documents"}
REPOSITORIES = (".git", ".hg", ".svn")
DEEPEST_REPOSITORY, MOST_FOLDERS = 3, 2_000
# Beside a notebook: what a run holds, and what is being written in its place.
PASSING = (".ipynb.lock", ".writing")
# What each IPython of this user writes while it runs.
IPYTHONS_HISTORY, PROFILE = "history.sqlite", re.compile(r"(.*/)?profile_[^/]*\Z")
SIGNS_OF_AN_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
MOST_ENTRIES = 20_000
EntryKind = Literal["file", "folder", "link"]


@dataclass(frozen=True)
class Entry:
    """One thing in the directory: what a change of it would change.

    `content` is the name of the copy of a file's content, empty when there is none; `target` is
    where a link leads.
    """

    kind: EntryKind
    mode: int
    size: int = 0
    modified: int = 0
    changed: int = 0
    node: int = 0
    target: str = ""
    content: str = ""

    def is_as(self, other: Entry | None) -> bool:
        """Whether the system says that nothing was written since."""
        if other is None or self.kind != other.kind or self.mode != other.mode:
            return False
        if self.kind == "link":
            return self.target == other.target
        mine = (self.size, self.modified, self.changed, self.node)
        theirs = (other.size, other.modified, other.changed, other.node)
        return self.kind == "folder" or mine == theirs


def entry_of(path: Path | str) -> Entry | None:
    """What is there; None when there is nothing, or no file, folder or link."""
    try:
        found = os.lstat(path)
        mode = stat.S_IMODE(found.st_mode)
        if stat.S_ISLNK(found.st_mode):
            return Entry("link", 0, target=os.readlink(path))
    except (OSError, ValueError):
        return None
    if stat.S_ISDIR(found.st_mode):
        return Entry("folder", mode)
    if not stat.S_ISREG(found.st_mode):
        return None
    times = (found.st_mtime_ns, found.st_ctime_ns)
    return Entry("file", mode, found.st_size, *times, found.st_ino)


@dataclass(frozen=True)
class Listing:
    """The entries by their path below the root; `ended` says why there are no more of them.

    `unread` are the folders, the root as an empty path, of which not all was looked at.
    """

    entries: dict[str, Entry]
    ended: str = ""
    unread: frozenset[str] = frozenset()


def listed(root: Path, passed: Collection[str] = (), *, seconds: float) -> Listing:
    """All that is below the root, but for `passed`; bounded in number and time."""
    entries: dict[str, Entry] = {}
    deadline, ended = time.monotonic() + seconds, ""
    unread = dict.fromkeys([""])
    for path in _walk(root, frozenset(passed), unread):
        entry = entry_of(root / path)
        if entry is not None:
            entries[path] = entry
        if len(entries) >= MOST_ENTRIES:
            ended = f"there are more than {MOST_ENTRIES:,}"
        elif time.monotonic() > deadline:
            ended = f"there was no time for more within {seconds:g} s"
        if ended:
            break
    return Listing(entries, ended, frozenset(unread))


def own_paths(root: Path, *ours: Path) -> list[str]:
    """The paths below the root that running programs write beside the code of a run.

    `ours` are the notebook that shows it and, for who works in their home, our own records with
    the journal of this very run. There are the files too by which kernels are reached, and what
    Jupyter trusts: an undo puts none of it back.
    """
    from jupyter_core.paths import jupyter_data_dir, jupyter_runtime_dir

    theirs = (Path(jupyter_runtime_dir()), Path(jupyter_data_dir(), "nbsignatures.db"))
    places = (each.resolve() for each in (*ours, *theirs))
    return [it.relative_to(root).as_posix() for it in places if root in it.parents]


def _walk(root: Path, passed: frozenset[str], unread: dict[str, None]) -> Iterator[str]:
    """The paths below the root, those of a folder before those of the folders in it.

    A folder is in `unread` from when it is found until all that is in it was given.
    """
    folders = deque([""])
    while folders:
        folder = folders.popleft()
        try:
            with os.scandir(root / folder) as found:
                there = sorted(found, key=lambda each: each.name)
        except OSError:
            continue
        for each in there:
            path = f"{folder}/{each.name}" if folder else each.name
            if path in passed or (each.name in PASSED_OVER and not each.is_symlink()):
                continue
            if each.name.startswith(".") and each.name.endswith(PASSING):
                continue
            if each.name.startswith(IPYTHONS_HISTORY) and PROFILE.match(folder):
                continue
            if each.is_dir(follow_symlinks=False):
                if any(
                    os.path.lexists(os.path.join(each.path, s)) for s in SIGNS_OF_AN_ENVIRONMENT
                ):
                    continue
                folders.append(path)
                unread[path] = None
            yield path
        del unread[folder]


def was_absent(path: str, entries: Collection[str], unread: Collection[str]) -> bool:
    """Whether a path that is not among the entries is known not to have been there."""
    folder = path.rpartition("/")[0]
    if not folder or folder in entries:
        return folder not in unread
    return was_absent(folder, entries, unread)


def alike(one: Entry | None, other: Entry | None) -> bool:
    """Whether two entries of a path say that nobody changed it in between."""
    if one is None or other is None:
        return one is other
    mine = (one.kind, one.mode, one.target)
    same = mine == (other.kind, other.mode, other.target)
    return same and (one.kind != "file" or (one.size, one.modified) == (other.size, other.modified))


def entry_to_json(entry: Entry) -> list[Any]:
    """The entry as it is written down."""
    times = [entry.size, entry.modified, entry.changed, entry.node]
    return [entry.kind, entry.mode, *times, entry.target, entry.content]


def entry_from_json(value: list[Any]) -> Entry:
    """The entry that was written down."""
    return Entry(*value)


def repositories(root: Path) -> list[str]:
    """The folders of version control up to some depth, whose hooks the person's programs run."""
    found, folders = [], [("", 1)]
    for folder, depth in folders:
        try:
            with os.scandir(root / folder) as entries:
                inside = [each.name for each in entries if each.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        paths = {name: f"{folder}/{name}" if folder else name for name in sorted(inside)}
        found += [path for name, path in paths.items() if name in REPOSITORIES]
        if depth < DEEPEST_REPOSITORY:
            below = [path for name, path in paths.items() if name not in PASSED_OVER]
            folders += [(path, depth + 1) for path in below[: MOST_FOLDERS - len(folders)]]
    return found
