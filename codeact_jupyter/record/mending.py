"""Mends a notebook: finds in the journal what it lacks of its runs, and puts it into the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ..engine.trajectory import Trajectory
from ..errors import NotebookError
from ..notebook.document import Document
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

    def conversation(self, name: str = "") -> Trajectory:
        """The conversation of this name; without one, the last."""


def mended(journal: Journal, notebook: str, holding: Holding) -> list[Mended]:
    """What the journal adds to what the notebook at this path holds, a conversation each.

    Runs that go on are left alone. Raises JournalError.
    """
    written = holding.version
    entries = candidates(journal.of_notebook(notebook, written), notebook, written)
    by_name: dict[str, list[Entry]] = {}
    for entry in entries:
        if not journal.goes_on(entry):
            by_name.setdefault(entry.conversation, []).append(entry)
    found = []
    for name, its in by_name.items():
        whole, runs = completed(
            holding.conversation(name), [journal.read(each) for each in its], written
        )
        if runs:
            found.append(Mended(whole, tuple(runs)))
    return found


def mend(document: Document, journal: Journal) -> list[Recovered]:
    """Put into a notebook's file what the journal knows of its runs and it does not.

    Returns the runs that were put back. Raises NotebookError while a run goes on in it in another
    program, or when it cannot be written, and JournalError; then nothing was changed.
    """
    notebook = str(document.path.resolve())
    known = journal.of_notebook(notebook)
    if going := next((entry for entry in known if journal.goes_on(entry)), None):
        raise NotebookError(
            f"the run {going.run} goes on in {str(document.path)!r}, in another program; wait for "
            "its end, stop it there, or choose another file with --notebook"
        )
    found = mended(journal, notebook, document)
    for each in found:
        document.show(each.trajectory)
    runs = [run for each in found for run in each.runs]
    over = {entry.run for entry in known if entry.state == "running"}
    if settled := over | {run.turn.run for run in runs}:
        journal.settle(sorted(settled), notebook)
    return runs
