"""One shell's conversation with the agent: what `%%codeact` and `%codeact` do once they are used.

Imported at the first use, so that `%load_ext` is quick.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from contextlib import aclosing
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action, Trajectory
from ..environments.persons_cells import PersonsCells
from ..environments.shell import ShellEnvironment
from ..environments.stopping import keyboard_interrupts
from ..errors import RunFailed, SettingsError
from ..safety.gate import Gate
from ..session import Session
from ..settings import Settings, load_settings
from .flags import FLAGS, add_run_flags, flags_of
from .magic_views import MagicView, magic_view
from .trusted import trusted_sources
from .words import QUESTION, answered, counted, money

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..engine.events import Event

CELL = "%%codeact"
EXPORT = "%codeact export"
HELP = """\
%%codeact [--model M] [--approve ask|risky|never] [--max-steps N]
          [--max-tokens N] [--max-cost USD] [--max-seconds S]
<your task, in your own words>   do it, and go on with the conversation

%codeact new              begin a new conversation; your variables stay
%codeact status           the conversation so far: steps, tokens, cost
%codeact export FILE      write it as .ipynb, .py, .md, .html or .jsonl;
                          --force overwrites a file that exists
%codeact model [NAME]     say which model is used, or use this one from now on
                          (`demo` needs no key)
%codeact help             this text"""
COMMANDS = ("export", "help", "model", "new", "status")


class Conversation:
    """One shell's conversation with the agent."""

    def __init__(self, shell: InteractiveShell, cells: PersonsCells) -> None:
        self._shell = shell
        self._view: MagicView | None = None
        self._given: Trajectory | None = None
        self.environment = ShellEnvironment(shell, cells=cells, on_clear=self._clear)
        self._session: Session | None = None
        self._model: str | None = None
        self._running = False

    async def run(self, line: str, task: str) -> None:
        """Do the task and show it; raises RunFailed when it was not answered."""
        if self._running:
            raise SettingsError("a run is going on in this kernel; wait for its end, or stop it")
        options = _parse(line)
        if options is None:
            print(HELP)
            return
        session = self._prepared(options)
        self._running = True
        try:
            with magic_view(self._shell, self.environment, session) as self._view:
                async with aclosing(session.run(task)) as happenings:
                    async for event in happenings:
                        self._show(event, self._view, session)
            self._view.end(session.turn)
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

    def line(self, line: str) -> None:
        """`%codeact new|status|export FILE|model [NAME]|help`"""
        command, _, argument = line.strip().partition(" ")
        if self._running:
            raise SettingsError("a run is going on in this kernel; wait for its end, or stop it")
        if command == "new":
            self._given = None
            if self._session is not None:
                self._session.forget()
            print("A new conversation: the agent starts without the old one. Variables stay.")
        elif command == "status":
            print(self._status())
        elif command == "export":
            self._export(argument.strip())
        elif command == "model":
            self._model = argument.strip() or self._model
            print(f"From now on: {self._model}" if argument.strip() else self._which_model())
        elif command in ("help", "--help", "-h", ""):
            print(HELP)
        else:
            raise SettingsError(_unknown(command))

    def _settings(self, flags: dict[str, object]) -> Settings:
        environ, config = trusted_sources()
        flags["model"] = flags.get("model") or self._model
        return load_settings(flags, environ=environ, config=config)

    def _prepared(self, options: argparse.Namespace) -> Session:
        """The conversation, with the settings of this call."""
        settings = self._settings(flags_of(options))
        can_ask = _can_ask(self._shell)
        policy = Gate(settings.approve, self._ask if can_ask else None)
        if self._session is None:
            self._session = Session(settings, self.environment, policy, demo_pace=0.01)
            self.environment.secrets = self._session.secrets
        self._session.use(settings)
        self._session.policy = policy
        if self._given is not None:
            self._session.trajectory, self._given = self._given, None
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
        if self._view is not None:
            self._view.asks(verdict.reasons)
        with keyboard_interrupts():
            try:
                return answered(input(QUESTION))
            except KeyboardInterrupt:
                assert self._session is not None
                self._session.stop()
                return Answered("reject", "the run was stopped")
            except (EOFError, NotImplementedError):
                return Answered("reject", "nobody can be asked here")

    def _which_model(self) -> str:
        settings = self._settings({})
        source = "" if "model" in settings.given else ", which is the default"
        words = f"The model is {settings.model}{source}."
        turns = self._session.trajectory.turns if self._session else ()
        last = next((reply.model for turn in reversed(turns) for reply in turn.replies), None)
        if last not in (None, settings.model):
            words += f" The last run used {last}."
        return (
            f"{words}\n`%codeact model NAME` takes another from now on;"
            f"\n`{CELL} --model NAME` takes one for that task."
        )

    def _status(self) -> str:
        if self._session is None or not self._session.trajectory.turns:
            return "No run yet. Write %%codeact and below it a task."
        turns = [
            f"{number}. {turn.state:<11} {counted(len(turn.steps), 'step'):<8} {_line(turn.task)}"
            for number, turn in enumerate(self._session.trajectory.turns, 1)
        ]
        return "\n".join([*turns, _facts(self._session)])

    def _export(self, line: str) -> None:
        from ..record.export import export_trajectory

        name, force = _exported(line)
        if self._session is None or not self._session.trajectory.turns:
            raise SettingsError("there is nothing to export: no run yet in this kernel")
        target = Path(name).expanduser()
        print(export_trajectory(self._session.trajectory, target, replace=force))


class _Flags(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message}; `{CELL} --help` lists the flags")


def _parse(line: str) -> argparse.Namespace | None:
    """The flags of a `%%codeact` line; None when it asks for help."""
    flags = _Flags(prog=CELL, add_help=False, allow_abbrev=False)
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


def _exported(line: str) -> tuple[str, bool]:
    """The file that a line of `%codeact export` names, and whether one there may be overwritten."""
    flags = _Flags(prog=EXPORT, add_help=False, allow_abbrev=False)
    flags.add_argument("file", nargs="?")
    flags.add_argument("--force", action="store_true")
    try:
        options, unknown = flags.parse_known_args(shlex.split(line))
    except ValueError as error:
        raise SettingsError(f"{EXPORT}: {error}: {line!r}") from None
    if not options.file:
        raise SettingsError(f"{EXPORT} needs a file: .ipynb, .py, .md, .html or .jsonl")
    if unknown:
        word = f"{unknown[0]!r}; put a name with blanks in quotes"
        raise SettingsError(f"{EXPORT} takes one file and --force, not also {word}")
    return options.file, options.force


def _unknown_flag(line: str, word: str) -> str:
    """What to say of a word that is no flag: the nearest one, or where the task is written."""
    if not word.startswith("-"):
        return f"{CELL} {line}: {word!r} is no flag; write the task below the line of {CELL}"
    flag = word.partition("=")[0]
    near = get_close_matches(flag, FLAGS, n=1)
    meant = f"did you mean `{near[0]}`? " if near else ""
    return f"{CELL} knows no flag {flag!r}; {meant}`{CELL} --help` lists them"


def _unknown(command: str) -> str:
    """What to say of a command that is none: the nearest one, and where a task is written."""
    near = get_close_matches(command, COMMANDS, n=1, cutoff=0.7)
    meant = f"did you mean `%codeact {near[0]}`?" if near else f"it knows {', '.join(COMMANDS)}."
    return f"%codeact knows no {command!r}; {meant} A task is written below `{CELL}`."


def _can_ask(shell: Any) -> bool:
    kernel = getattr(shell, "kernel", None)
    if kernel is not None:
        return bool(getattr(kernel, "_allow_stdin", False))
    return sys.stdin is not None and sys.stdin.isatty()


def _line(task: str) -> str:
    return " ".join(task.split())[:70]


def _facts(session: Session) -> str:
    turns = session.trajectory.turns
    costs = [turn.cost for turn in turns]
    known = [cost for cost in costs if cost is not None]
    total = sum(known[1:], known[0]) if known and len(known) == len(costs) else None
    steps = sum(len(turn.steps) for turn in turns)
    tokens = sum(turn.usage.total for turn in turns)
    seconds = sum(turn.seconds for turn in turns)
    words = f"in all: {counted(steps, 'step')} · {tokens:,} tokens · {money(total)}"
    return f"{words} · {seconds:.1f} s · {session.settings.model}"
