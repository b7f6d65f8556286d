"""The subcommands of `codeact`: what each says of itself, what it takes, and what it calls.

What a subcommand needs is imported when it is called: `codeact --help` stays quick.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ..record.formats import FORMATS
from .epilogs import (
    APPROVALS_WORDS,
    DEMO_WORDS,
    DOCTOR_WORDS,
    EXPORT_WORDS,
    FORK_WORDS,
    KEY_WORDS,
    LAB_WORDS,
    RECOVER_WORDS,
    REPLAY_WORDS,
    RUN_WORDS,
)
from .exporting import add_shape, shape_of
from .files_subcommand import FILES_WORDS, add_files, run_files
from .flags import add_allow, add_run_flags
from .journaled import add_recover, add_runs, list_runs, recover
from .replay_subcommand import add_replay, run_replay
from .sandboxing import SANDBOX_WORDS, add_sandbox, run_sandbox
from .undo_subcommand import UNDO_WORDS, add_undo, run_redo, run_undo
from .verifying import VERIFY_WORDS, add_verify, run_verify


class Subcommand(NamedTuple):
    """One subcommand: its words in the help, its arguments, and what it does with them."""

    says: str
    epilog: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def _add_demo(to: argparse.ArgumentParser) -> None:
    _add_place(to, notebook=Path("codeact-demo.ipynb"))


def _demo(options: argparse.Namespace) -> int:
    from .running import run_demo

    return run_demo(options)


def _add_run(to: argparse.ArgumentParser) -> None:
    to.add_argument("task", help="what to do, in your own words")
    _add_place(to, notebook=None)
    add_run_flags(to)
    _add_server(to)
    to.add_argument(
        "--rebuild",
        action="store_true",
        help="first run again, in the new kernel, what the notebook's runs and you ran",
    )
    add_allow(to, when="with --rebuild: ")
    to.add_argument("--sandbox", action="store_true", help="run the code in the sandboxed kernel")


def _run(options: argparse.Namespace) -> int:
    from .running import run_task

    return run_task(options)


def _add_export(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", type=Path, metavar="FILE", help="a notebook")
    to.add_argument("--to", required=True, choices=FORMATS, help="the format")
    to.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="the file to write (default FILE's name with the ending of the format)",
    )
    add_shape(to)


def _export(options: argparse.Namespace) -> int:
    from ..record.export import export_file

    shape = shape_of(options)
    print(export_file(options.file, options.to, options.output, shape=shape, replace=options.force))
    return 0


def _add_fork(to: argparse.ArgumentParser) -> None:
    to.add_argument("file", type=Path, metavar="FILE", help="a notebook with a run in it")
    to.add_argument("task", nargs="?", help="what to do from there, in your own words")
    to.add_argument("--at", required=True, metavar="STEP", help="such as 2.3, 2, or a cell's id")
    to.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="the notebook to write (default FILE-fork-2-3.ipynb, or a free name)",
    )
    to.add_argument(
        "--cwd", type=Path, metavar="DIR", help="where code runs (default FILE's folder)"
    )
    to.add_argument(
        "--kernel",
        metavar="NAME",
        help="the kernel to start (default python3; FILE's, if that is the sandbox)",
    )
    to.add_argument("--json", action="store_true", help="print events as JSON lines")
    add_allow(to, when="with a task: ")
    add_run_flags(to)
    _add_server(to)


def _fork(options: argparse.Namespace) -> int:
    from .fork import fork_notebook

    return fork_notebook(options)


def _add_server(to: argparse.ArgumentParser) -> None:
    to.add_argument("--base-url", metavar="URL", help="a server that speaks the Messages API")
    to.add_argument("--profile", metavar="P", help="what that server can do (see the README)")


def _add_key(to: argparse.ArgumentParser) -> None:
    to.add_argument("words", nargs="*", metavar="set|forget|status", help="what to do (status)")


def _key(options: argparse.Namespace) -> int:
    from .key_command import manage_key

    return manage_key(options)


def _add_lab(to: argparse.ArgumentParser) -> None:
    to.add_argument("notebook", type=Path, nargs="?", metavar="NOTEBOOK", help="one of yours")


def _lab(options: argparse.Namespace) -> int:
    from .lab import open_lab

    return open_lab(options.notebook, options.others)


def _add_nothing(to: argparse.ArgumentParser) -> None:
    """It takes no arguments."""


def _add_approvals(to: argparse.ArgumentParser) -> None:
    to.add_argument("--forget", metavar="NAME", help="a notebook, a kind, a locked name, or `all`")


def _approvals(options: argparse.Namespace) -> int:
    from .approvals import forget, listed, remembered

    print(forget(options.forget) if options.forget else listed(remembered().entries()))
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from .doctor import examine

    return examine()


def _add_place(to: argparse.ArgumentParser, *, notebook: Path | None) -> None:
    to.add_argument(
        "--notebook",
        type=Path,
        default=notebook,
        metavar="FILE",
        help=f"the notebook to write (default {notebook or 'codeact.ipynb or a free name'})",
    )
    to.add_argument(
        "--cwd",
        type=Path,
        default=Path("."),
        metavar="DIR",
        help="where code runs (default: this folder)",
    )
    to.add_argument(
        "--kernel",
        metavar="NAME",
        help="the kernel to start (default python3; the notebook's, if that is the sandbox)",
    )
    to.add_argument("--json", action="store_true", help="print events as JSON lines")


SUBCOMMANDS = {
    "demo": Subcommand(
        "run the embedded demo on a live kernel: no key is needed", DEMO_WORDS, _add_demo, _demo
    ),
    "run": Subcommand("do a task and write the notebook of it", RUN_WORDS, _add_run, _run),
    "runs": Subcommand("list your runs, also those that broke off", "", add_runs, list_runs),
    "recover": Subcommand(
        "put into a notebook what a killed run did", RECOVER_WORDS, add_recover, recover
    ),
    "export": Subcommand(
        "turn a run's notebook into another format", EXPORT_WORDS, _add_export, _export
    ),
    "replay": Subcommand(
        "run a notebook's runs again, without a model, and compare with the record",
        REPLAY_WORDS,
        add_replay,
        run_replay,
    ),
    "fork": Subcommand(
        "go on from a step of a notebook's run in a notebook of its own",
        FORK_WORDS,
        _add_fork,
        _fork,
    ),
    "key": Subcommand("keep a key, forget it, or say which is used", KEY_WORDS, _add_key, _key),
    "verify": Subcommand(
        "check that a run's notebook is as it was recorded", VERIFY_WORDS, add_verify, run_verify
    ),
    "undo": Subcommand(
        "take back what a run did to files and variables, and its cells",
        UNDO_WORDS,
        add_undo,
        run_undo,
    ),
    "redo": Subcommand("bring back what was undone", UNDO_WORDS, add_undo, run_redo),
    "files": Subcommand(
        "show what a run changed on disk, and put files back", FILES_WORDS, add_files, run_files
    ),
    "lab": Subcommand("open JupyterLab with the agent's panel", LAB_WORDS, _add_lab, _lab),
    "approvals": Subcommand(
        "list what you allowed and locked for good, and take it back",
        APPROVALS_WORDS,
        _add_approvals,
        _approvals,
    ),
    "sandbox": Subcommand(
        "install the sandboxed kernel, remove it, or say what it is here",
        SANDBOX_WORDS,
        add_sandbox,
        run_sandbox,
    ),
    "doctor": Subcommand(
        "check the installation and say what to do about it", DOCTOR_WORDS, _add_nothing, _doctor
    ),
}
