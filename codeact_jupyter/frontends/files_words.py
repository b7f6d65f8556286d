"""What a run changed on disk, in words: in a terminal, and to the model when files are restored."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..engine.undoing import Restored
from ..sandbox.workspace import OBEYED
from ..workspace.disk import FileChange, OnDisk
from .undo_words import listed

MOST_FILES = 30
MOST_LINES = 80
HEAD = "Changed on disk:"
NOTHING = "Changed on disk: nothing."
OBEYS = "your own programs obey this file: read it before you work in this folder"
HOOKS = "a new repository, whose hooks git runs: look into it before you use git in it"


def disk_lines(seen: OnDisk, difference: Callable[[str], str]) -> list[str]:
    """What was added, changed and deleted, a line each, with bounded differences of the texts."""
    files = [each for each in seen.changes if each.kind != "folder"]
    lines, left = [], MOST_LINES
    for change in files[:MOST_FILES]:
        lines.append(f"  {change.what:<8} {change.path}{_state(change)}")
        shown = [] if change.kind == "link" else difference(change.path).splitlines()
        lines += [f"    {line}" for line in shown[:left]]
        if len(shown) > left:
            lines.append(f"    … and {len(shown) - left} more lines")
        left = max(0, left - len(shown))
    more = len(files) - MOST_FILES
    lines += [f"  and {more} more files"] if more > 0 else []
    lines += [f"  new      {path}: {HOOKS}" for path in seen.planted]
    lines += [f"  changed  {path}: {why}" for path, why in (seen.gaps or {}).items()]
    return [HEAD, *lines] if lines else [NOTHING]


def warning(change: FileChange) -> str:
    """What is to be known of a new file that other programs obey; empty for any other."""
    parts = change.path.split("/")
    return OBEYS if change.what == "added" and OBEYED.intersection(parts) else ""


def restored_lines(restored: Restored) -> list[str]:
    """What was put back and what was not, a line each."""
    lines = [f"Put back: {listed(restored.done)}"] if restored.done else ["Nothing was put back."]
    if restored.kept:
        lines.append(f"Left as they are, because they were changed since: {listed(restored.kept)}")
    if restored.failed:
        lines.append(f"Could not be put back: {listed(restored.failed)}")
    return lines


def told(paths: Iterable[str]) -> str:
    """What the model is told of it at its next turn."""
    return f"The person put these files back, as before your run or as after it: {listed(paths)}."


def _state(change: FileChange) -> str:
    said = [
        "restored" if change.restored else "",
        "changed again since" if change.conflict else "",
        warning(change),
    ]
    words = "; ".join(filter(None, said))
    return f"  ({words})" if words else ""
