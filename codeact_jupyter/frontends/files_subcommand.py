"""What `codeact files` says of itself and takes; what it does is imported later."""

from __future__ import annotations

import argparse
from pathlib import Path

FILES_WORDS = """\
Without --restore it shows which files the last run added, changed and deleted,
with the differences of texts. A file that is restored can be brought back by
the same command. What is kept stays for some days."""


def add_files(to: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    to.add_argument("file", type=Path, metavar="FILE", help="a notebook that `codeact run` wrote")
    to.add_argument("--run", default="", dest="run_id", metavar="RUN", help="the id of the run")
    add_restoring(to)


def add_restoring(to: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is put back."""
    to.add_argument("--restore", nargs="+", default=[], metavar="PATH", help="put these files back")
    to.add_argument("--restore-all", action="store_true", help="put all of them back")
    to.add_argument("--overwrite", action="store_true", help="also what was changed again since")


def run_files(options: argparse.Namespace) -> int:
    """Show what changed, or put it back; returns the exit code."""
    from .files_command import files_in

    return files_in(options)
