"""What the person allowed for good in a notebook, and the names that they locked there.

Kept in the person's own data folder, in a file that only they can read: never in the notebook,
which others may write. Each is listed, and each can be taken back.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..errors import SettingsError
from .kinds import KINDS

FILE = "approvals.json"
LONGEST_FILE = 1_000_000
Part = Literal["allowed", "locked"]


class Entry(NamedTuple):
    """One thing remembered: a kind of effect that is allowed, or a name that is locked."""

    notebook: str
    part: Part
    name: str


class Remembered:
    """The file of approvals; `folder` is the person's own, and is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def entries(self) -> list[Entry]:
        """All that is remembered, by notebook."""
        return [
            Entry(notebook, part, name)
            for notebook, parts in sorted(self._read().items())
            for part in ("allowed", "locked")
            for name in parts.get(part, ())
        ]

    def of(self, notebook: str, part: Part) -> frozenset[str]:
        """What is allowed, or locked, in one notebook."""
        return frozenset(self._read().get(notebook, {}).get(part, ())) if notebook else frozenset()

    def add(self, notebook: str, part: Part, names: Iterable[str]) -> None:
        """Remember these. Raises OSError where the file cannot be written."""
        kept = self._read()
        parts = kept.setdefault(notebook, {})
        parts[part] = sorted({*parts.get(part, ()), *names})
        self._write(kept)

    def forget(self, entries: Iterable[Entry]) -> int:
        """Remember these no more, and say how many there were."""
        kept, gone = self._read(), 0
        for notebook, part, name in entries:
            names = kept.get(notebook, {}).get(part, [])
            if name in names:
                names.remove(name)
                gone += 1
        self._write({book: parts for book, parts in kept.items() if any(parts.values())})
        return gone

    def _read(self) -> dict[str, dict[str, list[str]]]:
        """The file; of one that is damaged, or not ours alone, nothing counts as allowed."""
        try:
            with _own(self._path) as file:
                data = json.loads(file.read(LONGEST_FILE))
        except (OSError, ValueError):
            return {}
        return {
            book: {part: _names(parts, part) for part in ("allowed", "locked")}
            for book, parts in (data.items() if isinstance(data, dict) else ())
            if isinstance(parts, Mapping)
        }

    def _write(self, kept: Mapping[str, Any]) -> None:
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(
            dir=folder, prefix=f".{FILE}"
        )  # 0600, whatever the umask
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(kept, file, indent=1)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


def chosen(entries: Iterable[Entry], word: str) -> list[Entry]:
    """The entries that a word of the person's means: `all`, a notebook, a kind or a name.

    Raises SettingsError when there is none.
    """
    every = list(entries)
    found = [each for each in every if word == "all" or word in (each.notebook, each.name)]
    if not found:
        raise SettingsError(
            f"nothing is remembered under {word!r}; name a notebook, a kind or a locked name of the"
            " list, or `all`"
        )
    return found


def _names(parts: Mapping[str, Any], part: str) -> list[str]:
    names = parts.get(part)
    known = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return [name for name in known if part == "locked" or name in KINDS]


@contextmanager
def _own(path: Path) -> Iterator[Any]:
    """The file, when it is no link and nobody else's; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, encoding="utf-8") as file:
        found = os.fstat(descriptor)
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
            raise PermissionError(f"{path} can be written by others")
        yield file
