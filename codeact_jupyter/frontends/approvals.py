"""Approvals and locks that are remembered: where they are kept, listed, taken back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from ..engine.trajectory import Trajectory
from ..notebook.document import Document
from ..record.place import usual_folder
from ..safety.calls import PHRASES
from ..safety.gate import AskPerson, Gate
from ..safety.locking import TAG, locked_by_cells
from ..safety.remembered import Entry, Remembered, chosen

WORDS = {"allowed": "runs without a question", "locked": "is locked: asks before it is touched"}


def remembered() -> Remembered:
    """What this person allowed and locked for good."""
    return Remembered(usual_folder())


def notebook_key(path: Path | str) -> str:
    """The name under which a notebook's approvals are kept: where it really is."""
    return os.path.realpath(path)


def locked_in(notebook: str) -> frozenset[str]:
    """The names that the tagged cells of this file make, as it was last saved.

    None where no file is known, or it is no notebook that can be read.
    """
    try:
        raw = Path(notebook).read_bytes() if notebook else b""
        content = json.loads(raw) if TAG.encode() in raw else {}
        return locked_by_cells(content["cells"])
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return frozenset()


def gate_of(
    document: Document,
    mode: Literal["ask", "risky", "never"],
    ask_person: AskPerson | None,
    history: Callable[[], Trajectory],
) -> Gate:
    """The policy of a run that writes this notebook."""
    return Gate(
        mode,
        ask_person,
        remembered=remembered(),
        notebook=notebook_key(document.path),
        locked=locked_by_cells(document.content["cells"]),
        history=history,
    )


def listed(entries: list[Entry]) -> str:
    """All that is remembered, for people; a line each, by notebook."""
    if not entries:
        return "Nothing is remembered: every risky action asks."
    lines: list[str] = []
    for number, entry in enumerate(entries):
        if not number or entries[number - 1].notebook != entry.notebook:
            lines.append(entry.notebook)
        lines.append(f"  {entry.name:<16} {WORDS[entry.part]}")
    return "\n".join(lines)


def shown_entry(entry: Entry) -> dict[str, str]:
    """The entry as JSON, with what it allows in words."""
    kind = PHRASES.get(entry.name, entry.name)  # type: ignore[call-overload]
    says = kind if entry.part == "allowed" else "asks before it is touched"
    return {**entry._asdict(), "says": says}


def forget(word: str) -> str:
    """Take back what a word means, and say what was; raises SettingsError for what is not there."""
    kept = remembered()
    gone = kept.forget(chosen(kept.entries(), word))
    return f"{gone} no longer remembered."
