"""The flags that the command and the magic share; their values are parsed as settings."""

from __future__ import annotations

import argparse

from ..settings import PARSERS

FLAGS = ("--approve", "--max-cost", "--max-seconds", "--max-steps", "--max-tokens", "--model")


def add_run_flags(to: argparse.ArgumentParser) -> None:
    """Add the flags of a run to a parser."""
    to.add_argument("--model", metavar="M", help="the model; `demo` needs no key")
    to.add_argument("--max-steps", metavar="N", help="end after N steps (default 50)")
    to.add_argument("--max-tokens", metavar="N", help="end before N tokens are used")
    to.add_argument("--max-cost", metavar="USD", help="end before this is spent (default 2)")
    to.add_argument("--max-seconds", metavar="S", help="end after S seconds (default 1800)")
    to.add_argument(
        "--approve",
        metavar="MODE",
        help="ask about every action (ask), about risky ones (risky, the default), or none (never)",
    )


def flags_of(options: argparse.Namespace) -> dict[str, object]:
    """The options that are settings, by name; None for those not given."""
    return {name: getattr(options, name) for name in PARSERS if hasattr(options, name)}


def add_allow(to: argparse.ArgumentParser, *, when: str = "") -> None:
    """Add `--allow`, which may be given several times."""
    words = f"{when}run again also what has such an effect"
    to.add_argument("--allow", action="append", default=[], metavar="KIND", help=words)
