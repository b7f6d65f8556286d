"""`%%codeact` and `%codeact` in any IPython.

The cell magic is awaited by its cell: an input transformation makes `await run_cell(...)` of it, so
"Run all", nbclient and papermill wait for the run, actions may await, and an interrupt stops it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from contextlib import aclosing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import WeakKeyDictionary

from ..engine.policy import Answered, Verdict
from ..engine.trajectory import Action
from ..environments.shell import ShellEnvironment, keyboard_interrupts
from ..errors import RunFailed, SettingsError
from ..safety.gate import Gate
from ..session import Session
from ..settings import load_settings
from .flags import add_run_flags, flags_of
from .inline import InlineView
from .interrupts import interruptible
from .words import QUESTION, answered, money

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..engine.events import Event
    from .terminal import TerminalView

CELL = "%%codeact"
ENDPOINT_VARIABLES = ("ANTHROPIC_BASE_URL", "CODEACT_BASE_URL", "CODEACT_PROFILE")
HELP = """\
%%codeact [--model M] [--max-steps N] [--max-tokens N] [--max-cost USD] [--max-seconds S]
          [--approve ask|risky|never]
<the task, in your own words>       do it; continues the conversation of this kernel

%codeact new             begin a new conversation
%codeact status          the conversation so far: steps, tokens, cost
%codeact export FILE     write it as .ipynb, .py, .md, .html or .jsonl
%codeact model NAME      use this model from now on (`demo` needs no key)
%codeact help            this text"""

_front_ends: WeakKeyDictionary[InteractiveShell, MagicFrontEnd] = WeakKeyDictionary()


def load(shell: InteractiveShell) -> None:
    """Make the magics known to this shell; a second time changes nothing."""
    if shell in _front_ends:
        return
    front_end = _front_ends[shell] = MagicFrontEnd(shell)
    front_end.environment.cells.watch()
    register: Any = shell.register_magic_function
    register(_not_awaited, "cell", "codeact")
    register(front_end.line, "line", "codeact")
    shell.input_transformers_cleanup.append(awaited)


def unload(shell: InteractiveShell) -> None:
    """Take everything back that `load` did."""
    front_end = _front_ends.pop(shell, None)
    if front_end is None:
        return
    front_end.environment.cells.unwatch()
    shell.input_transformers_cleanup.remove(awaited)
    for kind in ("cell", "line"):
        shell.magics_manager.magics[kind].pop("codeact", None)


def awaited(lines: list[str]) -> list[str]:
    """A cell that begins with `%%codeact` as an `await`; any other unchanged."""
    magic, _, line = (lines[0] if lines else "").rstrip("\n").partition(" ")
    if magic.rstrip() != CELL:
        return lines
    line, body = line.strip(), "".join(lines[1:])
    module = f"__import__({__name__!r}, fromlist=['run_cell'])"
    return [f"await {module}.run_cell({line!r}, {body!r})\n"]


# Else IPython would take a `%%codeact` line that is being typed for a complete cell.
awaited.has_side_effects = True  # type: ignore[attr-defined]


async def run_cell(line: str, task: str) -> None:
    """Run the task of a `%%codeact` cell in the shell that runs the cell."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or shell not in _front_ends:
        raise SettingsError("%%codeact is not loaded here: run %load_ext codeact_jupyter first")
    await _front_ends[shell].run(line, task)


def _not_awaited(line: str, cell: str) -> NoReturn:
    """Do a task: the agent's actions run in this kernel. `%codeact help` says more."""
    raise SettingsError(
        f"{CELL} must be the first line of its cell, and `%autoawait` must be on, as it is by "
        "default: the run is awaited by its cell"
    )


class MagicFrontEnd:
    """One shell's conversation with the agent."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._view: InlineView | TerminalView | None = None
        self.environment = ShellEnvironment(shell, on_clear=self._clear)
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
        view = self._view = self._new_view()
        self._running = True
        try:
            with (
                nullcontext() if isinstance(view, InlineView) else view,
                interruptible(session.interrupt),
            ):
                async with aclosing(session.run(task)) as happenings:
                    async for event in happenings:
                        self._show(event, session)
        finally:
            self._running, self._view = False, None
        self._footer(session)
        if session.turn.state != "answered":
            turn = session.turn
            raise RunFailed(f"the run ended {turn.state}: {turn.reason}", state=turn.state)

    def line(self, line: str) -> None:
        """`%codeact new|status|export FILE|model NAME|help`"""
        command, _, argument = line.strip().partition(" ")
        if self._running:
            raise SettingsError("a run is going on in this kernel; wait for its end, or stop it")
        if command == "new":
            if self._session is not None:
                self._session.forget()
            print("A new conversation: the agent starts without the old one. Variables stay.")
        elif command == "status":
            print(self._status())
        elif command == "export":
            self._export(argument.strip())
        elif command == "model" and argument.strip():
            self._model = argument.strip()
            print(f"From now on: {self._model}")
        elif command in ("help", ""):
            print(HELP)
        else:
            raise SettingsError(f"%codeact knows no {line.strip()!r}\n{HELP}")

    def _prepared(self, options: argparse.Namespace) -> Session:
        """The conversation, with the settings of this call."""
        flags = flags_of(options)
        flags["model"] = flags.get("model") or self._model
        settings = load_settings(flags, environ=trusted_environment())
        can_ask = _can_ask(self._shell)
        policy = Gate(settings.approve, self._ask if can_ask else None)
        if self._session is None:
            self._session = Session(settings, self.environment, policy, demo_pace=0.01)
        self._session.use(settings)
        self._session.policy = policy
        return self._session

    def _new_view(self) -> InlineView | TerminalView:
        if hasattr(self._shell, "kernel"):
            return InlineView(self._shell)
        from rich.console import Console

        from .terminal import TerminalView

        return TerminalView(Console(), outputs=False)

    def _show(self, event: Event, session: Session) -> None:
        view = self._view
        if isinstance(view, InlineView):
            if session.notice:
                view.notice(session.notice)
            view.show(event, session.trajectory)
        elif view is not None:
            if session.notice:
                print(session.notice)
            view.show(event)
        session.notice = ""

    def _footer(self, session: Session) -> None:
        if not hasattr(self._shell, "kernel"):
            print(f"\n{_facts(session)}")

    def _clear(self) -> None:
        if isinstance(self._view, InlineView):
            self._view.restore(self._shell.display_pub.clear_output)

    async def _ask(self, action: Action, verdict: Verdict) -> Answered:
        if not isinstance(self._view, InlineView):
            for reason in verdict.reasons:
                print(f"  asks because it {reason}")
        with keyboard_interrupts():
            try:
                return answered(input(QUESTION))
            except KeyboardInterrupt:
                assert self._session is not None
                self._session.stop()
                return Answered("reject", "the run was stopped")
            except (EOFError, NotImplementedError):
                return Answered("reject", "nobody can be asked here")

    def _status(self) -> str:
        if self._session is None or not self._session.trajectory.turns:
            return "No run yet. Write %%codeact and below it a task."
        turns = [
            f"{number}. {turn.state:<11} {len(turn.steps):>3} steps  {_line(turn.task)}"
            for number, turn in enumerate(self._session.trajectory.turns, 1)
        ]
        return "\n".join([*turns, _facts(self._session)])

    def _export(self, name: str) -> None:
        from ..record.export import export_trajectory

        if not name:
            raise SettingsError("%codeact export needs a file: .ipynb, .py, .md, .html or .jsonl")
        if self._session is None or not self._session.trajectory.turns:
            raise SettingsError("there is nothing to export: no run yet in this kernel")
        print(export_trajectory(self._session.trajectory, Path(name).expanduser()))


def trusted_environment() -> dict[str, str]:
    """The environment, with the model's address as it was when this process started.

    A notebook can set variables in its kernel; where a key is sent must not be among them.
    """
    environ = {k: v for k, v in os.environ.items() if k not in ENDPOINT_VARIABLES}
    import psutil

    try:
        first = psutil.Process().environ()
    except (psutil.Error, OSError):
        return environ
    return environ | {key: first[key] for key in ENDPOINT_VARIABLES if key in first}


class _Flags(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{CELL}: {message}\n{HELP}")


def _parse(line: str) -> argparse.Namespace | None:
    """The flags of a `%%codeact` line; None when it asks for help."""
    flags = _Flags(prog=CELL, add_help=False, allow_abbrev=False)
    add_run_flags(flags)
    flags.add_argument("-h", "--help", action="store_true")
    try:
        options = flags.parse_args(shlex.split(line))
    except ValueError as error:
        raise SettingsError(f"{CELL}: {error}: {line!r}") from None
    return None if options.help else options


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
    words = f"{turns[-1].state} · {steps} steps · {tokens:,} tokens · {money(total)}"
    return f"{words} · {turns[-1].seconds:.1f} s · {session.settings.model}"
