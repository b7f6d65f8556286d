"""What verifying found, as values and in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["altered", "inserted", "removed", "moved", "unchained"]
ROLE_WORDS = {"task": "task", "thought": "words", "action": "code", "answer": "answer"}


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was recorded: of which cell, at which place, and what of it.

    `cell` is the cell's id, empty for the notebook's own metadata; `place` its number in the
    notebook from 1, of a missing one that where it is missed.
    """

    kind: Kind
    cell: str
    place: int
    what: str
    words: str


@dataclass(frozen=True)
class Verdict:
    """What verifying a notebook came to; `findings` are in the notebook's order."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    cells: int
    runs: int
    signed: bool

    @property
    def holds(self) -> bool:
        return not self.findings

    @property
    def first(self) -> Finding | None:
        return self.findings[0] if self.findings else None


def named(cell: str, place: int = 0) -> str:
    """A cell of a run, as a person can find it."""
    _run, _, rest = cell.partition("-")
    step, _, role = rest.partition("-")
    where = f"cell {place} of the notebook, " if place else ""
    number = "" if role in ("task", "answer") else f" of step {step}"
    return f"the {ROLE_WORDS.get(role, 'cell')}{number} ({where}id {cell})"


def counted_cells(number: int) -> str:
    """So many cells, in words."""
    return f"{number:,} cell{'' if number == 1 else 's'}"


def told(verdict: Verdict, name: str) -> str:
    """The verdict in words, a line each."""
    lines = []
    if verdict.first is not None:
        lines.append(f"{name}: NOT as recorded. {verdict.first.words}")
        if more := len(verdict.findings) - 1:
            lines.append(f"And {more} more difference{'' if more == 1 else 's'}:")
            lines += [f"  {finding.words}" for finding in verdict.findings[1:]]
    else:
        runs = f"{verdict.runs:,} run{'' if verdict.runs == 1 else 's'}"
        cells = counted_cells(verdict.cells)
        lines.append(f"{name}: as recorded. {cells} of {runs}, none altered, missing or moved.")
    return "\n".join([*lines, *verdict.notes])
