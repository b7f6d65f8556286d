"""The command `codeact`: reads its arguments, calls the subcommand, and exits as that went."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from .. import __version__
from ..errors import CodeActError
from .endings import ending_as_interrupts
from .exits import BAD_INPUT, EXIT_CODES, NO_READER, SIGNALLED
from .subcommands import SUBCOMMANDS

EPILOG = """\
examples:
  codeact demo
  codeact run "plot revenue per quarter of sales.csv" --notebook sales.ipynb
  codeact export sales.ipynb --to html

Settings come from flags, the environment (CODEACT_MODEL, ANTHROPIC_API_KEY, …)
and your config file; `codeact doctor` says which are found, what is missing."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    sys.exit(run_command(sys.argv[1:] if arguments is None else list(arguments)))


def run_command(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code: 2 for bad input, else as `EXIT_CODES` says.

    What a signal ended exits with that signal's number, as a shell has it.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a run prints may be unsayable here
            stream.reconfigure(errors="backslashreplace")
    with ending_as_interrupts() as came:
        code = _run_command(arguments)
    ended = came and code in (EXIT_CODES["interrupted"], NO_READER)
    return SIGNALLED + came[0] if ended else code


def _run_command(arguments: Sequence[str]) -> int:
    if not arguments:
        parser().print_help()
        return 0
    own, others = _split(arguments)
    options, unknown = parser().parse_known_args(own)
    if unknown:
        prog = f"codeact {options.command}"
        print(f"{prog}: unknown argument {unknown[0]!r}; see `{prog} --help`", file=sys.stderr)
        return BAD_INPUT
    options.others = others
    try:
        return SUBCOMMANDS[options.command].run(options)
    except CodeActError as error:
        print(f"codeact: {error}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:  # who read our output left, as `head` does; or the terminal is closed
        if error.errno not in (errno.EPIPE, errno.EIO):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER
    except KeyboardInterrupt:
        return EXIT_CODES["interrupted"]


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our arguments, and those that `codeact lab` passes on: all from its first option on."""
    if arguments[0] != "lab" or {"-h", "--help"} & set(arguments):
        return list(arguments), []
    options = (at for at, each in enumerate(arguments) if each.startswith("-"))
    first = next(options, len(arguments))
    return list(arguments[:first]), list(arguments[first:])


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, with the way on."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see `{self.prog} --help`\n")


class MixedParser(Parser):
    """A parser that takes positional arguments before, between and after the flags."""

    _mixing = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Take the flags first, then what is left; argparse's own way there calls this again."""
        if self._mixing or {"-h", "--help"} & set(args or ()):
            return super().parse_known_args(args, namespace)
        self._mixing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False


def parser() -> Parser:
    """The parser of the whole command line."""
    root = _parser(
        Parser,
        "codeact",
        "An agent whose actions are Python cells in a live Jupyter kernel.",
        EPILOG,
    )
    root.add_argument("--version", action="version", version=f"codeact {__version__}")
    commands = root.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=MixedParser
    )
    for name, each in SUBCOMMANDS.items():
        each.add_arguments(_parser(commands.add_parser, name, each.says, each.epilog))
    return root


def _parser(make: Callable[..., Parser], name: str, says: str, epilog: str) -> Parser:
    more = {} if make is Parser else {"help": says}
    return make(
        name,
        description=f"{says[0].upper()}{says[1:]}",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        **more,
    )
