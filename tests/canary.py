"""The key that the tests give to what they start, and a search for it in what that leaves."""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

# In parts: an undo's snapshot of the folder that the tests run in holds this file too.
KEY = "-".join(("sk", "test", "canary", "in", "all", "that", "the", "tests", "start"))


def holders(folder: Path, key: str = KEY) -> list[str]:
    """The files below this folder that hold the key, also in a text that a journal has packed."""
    return sorted(str(path) for path in _files(folder) if _holds(path, key.encode()))


def content(path: Path) -> bytes:
    """What a file holds; one that went meanwhile, as the journal of a database does, nothing."""
    try:
        return path.read_bytes()
    except FileNotFoundError:  # of a process that ends meanwhile
        return b""


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for path in (Path(place, name) for name in names):
            if path.is_file() and not path.is_symlink():
                yield path


def _holds(path: Path, key: bytes) -> bool:
    return key in content(path) or any(key in text for text in _packed(path))


def _packed(path: Path) -> Iterator[bytes]:
    """What a journal holds, whole; of any other file, and of a damaged journal, nothing."""
    if path.name != "journal.sqlite3":
        return
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as file:
            for (body,) in file.execute("SELECT body FROM events").fetchall():
                yield body.encode()
            for (body,) in file.execute("SELECT body FROM texts").fetchall():
                yield zlib.decompress(body)
    except (sqlite3.DatabaseError, zlib.error):
        return
