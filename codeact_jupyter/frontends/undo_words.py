"""What an undo will do and has done, in words; before it does it, all of it is said."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from ..engine.trajectory import Turn
from ..engine.undoing import Change, Gap, Restored, Undoable
from .words import counted

MOST_NAMES = 20
NAME = re.compile(r"[^\W\d]\w*")
MOST_GAPS = 12
NEVER = (
    "Never taken back: what went over the network, into databases or to other programs; files "
    "outside the working directory; what libraries keep to themselves; the memory of a GPU."
)
UNDONE = {"added": "removed", "changed": "as before", "deleted": "there again"}
REDONE = {"added": "there again", "changed": "changed again", "deleted": "removed again"}
WORDS = {
    "variable": "variables",
    "object": "changed in place",
    "setting": "settings",
    "file": "files",
    "cell": "cells",
}


def preview(turn: Turn, seen: Undoable) -> str:
    """What an undo of this turn will do, or a redo if it is undone, a line for each kind."""
    word = "Redo" if seen.undone else "Undo"
    task = " ".join(turn.task.split())[:60]
    lines = [f"{word} of the run {turn.run} ({task!r}):"]
    lines += change_lines(seen)
    if len(lines) == 1:
        lines.append("  nothing to bring back: no name, no object and no file was changed")
    again = [change.name for change in seen.changes if change.conflict]
    if again:
        lines.append(f"Changed again since, so left alone unless you say so: {listed(again)}")
    if seen.gaps and not seen.undone:
        lines.append("What may have been changed in these cannot be taken back:")
        lines += gap_lines(seen.gaps, mentioned(turn))
    return "\n".join([*lines, NEVER] if not seen.undone else lines)


def change_lines(seen: Undoable) -> list[str]:
    """What becomes of each thing, by kind."""
    becomes = REDONE if seen.undone else UNDONE
    lines = []
    for kind, word in WORDS.items():
        parts = []
        for what, now in becomes.items():
            names = [
                _named(each) for each in seen.changes if (each.kind, each.what) == (kind, what)
            ]
            parts += [f"{now}: {listed(names)}"] if names else []
        lines += [f"  {word:<17} {'; '.join(parts)}"] if parts else []
    return lines


def gap_lines(gaps: Collection[Gap], first: Collection[str]) -> list[str]:
    """The gaps, those of `first` before the others; of many, how many more there are."""
    ordered = sorted(gaps, key=lambda gap: gap.what not in first)
    lines = [f"  {gap.what}: {gap.why}" for gap in ordered[:MOST_GAPS]]
    more = len(ordered) - len(lines)
    return [*lines, f"  and {more} more"] if more > 0 else lines


def outcome(restored: Restored, *, undone: bool) -> str:
    """What was done; `undone` says whether the run is undone now."""
    back = "redo" if undone else "undo"
    first, *more = outcome_lines(restored, undone=undone)
    return "\n".join([f"{first} `%codeact {back}` reverts this.", *more])


def outcome_lines(restored: Restored, *, undone: bool) -> list[str]:
    """What was done, and what was not, a line each."""
    word = "Undone" if undone else "Redone"
    lines = [f"{word}: {counted(len(restored.done), 'change')} put back."]
    if restored.kept:
        lines.append(f"Left as they are, because they were changed since: {listed(restored.kept)}")
    if restored.failed:
        lines.append(f"Could not be put back: {listed(restored.failed)}")
    return lines


def told(task: str, restored: Restored, *, undone: bool) -> str:
    """What the model is told of it at its next turn."""
    task = " ".join(task.split())[:60]
    if undone:
        words = f"The person undid your run for the task {task!r}: its changes are taken back"
    else:
        words = f"The person brought back your run for the task {task!r}, which they had undone"
    left = [*restored.kept, *restored.failed]
    return f"{words}, but not these: {listed(left)}." if left else f"{words}."


def mentioned(turn: Turn) -> frozenset[str]:
    """The names in the code that the run ran."""
    codes = (step.action.code for step in turn.steps if step.action is not None)
    return frozenset(name for code in codes for name in NAME.findall(code))


def listed(names: Iterable[str]) -> str:
    """Names in a row; of many, how many more there are."""
    known = list(dict.fromkeys(names))
    more = len(known) - MOST_NAMES
    return ", ".join([*known[:MOST_NAMES], *[f"and {more} more"] * (more > 0)])


def _named(change: Change) -> str:
    return f"{change.name} ({change.type})" if change.type else change.name
