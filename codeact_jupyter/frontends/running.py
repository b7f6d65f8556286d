"""`codeact demo` and `codeact run`: a kernel is started, the task done, the notebook written."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from ..choosing import choose_model
from ..engine.events import Event, RunFinished, StepFinished, to_wire
from ..engine.model import Model
from ..engine.trajectory import Turn
from ..environments.exchange import AskInput
from ..environments.kernel import KernelEnvironment
from ..errors import NotebookError, SettingsError
from ..notebook.document import Document, require_writable
from ..notebook.lock import only_run_on
from ..notebook.marks import mark_of
from ..notebook.writing import require_notebook_name
from ..record.journal import Journal
from ..record.mending import mend
from ..record.signing import own_signature
from ..session import Session
from ..settings import Settings, load_settings
from ..undoing import note_broken_off
from .approvals import gate_of
from .continuing import kernel_mismatch, kernel_within, require_rebuildable, tell_so_far
from .exits import EXIT_CODES
from .files_command import tell_disk
from .flags import flags_of
from .interrupts import interruptible
from .person import Person
from .sandboxing import introduce_sandbox, sandbox_kernel, tell_refusals, walls_of
from .terminal import TerminalView, legible
from .words import turn_facts

DEMO_TASK = (
    "Load the revenue file, add it up by quarter, compute the growth on the year before, plot "
    "both, and tell me what stands out."
)
DEMO_PACE = 0.02


def run_demo(options: argparse.Namespace) -> int:
    """The embedded demo, end to end on a live kernel."""
    missing = _missing("pandas", "matplotlib")
    if missing:
        raise SettingsError(
            f"the demo needs {' and '.join(missing)}: pip install {' '.join(missing)}"
        )
    options.model, options.approve, options.task = "demo", "risky", DEMO_TASK
    return _run_there(options, afresh=True)


def run_task(options: argparse.Namespace) -> int:
    """Do the task of these options; returns the exit code."""
    return _run_there(options)


def _run_there(options: argparse.Namespace, *, afresh: bool = False) -> int:
    """Do the task in its notebook, which is this run's alone meanwhile."""
    settings = load_settings(flags_of(options))
    if getattr(options, "sandbox", False):
        settings = replace(settings, kernel=sandbox_kernel(options.kernel))
    if not options.task.strip():
        raise SettingsError(f"the task {options.task!r} is empty; say in quotes what to do")
    if not options.cwd.is_dir():
        raise SettingsError(
            f"there is no directory {str(options.cwd)!r} to run in; choose another with --cwd"
        )
    require_rebuildable(options)
    require_notebook_name(options.notebook)
    require_writable(options.notebook or next(_free_names(options.cwd)))
    with ExitStack() as claims:
        path = _claimed(options, claims)
        if afresh and path.exists():
            _remove_demo(path)
        journal = Journal()
        document = Document(path, kernel=settings.kernel, sign=own_signature())
        kernel = kernel_within(document, settings.kernel, options.kernel)
        settings = replace(settings, kernel=kernel)
        if not afresh:
            for run in mend(document, journal):
                print(run.words, file=sys.stderr)
                note_broken_off(run.turn)
        return asyncio.run(_run(options, settings, document, journal))


async def _run(
    options: argparse.Namespace, settings: Settings, document: Document, journal: Journal
) -> int:
    console, path = Console(stderr=options.json), document.path
    if mismatch := kernel_mismatch(document, settings.kernel):
        console.print(Text(mismatch, style="yellow"))
    chosen = await asyncio.to_thread(choose_model, settings, demo_pace=DEMO_PACE)
    view = TerminalView(console)
    person = Person(console, view)
    interactive = sys.stdin is not None and sys.stdin.isatty() and not options.json
    with view:
        view.waiting("starting the kernel")
        asked = person.ask_input if interactive else None
        starting = _started(settings.kernel, options.cwd.resolve(), asked, console)
        environment = await _beside(chosen.model, starting)
        ask = person.ask_approval if interactive else None
        gate = gate_of(document, settings.approve, ask, lambda: session.trajectory)
        kept_in: Any = {"document": document, "journal": journal}
        session = Session(settings, environment, gate, model=chosen.model, **kept_in)
        session.notice = chosen.notice
        person.on_password = session.hide
        interrupts = _Interrupts(session, environment)
        run = _Run(session, console, view, person, path, interrupts, as_json=options.json)
        with interruptible(interrupts.take):
            try:
                if document.content["cells"]:
                    interrupts.rebuilding = True
                    await tell_so_far(options, document, environment, console)
                    interrupts.rebuilding = False
                if interrupts.came:
                    return EXIT_CODES["interrupted"]
                return await run.follow(options.task)
            finally:
                person.leave()
                try:
                    await session.close()
                finally:
                    await environment.close()


async def _beside(model: Model, starting: Awaitable[KernelEnvironment]) -> KernelEnvironment:
    """The kernel, with the model ready too: its library takes seconds to load."""
    opening = asyncio.ensure_future(model.open())
    try:
        environment = await starting
    except BaseException:
        opening.cancel()
        raise
    await asyncio.gather(opening, return_exceptions=True)  # the run says what fails of it
    return environment


async def _started(
    kernel: str, workspace: Path, ask_input: AskInput | None, console: Console
) -> KernelEnvironment:
    """The kernel; the model and the person are told of walls around it."""
    environment = await KernelEnvironment.start(kernel, workspace=workspace, ask_input=ask_input)
    introduce_sandbox(environment, lambda words: console.print(Text(words, style="dim")))
    return environment


class _Interrupts:
    """What each interrupt of the command ends: the first the run, the next ones the kernel."""

    def __init__(self, session: Session, environment: KernelEnvironment) -> None:
        self._session, self._environment = session, environment
        self.came = self.rebuilding = False

    def take(self) -> None:
        """Take one; called on the event loop."""
        if self.came:
            self._environment.kill()
        self.came = True
        if self.rebuilding:
            self._environment.interrupt()
        self._session.interrupt()


class _Run:
    """One run of a session, shown as text or as lines of JSON."""

    def __init__(
        self,
        session: Session,
        console: Console,
        view: TerminalView,
        person: Person,
        path: Path,
        interrupts: _Interrupts,
        *,
        as_json: bool,
    ) -> None:
        self._session, self._console, self._view = session, console, view
        self._person, self._path, self._as_json = person, path, as_json
        self._interrupts = interrupts
        self._begun = False
        self._unread: OSError | None = None

    async def follow(self, task: str) -> int:
        """Show all events of the run and how it ended; returns the exit code."""
        try:
            async with aclosing(self._session.run(task)) as happenings:
                async for event in happenings:
                    self._begun = True
                    self._try_to_show(event)
        except NotebookError as error:
            if not self._begun:
                raise
            print(f"codeact: {error}", file=sys.stderr)
            return EXIT_CODES["failed"]
        if self._unread is not None:
            raise self._unread
        turn = self._session.turn
        if _never_began(turn):
            self._view.pause()
            where = f" · {self._path}" if self._path.exists() else ""
            print(f"codeact: {legible(turn.reason)}{where}", file=sys.stderr)
            return EXIT_CODES[turn.state]
        self._console.print(Text(f"\n{turn_facts(turn)} · {self._path}"), soft_wrap=True)
        if walls_of(self._session.environment) is not None:
            self._tell_of_walls()
        if turn.state == "interrupted" and not self._interrupts.came:
            return EXIT_CODES["failed"]  # by no person: its kernel died or was restarted
        return EXIT_CODES[turn.state]

    def _tell_of_walls(self) -> None:
        """What the run did to files, and what hosts it was refused."""

        def say(told: str) -> None:
            self._console.print(Text(legible(told)), soft_wrap=True)

        tell_disk(self._session, f"codeact files {self._session.notebook}", say)
        tell_refusals(self._session.environment, say)

    def _try_to_show(self, event: Event) -> None:
        """Show it while somebody reads; without a reader the run ends, and its record is whole."""
        if self._unread is not None:
            return
        try:
            self._show(event)
        except OSError as error:
            self._unread = error
            self._session.interrupt()

    def _show(self, event: Event) -> None:
        session = self._session
        if session.notice:
            self._console.print(Text(session.notice, style="dim"))
            session.notice = ""
        if isinstance(event, StepFinished):
            self._person.leave()
        if self._as_json:
            print(json.dumps(to_wire(event)), flush=True)
        elif not (isinstance(event, RunFinished) and _never_began(session.turn)):
            self._view.show(event)


def _never_began(turn: Turn) -> bool:
    """Whether the model could not even be asked: what was given to reach it is wrong."""
    return turn.state == "failed" and not turn.replies


def _remove_demo(path: Path) -> None:
    """Make room for another demo; raises NotebookError when anything else is in the notebook."""
    if not _is_of_demo(Document(path)):
        raise NotebookError(
            f"{str(path)!r} exists and is not just a demo's notebook; "
            "choose another with --notebook"
        )
    path.unlink()


def _is_of_demo(document: Document) -> bool:
    """Whether the demo made all of this notebook, so that it may make it again."""
    turns = document.trajectory.turns
    ours = all(mark_of(cell) is not None for cell in document.content["cells"])
    untouched = ours and not document.edits
    return bool(turns) and untouched and all(turn.task == DEMO_TASK for turn in turns)


def _missing(*packages: str) -> list[str]:
    from importlib.util import find_spec

    return [package for package in packages if find_spec(package) is None]


def _claimed(options: argparse.Namespace, claims: ExitStack) -> Path:
    """The notebook of these options, or one of a free name, for this run alone."""
    if options.notebook:
        claims.enter_context(only_run_on(options.notebook))
        return options.notebook  # type: ignore[no-any-return]
    for path in _free_names(options.cwd):
        with suppress(NotebookError):  # a run that has not written it yet has this name
            claims.enter_context(only_run_on(path))
            if not path.exists():
                return path
    raise NotebookError(f"no name is free in {str(options.cwd)!r}; choose one with --notebook")


def _free_names(folder: Path) -> Iterator[Path]:
    """`codeact.ipynb` in this folder and the numbered names, as far as they are free."""
    names = (folder / f"codeact{number or ''}.ipynb" for number in range(10_000))
    return (path for path in names if not path.exists())
