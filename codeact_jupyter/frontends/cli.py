"""The command `codeact`: demo, run, export, doctor."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from ..errors import CodeActError
from .flags import add_run_flags

FORMATS = ("ipynb", "py", "md", "html", "jsonl")
EXIT_CODES = {"answered": 0, "limit": 3, "failed": 4, "interrupted": 130, "stopped": 130}
EPILOG = """\
examples:
  codeact demo
  codeact run "plot revenue per quarter of sales.csv" --notebook sales.ipynb
  codeact export sales.ipynb --to html

Settings come from flags, the environment (CODEACT_MODEL, ANTHROPIC_API_KEY, ...) and your config
file; `codeact doctor` says which are found and what is missing."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its code."""
    sys.exit(run_command(sys.argv[1:] if arguments is None else list(arguments)))


def run_command(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code: 2 for bad input, else as `EXIT_CODES` says."""
    options = parser().parse_args(arguments)
    try:
        if options.command == "export":
            from ..record.export import export_file

            print(export_file(options.file, options.to, options.output))
            return 0
        if options.command == "doctor":
            from .doctor import examine

            return examine()
        from .running import run_demo, run_task

        return run_demo(options) if options.command == "demo" else run_task(options)
    except CodeActError as error:
        print(f"codeact: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return EXIT_CODES["interrupted"]


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    root = argparse.ArgumentParser(
        prog="codeact",
        description="An agent whose actions are Python cells in a live Jupyter kernel.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("--version", action="version", version=f"codeact {__version__}")
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="run the embedded demo: no key is needed")
    _place(demo, notebook=Path("codeact-demo.ipynb"))
    run = commands.add_parser(
        "run", help="do a task and write the notebook of it", description=run_task_words()
    )
    run.add_argument("task", help="what to do, in your own words")
    _place(run, notebook=None)
    add_run_flags(run)
    run.add_argument("--base-url", help="another server that speaks the Messages API")
    run.add_argument("--profile", help="what that server can do (see the README)")
    export = commands.add_parser("export", help="turn a run's notebook into another format")
    export.add_argument("file", type=Path, help="a notebook with a run in it")
    export.add_argument("--to", required=True, choices=FORMATS, help="the format")
    export.add_argument("-o", "--output", type=Path, help="the file to write")
    commands.add_parser("doctor", help="check the installation and say what to do about it")
    return root


def run_task_words() -> str:
    return (
        "Start a kernel, do the task in it, and write the notebook after every step. On a notebook "
        "that exists, the conversation in it is continued. Exits with 0 when the task was "
        "answered, 3 at a limit, 4 on failure, 130 when interrupted."
    )


def _place(to: argparse.ArgumentParser, *, notebook: Path | None) -> None:
    to.add_argument("--notebook", type=Path, default=notebook, metavar="FILE", help="the notebook")
    to.add_argument("--cwd", type=Path, default=Path("."), metavar="DIR", help="where code runs")
    to.add_argument("--kernel", metavar="NAME", help="the kernel to start (default python3)")
    to.add_argument("--json", action="store_true", help="print events as JSON lines")
