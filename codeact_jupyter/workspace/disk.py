"""What a run changed on disk, file by file: shown as differences, and restored one by one.

A file that is restored is no change of the run any more; what was there instead is kept, so that it
can be brought back.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..engine.undoing import Restored, WhatChange
from .copying import BINARY, NOT_FOLLOWED, stays_inside
from .entries import Entry
from .manifest import Kept
from .run_files import RunFiles

MOST_BYTES = 512 << 10
MOST_LINES = 3_000
MOST_SHOWN = 200


@dataclass(frozen=True)
class FileChange:
    """A file, link or folder that a run added, changed or deleted.

    With `conflict` somebody changed it again since; `restored` is as it was before the run.
    """

    path: str
    what: WhatChange
    kind: str = "file"
    conflict: bool = False
    restored: bool = False


@dataclass(frozen=True)
class OnDisk:
    """What a run did to the files of its directory.

    `planted` are repositories that are new, whose hooks the person's programs would run; `gaps`
    say what was changed and not kept, and why.
    """

    root: Path
    changes: tuple[FileChange, ...] = ()
    planted: tuple[str, ...] = ()
    gaps: Mapping[str, str] | None = None


class Disk:
    """What the run of this snapshot changed on disk."""

    def __init__(self, snapshot: RunFiles) -> None:
        self._snapshot = snapshot

    def look(self) -> OnDisk:
        """What there is to show and restore; raises UndoError when nothing is kept of the run."""
        kept = self._snapshot.kept()
        changes = [self._change(path, kept) for path in sorted(kept.after)]
        shown = tuple(each for each in changes if each is not None)
        gaps = {path: why for path, why in kept.gaps.items() if path in kept.after}
        return OnDisk(kept.root, shown, tuple(kept.planted), gaps)

    def difference(self, path: str) -> str:
        """How the text of a file became another, bounded; in words where it is no text.

        Raises UndoError when nothing is kept of the run.
        """
        kept = self._snapshot.kept()
        old = self._kept_text(kept.before.get(path))
        if path in kept.restored:
            new = self._kept_text(kept.restored[path])
        else:
            new = _text_at(kept.root, path)
        if isinstance(old, int) or isinstance(new, int):
            return f"{_told(old)} before, {_told(new)} after"
        lines = [*difflib.unified_diff(old, new, "before", "after", n=2, lineterm="")][2:]
        more = len(lines) - MOST_SHOWN
        return "\n".join([*lines[:MOST_SHOWN], *[f"… and {more} more lines"] * (more > 0)])

    def restore(self, paths: Collection[str], *, overwrite: bool = False) -> Restored:
        """Put files back as they were before the run; those that are restored, as they were then.

        What was changed again since is left alone, unless `overwrite` says otherwise. Raises
        UndoError when nothing is kept of the run.
        """
        kept = self._snapshot.kept()
        changes = {path: self._change(path, kept) for path in _with_folders(paths, kept)}
        known = {path: change for path, change in changes.items() if change is not None}
        chosen = [path for path, each in known.items() if overwrite or not each.conflict]
        done, failed = self._snapshot.swap(chosen)
        left = [path for path in known if path not in chosen]
        unknown = [path for path in paths if path not in known]
        return Restored(tuple(done), tuple(left), (*failed, *unknown))

    def _change(self, path: str, kept: Kept) -> FileChange | None:
        old, new = kept.before.get(path), kept.after.get(path)
        if old is not None and old.kind == "file" and not old.content:
            return None  # it is among the gaps
        what: WhatChange = "added" if old is None else "deleted" if new is None else "changed"
        restored = path in kept.restored
        expected = old if restored else new
        conflict = self._snapshot.differs(path, expected)
        there = new or old
        kind = there.kind if there is not None else "file"
        return FileChange(path, what, kind, conflict, restored)

    def _kept_text(self, entry: Entry | None) -> list[str] | int:
        if entry is None:
            return []
        if entry.kind != "file" or not entry.content:
            return entry.size
        return _text(self._snapshot.content(entry), entry.size)


def _with_folders(paths: Collection[str], kept: Kept) -> list[str]:
    """Those of these paths that the run changed, and the folders that they need and are gone."""
    above = [parent for path in paths for parent in _parents(path) if parent in kept.after]
    gone = [parent for parent in above if not os.path.lexists(kept.root / parent)]
    return list(dict.fromkeys([*gone, *(path for path in paths if path in kept.after)]))


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def _text_at(root: Path, path: str) -> list[str] | int:
    """The lines of a file that a run left, no link followed; its size where it is no text."""
    place = root / path
    if not stays_inside(root, path) or not os.path.lexists(place):
        return []
    return _text(place, os.lstat(place).st_size)


def _text(place: Path, size: int) -> list[str] | int:
    if size > MOST_BYTES or not place.is_file() or place.is_symlink():
        return size
    try:
        with os.fdopen(os.open(place, os.O_RDONLY | NOT_FOLLOWED | BINARY), "rb") as file:
            raw = file.read(MOST_BYTES + 1)
        lines = raw.decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return size
    return size if b"\0" in raw or len(lines) > MOST_LINES else lines


def _told(text: list[str] | int) -> str:
    return f"{text:,} bytes" if isinstance(text, int) else f"{len(text):,} lines"
