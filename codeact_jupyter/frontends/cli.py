"""The command `codeact`: demo, run, lab, export, doctor."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

from .. import __version__
from ..errors import CodeActError
from ..record.formats import FORMATS
from .endings import ending_as_interrupts
from .flags import add_run_flags

EXIT_CODES = {"answered": 0, "limit": 3, "failed": 4, "interrupted": 130, "stopped": 130}
BAD_INPUT = 2
NO_READER = 141
SIGNALLED = 128
EPILOG = """\
examples:
  codeact demo
  codeact run "plot revenue per quarter of sales.csv" --notebook sales.ipynb
  codeact export sales.ipynb --to html

Settings come from flags, the environment (CODEACT_MODEL, ANTHROPIC_API_KEY, …)
and your config file; `codeact doctor` says which are found, what is missing."""
RUN_WORDS = """\
The notebook is written after every step. On one that exists, the conversation
in it is continued in a new kernel, and what is new is appended.

exit codes:
  0  answered           2  bad input
  3  at a limit         4  failed, or its kernel died
130  interrupted by you; a second Ctrl-C kills its kernel
143  interrupted by SIGTERM, 129 by SIGHUP

example:
  codeact run "plot revenue per quarter of sales.csv" --notebook sales.ipynb"""
DEMO_WORDS = "The words were recorded; the code runs live. It needs pandas and matplotlib."
EXPORT_WORDS = "\n".join(["formats:", *(f"  {name:<5}  {it}" for name, it in FORMATS.items())])
LAB_WORDS = """\
Without a notebook it begins in a new one, codeact-welcome.ipynb, with a demo.
Options go to JupyterLab: `codeact lab sales.ipynb --no-browser --port 9999`."""
DOCTOR_WORDS = """\
It starts a kernel and asks the model one short question. No key is printed.
Exits with 1 when something is missing that a run needs."""


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
    try:
        if options.command == "export":
            from ..record.export import export_file

            print(export_file(options.file, options.to, options.output, replace=options.force))
            return 0
        if options.command == "lab":
            from .lab import open_lab

            return open_lab(options.notebook, others)
        if options.command == "doctor":
            from .doctor import examine

            return examine()
        from .running import run_demo, run_task

        return run_demo(options) if options.command == "demo" else run_task(options)
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


def parser() -> Parser:
    """The parser of the whole command line."""
    root = _parser(
        Parser,
        "codeact",
        "An agent whose actions are Python cells in a live Jupyter kernel.",
        EPILOG,
    )
    root.add_argument("--version", action="version", version=f"codeact {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = partial(_parser, commands.add_parser)
    demo = add("demo", "run the embedded demo on a live kernel: no key is needed", DEMO_WORDS)
    _place(demo, notebook=Path("codeact-demo.ipynb"))
    run = add("run", "do a task and write the notebook of it", RUN_WORDS)
    run.add_argument("task", help="what to do, in your own words")
    _place(run, notebook=None)
    add_run_flags(run)
    run.add_argument("--base-url", metavar="URL", help="a server that speaks the Messages API")
    run.add_argument("--profile", metavar="P", help="what that server can do (see the README)")
    export = add("export", "turn a run's notebook into another format", EXPORT_WORDS)
    export.add_argument("file", type=Path, metavar="FILE", help="a notebook")
    export.add_argument("--to", required=True, choices=FORMATS, help="the format")
    export.add_argument("-o", "--output", type=Path, metavar="OUT", help="the file to write")
    export.add_argument("--force", action="store_true", help="overwrite a file that exists")
    lab = add("lab", "open JupyterLab with the agent's panel", LAB_WORDS)
    lab.add_argument("notebook", type=Path, nargs="?", metavar="NOTEBOOK", help="one of yours")
    add("doctor", "check the installation and say what to do about it", DOCTOR_WORDS)
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


def _place(to: argparse.ArgumentParser, *, notebook: Path | None) -> None:
    to.add_argument(
        "--notebook",
        type=Path,
        default=notebook,
        metavar="FILE",
        help=f"the notebook to write (default {notebook or 'codeact.ipynb or a free name'})",
    )
    to.add_argument("--cwd", type=Path, default=Path("."), metavar="DIR", help="where code runs")
    to.add_argument("--kernel", metavar="NAME", help="the kernel to start (default python3)")
    to.add_argument("--json", action="store_true", help="print events as JSON lines")
