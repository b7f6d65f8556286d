"""What an undo will do and has done, in words; before it does it, all of it is said."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from ..engine.trajectory import Turn
from ..engine.undoing import Change, Gap, Restored, Undoable, parted
from .words import counted

MOST_NAMES = 20
NAME = re.compile(r"[^\W\d]\w*")
MOST_GAPS = 12
NEVER = (
    "Never taken back: what went over the network, into databases or to other programs; files "
    "outside the working directory, and in it version control, environments and caches; owners "
    "and extended attributes of files; what libraries keep to themselves, inside their functions "
    "and in logging; what is set for one thread or task alone; signal handlers, hooks, the "
    "garbage collector, the umask and the priority of the process; the memory of a GPU; what "
    "threads and tasks that the run began do after its end."
)
UNSURE = "Changed while the run went on, but not while its code ran: maybe yours"
ALSO = "Also what was changed again since, or may be yours? [y/N] "
UNDONE = {"added": "removed", "changed": "as before", "deleted": "there again"}
REDONE = {"added": "there again", "changed": "changed again", "deleted": "removed again"}
WORDS = {
    "variable": "variables",
    "object": "changed in place",
    "setting": "settings",
    "file": "files",
    "cell": "cells",
}


def preview(first: str, seen: Undoable, names: Collection[str], *, cells: str) -> str:
    """What an undo will do, or a redo of what is undone, a line for each kind, below the `first`.

    The gaps of `names` come before the others; `cells` says what becomes of the cells.
    """
    return preview_of(
        [first, *change_lines(seen)],
        cells=cells,
        again=[change.name for change in seen.changes if change.conflict and not change.unsure],
        unsure=[change.name for change in seen.changes if change.unsure],
        gaps=[] if seen.undone else gap_lines(seen.gaps, names),
        never="" if seen.undone else NEVER,
    )


def preview_of(
    lines: list[str],
    *,
    cells: str,
    again: Sequence[str],
    unsure: Sequence[str],
    gaps: Sequence[str],
    never: str,
) -> str:
    """The same of its parts: the first line with those of what becomes of each thing, and so on."""
    if len(lines) == 1:
        lines = [*lines, "  nothing to bring back: no name, no object and no file was changed"]
    lines = [*lines, f"  {'cells':<17} {cells}"]
    if again:
        lines.append(f"Changed again since, so left alone unless you say so: {listed(again)}")
    if unsure:
        lines.append(f"{UNSURE}, so left alone unless you say so: {listed(unsure)}")
    if gaps:
        lines += ["What may have been changed in these cannot be taken back:", *gaps]
    return "\n".join([*lines, never] if never else lines)


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


def told(points: Sequence[str], turns: Sequence[Turn], restored: Restored, *, undone: bool) -> str:
    """What the model is told of it at its next turn."""
    tasks = {turn.run: " ".join(turn.task.split())[:60] for turn in turns}
    runs: list[str] = []
    for run, step in dict(reversed([parted(point) for point in points])).items():
        part = f" from its step {step} on" if step > 1 else ""
        runs.insert(0, f"your run for the task {tasks.get(run, run)!r}{part}")
    what = " and ".join(runs) or "your run"
    if undone:
        words = f"The person undid {what}: its changes are taken back"
    else:
        words = f"The person brought back {what}, which they had undone"
    left = [*restored.kept, *restored.failed]
    return f"{words}, but not these: {listed(left)}." if left else f"{words}."


def mentioned(turns: Iterable[Turn]) -> frozenset[str]:
    """The names in the code that was run."""
    steps = (step for turn in turns for step in turn.steps)
    codes = (step.action.code for step in steps if step.action is not None)
    return frozenset(name for code in codes for name in NAME.findall(code))


def listed(names: Iterable[str]) -> str:
    """Names in a row; of many, how many more there are."""
    known = list(dict.fromkeys(names))
    more = len(known) - MOST_NAMES
    return ", ".join([*known[:MOST_NAMES], *[f"and {more} more"] * (more > 0)])


def _named(change: Change) -> str:
    return f"{change.name} ({change.type})" if change.type else change.name
