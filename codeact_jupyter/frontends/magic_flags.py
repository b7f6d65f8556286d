"""The flags of a `%%codeact` line, and what is said of those that it does not know."""

from __future__ import annotations

import argparse
import shlex
from difflib import get_close_matches
from typing import NoReturn

from ..errors import SettingsError
from .flags import FLAGS, add_run_flags

CELL = "%%codeact"
RUN_HELP = """\
%%codeact [--model M] [--approve ask|risky|never] [--max-steps N]
          [--max-tokens N] [--max-cost USD] [--max-seconds S]
<your task, in your own words>   do it, and go on with the conversation"""


class MagicFlags(argparse.ArgumentParser):
    """A parser whose errors are ours."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message}; `{CELL} --help` lists the flags")


def parse_run_flags(line: str) -> argparse.Namespace | None:
    """The flags of a `%%codeact` line; None when it asks for help."""
    flags = MagicFlags(prog=CELL, add_help=False, allow_abbrev=False)
    add_run_flags(flags)
    flags.add_argument("-h", "--help", action="store_true")
    try:
        options, unknown = flags.parse_known_args(shlex.split(line))
    except SettingsError as error:
        raise SettingsError(f"{CELL} {line}: {error}") from None
    except ValueError as error:
        raise SettingsError(f"{CELL}: {error}: {line!r}") from None
    if unknown and not options.help:
        raise SettingsError(_unknown_flag(line, unknown[0]))
    return None if options.help else options


def _unknown_flag(line: str, word: str) -> str:
    """What to say of a word that is no flag: the nearest one, or where the task is written."""
    if not word.startswith("-"):
        return f"{CELL} {line}: {word!r} is no flag; write the task below the line of {CELL}"
    flag = word.partition("=")[0]
    near = get_close_matches(flag, FLAGS, n=1)
    meant = f"did you mean `{near[0]}`? " if near else ""
    return f"{CELL} knows no flag {flag!r}; {meant}`{CELL} --help` lists them"
