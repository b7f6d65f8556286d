"""What the person allowed for good in a notebook, and the names that they locked there.

Kept in the person's own data folder, in a file that only they can read: never in the notebook,
which others may write. Each is listed, and each can be taken back. A file that is damaged, or not
the person's alone, is neither believed nor written over: the locks in it would be lost.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from ..errors import SettingsError
from .kinds import KINDS

FILE = "approvals.json"
LONGEST_FILE = 1_000_000
Part = Literal["allowed", "locked"]
_PARTS: tuple[Part, ...] = get_args(Part)


class Entry(NamedTuple):
    """One thing remembered: a kind of effect that is allowed, or a name that is locked."""

    notebook: str
    part: Part
    name: str


class Remembered:
    """The file of approvals; `folder` is the person's own, and is made when it is needed.

    All raise SettingsError when there is a file that cannot be believed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def entries(self) -> list[Entry]:
        """All that is remembered, by notebook."""
        return [
            Entry(notebook, part, name)
            for notebook, parts in sorted(self._read().items())
            for part in _PARTS
            for name in parts[part]
        ]

    def of(self, notebook: str, part: Part) -> frozenset[str]:
        """What is allowed, or locked, in one notebook."""
        return frozenset(self._read().get(notebook, {}).get(part, ())) if notebook else frozenset()

    def add(self, notebook: str, part: Part, names: Iterable[str]) -> None:
        """Remember these. Raises OSError where the file cannot be written, or SettingsError."""
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
        try:
            with _own(self._path) as file:
                return _parsed(file.read(LONGEST_FILE + 1))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"what was allowed and locked for good cannot be read ({error}); look at"
                f" {str(self._path)!r}: make it yours alone (chmod 600) or mend it, or remove it,"
                " which forgets all"
            ) from error

    def _write(self, kept: Mapping[str, Any]) -> None:
        text = json.dumps(kept, indent=1)
        if len(text) > LONGEST_FILE:
            raise SettingsError(
                f"{str(self._path)!r} would be longer than {LONGEST_FILE:,} characters; forget some"
                " of it: codeact approvals --forget NAME"
            )
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(
            dir=folder, prefix=f".{FILE}"
        )  # 0600, whatever the umask
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
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


def _parsed(text: str) -> dict[str, dict[str, list[str]]]:
    """What the file says, by notebook and part; raises ValueError when it was not written by us."""
    if len(text) > LONGEST_FILE:
        raise ValueError(f"it is longer than {LONGEST_FILE:,} characters")
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    if not isinstance(data, dict):
        raise ValueError("it is damaged")
    return {book: {part: _names(parts, part) for part in _PARTS} for book, parts in data.items()}


def _names(parts: Any, part: Part) -> list[str]:
    names = parts.get(part, []) if isinstance(parts, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("it is damaged")
    return [name for name in names if part == "locked" or name in KINDS]


@contextmanager
def _own(path: Path) -> Iterator[Any]:
    """The file, when it is no link and nobody else's; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, encoding="utf-8") as file:
        found = os.fstat(descriptor)
        if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o022):
            raise PermissionError(f"{path} can be written by others")
        yield file
