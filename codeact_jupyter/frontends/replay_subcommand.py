"""What `codeact replay` takes; what it does is imported later."""

from __future__ import annotations

import argparse
from math import inf, nan
from pathlib import Path

from ..record.normalising import TOLERANCE
from .flags import add_allow


def add_replay(to: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    to.add_argument("file", type=Path, metavar="FILE", help="a notebook with a run in it")
    to.add_argument("--with-own-cells", action="store_true", help="run your own cells in it too")
    add_allow(to)
    to.add_argument(
        "--tolerance",
        type=_tolerance,
        default=TOLERANCE,
        metavar="T",
        help=f"how far floats may be apart, relative to their size (default {TOLERANCE:g})",
    )
    to.add_argument(
        "--ignore", action="append", default=[], metavar="REGEX", help="what may differ in texts"
    )
    to.add_argument(
        "--timeout",
        type=_seconds,
        metavar="S",
        help="seconds that a cell may take (default 60, or 10 times what it took; yours 3600)",
    )
    to.add_argument(
        "--cwd", type=Path, metavar="DIR", help="where code runs (default FILE's folder)"
    )
    to.add_argument("--kernel", metavar="NAME", help="the kernel to start (default: FILE's)")
    to.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="the report to write (default FILE-replay.ipynb, or a free name)",
    )


def run_replay(options: argparse.Namespace) -> int:
    """Replay a notebook; returns the exit code."""
    from .replay import replay_notebook

    return replay_notebook(options)


def _tolerance(word: str) -> float:
    if not 0 <= (number := _number(word)) < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is not a number from 0 to below 1")
    return number


def _seconds(word: str) -> float:
    if not 0 < (number := _number(word)) < inf:
        raise argparse.ArgumentTypeError(f"{word!r} is no number of seconds above 0")
    return number


def _number(word: str) -> float:
    """The number that this word is, and `nan`, which is in no range, when it is none."""
    try:
        return float(word)
    except ValueError:
        return nan
