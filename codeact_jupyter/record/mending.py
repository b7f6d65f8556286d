"""Mends a notebook: finds in the journal what it lacks of its runs, and puts it into the file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ..engine.trajectory import Trajectory
from ..errors import NotebookError
from ..notebook.armour import sayable
from ..notebook.document import Document
from ..notebook.versions import has_ended
from .journal import Entry, Journal
from .recovery import Recovered, candidates, completed


@dataclass(frozen=True)
class Mended:
    """A conversation as it is when it is whole again, and which of its runs were put back."""

    trajectory: Trajectory
    runs: tuple[Recovered, ...]


class Holding(Protocol):
    """A notebook, or its cells."""

    @property
    def version(self) -> Mapping[str, str]:
        """By run, how far its cells went, also those that are deleted."""

    @property
    def undone(self) -> Collection[str]:
        """The runs of which an undo took cells out."""

    def conversation(self, name: str = "") -> Trajectory:
        """The conversation of this name; without one, the last."""


def mended(journal: Journal, notebook: str, holding: Holding) -> list[Mended]:
    """What the journal adds to what the notebook at this path holds, a conversation each.

    Runs that go on are left alone. Raises JournalError.
    """
    written, undone = holding.version, holding.undone
    known = journal.of_notebook(notebook, {*written, *undone})
    began = {entry.run: number for number, entry in enumerate(known)}
    entries = candidates(known, sayable(notebook), written, undone)
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        if not journal.goes_on(entry):
            by_name.setdefault(entry.conversation, []).append(entry)
    found = []
    for name, its in by_name.items():
        kept = [journal.read(each) for each in its]
        whole, runs = completed(holding.conversation(name), kept, written, began)
        if runs:
            found.append(Mended(whole, tuple(runs)))
    return found


def mend(document: Document, journal: Journal) -> list[Recovered]:
    """Put into a notebook's file what the journal knows of its runs and it does not.

    Returns the runs that were put back. Raises NotebookError while a run goes on in it in another
    program, or when it cannot be written, and JournalError; then nothing was changed.
    """
    notebook, held = str(document.path.resolve()), document.version
    known = require_over(journal, document.path)
    found = mended(journal, notebook, document)
    for each in found:
        document.show(each.trajectory)
    runs = [run for each in found for run in each.runs]
    whole = {entry.run for entry in known if has_ended(held.get(entry.run, ""))}
    seen = {entry.run for entry in known if not entry.placed or entry.run in held}
    over = {entry.run for entry in known if entry.state == "running"} & seen
    if settled := whole | over | {run.turn.run for run in runs}:
        journal.settle(sorted(settled), notebook)
    return runs


def require_over(journal: Journal, path: Path) -> list[Entry]:
    """The runs of the notebook at this path; raises NotebookError while one of them goes on."""
    known = journal.of_notebook(str(path.resolve()))
    if going := next((entry for entry in known if journal.goes_on(entry)), None):
        raise NotebookError(
            f"the run {going.run} goes on in {str(path)!r}, in another program; wait for its end, "
            "stop it there, or choose another file with --notebook"
        )
    return known
