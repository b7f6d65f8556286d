"""What `codeact undo` and `redo` say of themselves and take; what they do is imported later."""

from __future__ import annotations

import argparse
from pathlib import Path

UNDO_WORDS = """\
It says what will be done before it asks. The variables are taken back too
where the notebook is open in a running Jupyter Server; those of `codeact run`
went with its kernel."""


def add_undo(to: argparse.ArgumentParser) -> None:
    """Add the arguments of both."""
    to.add_argument("file", type=Path, metavar="FILE", help="a notebook with a run in it")
    what = "a run, by its id, or a step such as 2.3; with all after it (default: the last run)"
    to.add_argument("run", nargs="?", default="", metavar="RUN|STEP", help=what)
    to.add_argument("--yes", action="store_true", help="do it without being asked")
    to.add_argument("--all", action="store_true", help="also what was changed again since")


def run_undo(options: argparse.Namespace) -> int:
    """Undo a run; returns the exit code."""
    from .undo_command import undo_in

    return undo_in(options, undone=True)


def run_redo(options: argparse.Namespace) -> int:
    """Redo a run; returns the exit code."""
    from .undo_command import undo_in

    return undo_in(options, undone=False)
