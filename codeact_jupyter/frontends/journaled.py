"""`codeact runs` and `codeact recover`: what the journal knows of runs, and of one notebook's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NotebookError

if TYPE_CHECKING:
    from ..record.journal import Entry, Journal

MOST = 20
BROKE_OFF = "broke off"


def add_runs(to: argparse.ArgumentParser) -> None:
    """The arguments of `codeact runs`."""
    to.add_argument("--all", action="store_true", help="all that the journal knows of")


def add_recover(to: argparse.ArgumentParser) -> None:
    """The arguments of `codeact recover`."""
    to.add_argument("file", type=Path, metavar="FILE", help="a notebook")


def list_runs(options: argparse.Namespace) -> int:
    """Print the last runs of this user, the newest first; returns the exit code."""
    from ..record.journal import Journal
    from .terminal import legible
    from .words import counted

    journal = Journal()
    entries = journal.entries()[::-1]
    if not entries:
        print("The journal knows of no run yet.")
    shown = entries if options.all else entries[:MOST]
    states = {entry.run: _state(journal, entry) for entry in shown}
    for entry in shown:
        task = legible(" ".join(entry.task.split())[:40])
        where = legible(entry.notebook or "no notebook that was known")
        print(f"{_local(entry.began)}  {entry.run}  {states[entry.run]:<11}  {task:<40}  {where}")
    if left_out := len(entries) - len(shown):
        print(f"({counted(left_out, 'earlier run')}: --all shows them)")
    if BROKE_OFF in states.values():
        print(
            "What broke off is recovered when its notebook is opened, or by: codeact recover FILE"
        )
    return 0


def recover(options: argparse.Namespace) -> int:
    """Put into a notebook what the journal knows of its runs and it does not.

    Raises NotebookError and JournalError; the notebook is then as it was.
    """
    from ..notebook.document import Document
    from ..notebook.lock import only_run_on
    from ..record.journal import Journal
    from ..record.mending import mend
    from ..undoing import note_broken_off
    from .terminal import legible

    path: Path = options.file
    with only_run_on(path):
        document = Document(path)
        runs = mend(document, Journal())
    if not runs and document.is_new:
        raise NotebookError(f"there is no notebook {str(path)!r}, and no run of it in the journal")
    for run in runs:
        print(legible(run.words))
        note_broken_off(run.turn)
    if not runs:
        print(f"Nothing to recover: {str(path)!r} holds all that is known of its runs.")
    return 0


def _state(journal: Journal, entry: Entry) -> str:
    return BROKE_OFF if entry.state == "running" and not journal.goes_on(entry) else entry.state


def _local(time: str) -> str:
    """A time of the journal on the person's clock."""
    from datetime import datetime

    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M")
