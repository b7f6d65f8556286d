"""`codeact demo` and `codeact run`: a kernel is started, the task done, the notebook written."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from contextlib import aclosing
from pathlib import Path

from rich.console import Console

from ..engine.events import Event, to_wire
from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action
from ..environments.kernel import KernelEnvironment
from ..errors import NotebookError, SettingsError
from ..notebook.document import Document
from ..safety.gate import Gate
from ..session import Session
from ..settings import Settings, load_settings
from .cli import EXIT_CODES
from .flags import flags_of
from .interrupts import interruptible
from .terminal import TerminalView
from .words import QUESTION, answered, money

DEMO_TASK = (
    "Load the revenue file, add it up by quarter, compute the growth on the year before, plot "
    "both, and tell me what stands out."
)
DEMO_PACE = 0.02
FRESH_KERNEL = (
    "This notebook was continued in a new kernel: no variable of its earlier cells exists. "
    "Run again what you need of them."
)


def run_demo(options: argparse.Namespace) -> int:
    """The embedded demo, end to end on a live kernel."""
    missing = _missing("pandas", "matplotlib")
    if missing:
        raise SettingsError(
            f"the demo needs {' and '.join(missing)}: pip install 'codeact-jupyter[demo]'"
        )
    if options.notebook.exists():
        if not Document(options.notebook).trajectory.turns:
            raise NotebookError(
                f"{str(options.notebook)!r} exists and is not a demo's notebook; "
                "choose another with --notebook"
            )
        options.notebook.unlink()
    options.model, options.approve, options.task = "demo", "risky", DEMO_TASK
    return run_task(options)


def run_task(options: argparse.Namespace) -> int:
    """Do the task of these options; returns the exit code."""
    settings = load_settings(flags_of(options))
    if not options.task.strip():
        raise SettingsError("the task is empty; say in quotes what to do")
    if not options.cwd.is_dir():
        raise SettingsError(f"there is no directory {str(options.cwd)!r} to run in")
    path = options.notebook or _free_name(options.cwd)
    return asyncio.run(_run(options, settings, path))


async def _run(options: argparse.Namespace, settings: Settings, path: Path) -> int:
    console = Console(stderr=options.json)
    document = Document(path, kernel=settings.kernel)
    interactive = sys.stdin.isatty() and not options.json
    terminal = _Terminal(console)
    environment = await KernelEnvironment.start(
        settings.kernel,
        workspace=options.cwd.resolve(),
        ask_input=terminal.ask_input if interactive else None,
    )
    try:
        gate = Gate(settings.approve, terminal.ask_approval if interactive else None)
        session = Session(settings, environment, gate, document=document, demo_pace=DEMO_PACE)
        if document.content["cells"]:
            environment.note(_notebook_so_far(document))
        try:
            with terminal.showing(), interruptible(session.interrupt):
                await _follow(session, options, terminal)
        finally:
            await session.close()
    finally:
        await environment.close()
    turn = session.turn
    if not options.json:
        console.print(
            f"\n[bold]{turn.state}[/] · {len(turn.steps)} steps · {turn.usage.total:,} tokens · "
            f"{money(turn.cost)} · {turn.seconds:.1f} s · {path}",
            highlight=False,
            soft_wrap=True,
        )
    return EXIT_CODES[turn.state]


async def _follow(session: Session, options: argparse.Namespace, terminal: _Terminal) -> None:
    async with aclosing(session.run(options.task)) as happenings:
        async for event in happenings:
            if session.notice:
                terminal.console.print(f"[dim]{session.notice}[/]", highlight=False)
                session.notice = ""
            if options.json:
                print(json.dumps(to_wire(event)), flush=True)
            else:
                terminal.show(event)


class _Terminal:
    """The person at this terminal: sees the run, is asked, answers."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._view = TerminalView(console)

    def showing(self) -> TerminalView:
        return self._view

    def show(self, event: Event) -> None:
        self._view.show(event)

    async def ask_approval(self, action: Action, verdict: Verdict) -> Answered:
        for reason in verdict.reasons:
            self.console.print(f"  [yellow]asks because it {reason}[/]", highlight=False)
        return answered(await asyncio.to_thread(input, f"  {QUESTION}"))

    async def ask_input(self, prompt: str, password: bool) -> str:
        from getpass import getpass

        self._view.pause()
        return await asyncio.to_thread(getpass if password else input, f"  the code asks: {prompt}")


def _notebook_so_far(document: Document) -> str:
    cells = "\n\n".join(document.persons_cells[-20:])
    return f"{FRESH_KERNEL}\nThe person's own code cells in it:\n{cells}" if cells else FRESH_KERNEL


def _missing(*packages: str) -> list[str]:
    from importlib.util import find_spec

    return [package for package in packages if find_spec(package) is None]


def _free_name(folder: Path) -> Path:
    """`codeact.ipynb` in this folder, or the first numbered name that is free."""
    names = (folder / f"codeact{number or ''}.ipynb" for number in range(10_000))
    return next(path for path in names if not path.exists())
