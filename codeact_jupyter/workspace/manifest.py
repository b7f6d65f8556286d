"""What is noted of a run in its snapshot's manifest, between JSON and values."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .entries import Entry, entry_from_json, entry_to_json

OF_ENTRIES = ("before", "after", "theirs", "left", "restored")


@dataclass(frozen=True)
class Kept:
    """What is noted of a run that is over: the entries before it and, of what it changed, after.

    `restored` has, for what was put back by itself, what was there instead.
    """

    root: Path
    before: Mapping[str, Entry]
    after: Mapping[str, Entry | None]
    restored: Mapping[str, Entry | None]
    gaps: Mapping[str, str]
    planted: Sequence[str]


def changed_later(
    after: Mapping[str, Entry | None], alive: float
) -> tuple[list[str], dict[str, str]]:
    """What was made or written after a run was last seen `alive`, and the gap that this is.

    What is gone is none of it: to bring that back takes nothing from anybody.
    """
    times = {path: max(it.modified, it.changed) / 1e9 for path, it in after.items() if it}
    later = [path for path, time in times.items() if time > alive]
    since = datetime.fromtimestamp(alive).strftime("%H:%M:%S on %Y-%m-%d")
    why = "how the run ended was not seen: they may be somebody else's work"
    return later, {f"files changed since {since}": why} if later else {}


def notebooks_left(changed: Iterable[str], notebook: str | None) -> list[str]:
    """Those of the `changed` paths that may be the file that shows the run.

    There are none where its `notebook` is there, nor in what an older version kept: None. One that
    is not known, or not there, was perhaps renamed: who started a kernel told it the name of then.
    """
    if notebook is None or (notebook and os.path.isfile(notebook)):
        return []
    return [path for path in changed if path.endswith(".ipynb")]


def entries_of(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Entries by their path, from JSON; those that are entries already stay."""
    return {
        path: entry_from_json(value) if isinstance(value, list) else value
        for path, value in kept.items()
    }


def written(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest as JSON has it."""
    noted = dict(manifest)
    for part in OF_ENTRIES:
        if part in noted:
            noted[part] = {
                path: entry_to_json(entry) if isinstance(entry, Entry) else entry
                for path, entry in noted[part].items()
            }
    return noted
