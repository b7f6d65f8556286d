"""`codeact files`: what a run changed on disk, with differences; and the way back, file by file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from ..engine.trajectory import Turn
from ..engine.undoing import Restored
from ..errors import UndoError
from ..notebook.document import Document
from ..notebook.lock import only_run_on
from ..record.journal import Journal
from ..record.mending import require_over
from ..session import Session
from ..workspace.disk import Disk
from ..workspace.run_files import RunFiles
from .files_words import disk_lines, restored_lines
from .terminal import legible


def files_in(options: argparse.Namespace) -> int:
    """Show what changed, or put it back; returns the exit code."""
    if not options.file.is_file():
        raise UndoError(f"there is no notebook {str(options.file)!r}; look for a typing error")
    with only_run_on(options.file):
        if options.restore or options.restore_all:
            require_over(Journal(), options.file)
        turns = Document(options.file).trajectory.turns
        restored = shown_or_restored(options.run_id or last_acted(turns), options)
    return 0 if restored is None or (restored.done and not restored.failed) else 1


def shown_or_restored(run: str, options: argparse.Namespace) -> Restored | None:
    """Print what a run changed, or put back what the options name, which is returned.

    Raises UndoError when nothing is kept of the run.
    """
    disk = Disk(RunFiles(run))
    seen = disk.look()
    paths = options.restore
    if options.restore_all:
        paths = [each.path for each in seen.changes if not each.restored]
    if not paths:
        print(legible("\n".join(disk_lines(seen, disk.difference))))
        return None
    restored = disk.restore(paths, overwrite=options.overwrite)
    print(legible("\n".join(restored_lines(restored))))
    return restored


def tell_disk(session: Session, command: str, say: Callable[[str], None]) -> None:
    """`say` what the session's last run changed on disk, and by which command it is put back."""
    turn = session.turn
    if not any(step.observation is not None for step in turn.steps):
        return
    try:
        disk = Disk(RunFiles(turn.run))
        seen = disk.look()
    except UndoError:
        say("What changed on disk is not known: no checkpoint was taken (undo_seconds is 0).")
        return
    lines = disk_lines(seen, disk.difference)
    if seen.changes:
        lines.append(f"Put files back with: {command} --restore PATH ...")
    say("\n".join(lines))


def last_acted(turns: Sequence[Turn]) -> str:
    """The last run of these that did something; raises UndoError when there is none."""
    for turn in reversed(turns):
        if any(step.observation is not None for step in turn.steps):
            return turn.run
    raise UndoError("no run in this notebook did anything")
