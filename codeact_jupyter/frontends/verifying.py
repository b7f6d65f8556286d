"""`codeact verify` and `%codeact verify`: what became of a notebook, in words."""

from __future__ import annotations

import argparse
from pathlib import Path

VERIFY_WORDS = """\
Each cell of a run has a digest over what was recorded of it and over the cell
before; the end is signed with the secret by which your Jupyter trusts
notebooks. Your own cells may be added, changed and moved as you like; tags,
folding and execution counts of all cells may change.

exit codes:
  0  all is as it was recorded
  1  something was altered, removed, put in or moved: the first is named
  2  bad input: no notebook, one without a run, or of a newer version"""


def add_verify(to: argparse.ArgumentParser) -> None:
    """What `codeact verify` takes."""
    to.add_argument("file", type=Path, metavar="FILE", help="a notebook")
    to.add_argument("--signed", action="store_true", help="exit with 1 unless you signed it")


def run_verify(options: argparse.Namespace) -> int:
    """Verify, say what came of it, and give the exit code."""
    words, holds = verify_words(options.file, signed=options.signed)
    print(words)
    return 0 if holds else 1


def verify_words(path: Path, *, signed: bool = False) -> tuple[str, bool]:
    """What verifying the notebook came to, in words, and whether it is as it was recorded.

    With `signed` it must also be signed with the user's own key. Raises NotebookError for what
    cannot be verified.
    """
    from ..record.findings import told
    from ..record.signing import own_key
    from ..record.verify import verify_file

    verdict = verify_file(path, own_key())
    words = told(verdict, str(path))
    if signed and not verdict.signed:
        words += "\nIt is not signed with your key, as --signed asks."
    return words, verdict.holds and (verdict.signed or not signed)
