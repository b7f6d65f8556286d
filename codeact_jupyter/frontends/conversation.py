"""One shell's conversation with the agent: what `%%codeact` and `%codeact` do once they are used.

Imported at the first use, so that `%load_ext` is quick.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action, Trajectory
from ..environments.persons_cells import PersonsCells
from ..environments.shell import ShellEnvironment
from ..environments.stopping import keyboard_interrupts
from ..errors import NotebookError, RunFailed, SettingsError
from ..notebook.inline import Held
from ..record.journal import Journal
from ..record.place import usual_folder
from ..safety.gate import Gate
from ..safety.remembered import Remembered
from ..sandbox.environ import HOSTS, WELL
from ..session import Session
from ..settings import Settings, load_settings
from .approvals import locked_in, notebook_key
from .borrowing import Lender, borrowed, lender_of
from .flags import flags_of
from .line_commands import help_text
from .magic_flags import parse_run_flags
from .magic_views import MagicView, magic_view
from .resuming import broken_runs, conversation_in, notebook_of, show_broken, show_loaded
from .sandboxing import told_of_walls
from .trusted import trusted_folder, trusted_notebook, trusted_sources
from .words import answered, question

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..engine.events import Event


class Conversation:
    """One shell's conversation with the agent."""

    def __init__(self, shell: InteractiveShell, cells: PersonsCells) -> None:
        self._shell = shell
        self._view: MagicView | None = None
        self._given: Trajectory | None = None
        self._held: Held | None = None
        self._unreadable: NotebookError | None = None
        self._looked = False
        self._journal = Journal()
        self.environment = ShellEnvironment(shell, cells=cells, on_clear=self._clear)
        if os.environ.get(WELL):
            self.environment.note(told_of_walls(os.environ.get(HOSTS, "").split()))
        self._session: Session | None = None
        self._model: str | None = None
        self._running = False
        self.remembered = Remembered(trusted_folder(usual_folder))
        self.notebook = notebook_key(name) if (name := trusted_notebook()) else ""
        self.locked: set[str] = set()  # where no notebook is known, a lock is for this kernel

    async def run(self, line: str, task: str) -> None:
        """Do the task and show it; raises RunFailed when it was not answered."""
        self.require_no_run()
        options = parse_run_flags(line)
        if options is None:
            print(help_text())
            return
        session = self._prepared(options)
        self._running = True
        try:
            with magic_view(self._shell, self.environment, session) as self._view:
                async with aclosing(session.run(task)) as happenings:
                    async for event in happenings:
                        self._show(event, self._view, session)
            self._view.end(session.turn)
            if os.environ.get(WELL):
                from .line_files import tell_disk_here

                tell_disk_here(session)
        finally:
            self._running, self._view = False, None
        if session.turn.state != "answered":
            turn = session.turn
            raise RunFailed(f"the run ended {turn.state}: {turn.reason}", state=turn.state)

    def interrupt(self) -> None:
        """Interrupt the run, also one that is still being prepared."""
        if self._running and self._session is not None:
            self._session.interrupt()

    def take_over(self, trajectory: Trajectory) -> None:
        """Go on from here at the next task, if the notebook holds more than this kernel knows.

        Of cells that are run at once, all come with the notebook as it was before the first.
        """
        given = {turn.run for turn in trajectory.turns}
        turns = self._session.trajectory.turns if self._session is not None else ()
        if not given <= {turn.run for turn in turns}:
            self._given = trajectory

    def hold(self, held: Held) -> None:
        """Take over the conversation that the notebook holds, as a front end says.

        One that cannot be read is left alone; the next task says so.
        """
        self._held, self._unreadable = held, None
        try:
            self.take_over(held.conversation())
        except NotebookError as error:
            self._unreadable = error

    def recover(self) -> None:
        """Find the runs of this notebook that broke off with their kernel, once, and show them.

        Raises JournalError when it cannot be known whether there are some.
        """
        if self._looked:
            return
        for each in broken_runs(self._journal, notebook_of(self._shell), self._held):
            show_broken(self._shell, each)
            self.take_over(each.trajectory)
        self._looked = True

    def load(self, path: Path) -> None:
        """Go on with the conversation of this notebook at the next task, in this kernel."""
        trajectory = conversation_in(path, self._journal)
        show_loaded(self._shell, trajectory, path, self.trajectory.turns)
        self._given = trajectory

    @contextmanager
    def busy(self) -> Iterator[None]:
        """While in here, no run and no word of `%codeact` begins."""
        self.require_no_run()
        self._running = True
        try:
            yield
        finally:
            self._running = False

    def new(self) -> None:
        """Begin another conversation at the next task."""
        self._given = None
        if self._session is not None:
            self._session.forget()

    def use_model(self, name: str) -> None:
        """Take this model from now on."""
        self._model = name

    def require_no_run(self) -> None:
        """Raises SettingsError while a run is going on."""
        if self._running:
            raise SettingsError("a run is going on in this kernel; wait for its end, or stop it")

    @property
    def shell(self) -> InteractiveShell:
        """The shell that this is the conversation of."""
        return self._shell

    @property
    def session(self) -> Session | None:
        """The session; None before the first task."""
        return self._session

    @property
    def trajectory(self) -> Trajectory:
        """The conversation as the next task goes on with it."""
        now = self._session.trajectory if self._session is not None else Trajectory()
        return now if self._given is None else self._given

    def settings(self, flags: dict[str, object]) -> Settings:
        """The settings with these flags. Raises SettingsError for a value that cannot be used."""
        environ, config = trusted_sources()
        flags["model"] = flags.get("model") or self._model
        settings = load_settings(flags, environ=environ, config=config)
        if settings.model != "demo" and (lent := borrowed(self._shell, environ)):
            flags = {**lent, **{name: value for name, value in flags.items() if value is not None}}
            return load_settings(flags, environ=environ, config=config)
        return settings

    def lender(self) -> Lender | None:
        """The Jupyter Server that may lend this kernel its model."""
        return lender_of(self._shell, trusted_sources()[0])

    def locked_names(self) -> frozenset[str]:
        """The names locked here, but for those for good, which a gate reads anew at each action."""
        # Whoever names the notebook can only lock more by it.
        tagged = map(locked_in, {self.notebook, notebook_of(self._shell)})
        return frozenset(self.locked).union(*tagged)

    def _prepared(self, options: argparse.Namespace) -> Session:
        """The conversation, with the settings of this call."""
        if self._unreadable is not None:
            raise self._unreadable
        settings = self.settings(flags_of(options))
        self.recover()
        asks = can_ask(self._shell)
        policy = Gate(
            settings.approve,
            self._ask if asks else None,
            remembered=self.remembered,
            notebook=self.notebook,
            locked=self.locked_names(),
            history=lambda: self._session.trajectory if self._session else Trajectory(),
        )
        if self._session is None:
            kept_in: Any = {"journal": self._journal, "notebook": notebook_of(self._shell)}
            self._session = Session(settings, self.environment, policy, demo_pace=0.01, **kept_in)
            self.environment.secrets = self._session.secrets
            self.environment.cells.passwords.tell(self._session.hide)
        self._session.use(settings)
        self._session.policy = policy
        if self._given is not None:
            self._session.resume(self._given)
            self._given = None
        return self._session

    def _show(self, event: Event, view: MagicView, session: Session) -> None:
        if session.notice:
            view.notice(session.notice)
            session.notice = ""
        view.show(event, session.trajectory)

    def _clear(self) -> None:
        if self._view is not None:
            self._view.clear()

    async def _ask(self, action: Action, verdict: Verdict) -> Answered:
        asked = question(verdict.scopes)
        if self._view is not None:
            self._view.asks(asked, verdict.reasons)
        with keyboard_interrupts():
            try:
                return answered(input(asked), verdict.scopes)
            except KeyboardInterrupt:
                assert self._session is not None
                self._session.stop()
                return Answered("reject", "the run was stopped")
            except (EOFError, NotImplementedError):
                return Answered("reject", "nobody can be asked here")


def can_ask(shell: Any) -> bool:
    """Whether the front end of this shell can ask the person."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdin is not None and sys.stdin.isatty()
