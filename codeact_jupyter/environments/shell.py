"""Actions in the IPython shell of this process: the magic's environment.

An action runs like a cell of the person's, in their namespace, awaited, with its outputs shown
where the front end shows them; it takes no execution count and leaves no line in the history.
"""

from __future__ import annotations

import asyncio
import select
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from ..engine.environment import Late, Namespace, News, OnOutput
from ..engine.trajectory import Action, Observation, StepState
from ..errors import EnvironmentFailure
from .capture import Capture
from .checkpoints import ShellCheckpoints
from .collecting import Collector
from .descriptors import Descriptors
from .looking import Looking
from .names import Names
from .own_cells import OwnCells
from .payloads import Payloads, put_out
from .persons_cells import PersonsCells
from .probe_audit import during_action
from .probe_files import working_directory
from .stopping import Stopping, end_at_action
from .syntax import Transforming

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionResult, InteractiveShell


DRAIN_SECONDS = 2.0
HAND_OVER_SECONDS = 0.005  # between the reading thread's read of a pipe and its write to the stream


class ShellEnvironment:
    """Runs actions in `shell`, on the event loop that runs the person's own cell.

    `cells` knows the person's cells of before this was made.

    With `own_cells` set, a front end shows each action as a cell of its own, with its own count.

    `on_clear` is called when an action's `clear_output()` takes effect: it must clear the front
    end's output and show again what was there before the action.

    `secrets` gives the texts that an action may not show: its outputs are saved in the notebook.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        *,
        cells: PersonsCells | None = None,
        on_clear: Callable[[], None] = lambda: None,
    ) -> None:
        self.shell = shell
        self.on_clear = on_clear
        self.cells = cells or PersonsCells(shell)
        here = working_directory()
        self.own_cells: OwnCells | None = None
        self.secrets: Callable[[], Sequence[str]] = tuple
        self._names = Names(here or ".", here)
        self._looking = Looking(shell)
        self._transforming = Transforming(shell.transform_cell)
        self._stopping = Stopping()
        self._past_python: Descriptors | None = None
        self._notes: list[str] = []
        self.checkpoints = ShellCheckpoints(shell, lambda: self.namespace().workspace)

    async def check(self, code: str) -> str | None:
        return self._transforming.check(code)

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        collector = Collector(on_output)
        started = time.monotonic()
        self._stopping = Stopping()
        payloads = Payloads(put_out(self.shell))
        past_python = Descriptors(collector.add, before=self._past_python)
        self._past_python = past_python
        around = self._as_cell(action, collector, past_python, payloads)
        with around, during_action(action.code):
            status = await self._run(action.code, self._stopping)
        seconds = time.monotonic() - started
        change = self._names.after_action(self._looking.look())
        return Observation(
            status,
            collector.outputs,
            change=change,
            seconds=round(seconds, 3),
            count=self.own_cells.count if self.own_cells else None,
            lost="; ".join(filter(None, (collector.lost, past_python.lost, payloads.not_done))),
            updated=collector.updated,
            touched=self._names.touched,
        )

    def late(self) -> Late:
        return Late()  # what comes between actions goes to the person's screen, and is not seen

    async def news(self, *, anew: bool = False, mentioned: Collection[str] = ()) -> News:
        look = self._looking.look()
        variables, deleted, omitted = self._names.after_person(look, anew=anew, mentioned=mentioned)
        notes, self._notes = tuple(self._notes), []
        return News(variables, omitted, deleted=deleted, ran=self.cells.take(), notes=notes)

    async def renew(self) -> None:
        """Take what the kernel holds now for the person's: for a rebuild."""
        self._names.after_person(self._looking.look())

    def hand_over(self, names: Iterable[str]) -> None:
        """Take these names for the person's: their own code made them, though it ran as ours."""
        self._names.hand_over(names)

    def note(self, text: str) -> None:
        """Have something told to the model at the start of the next turn."""
        self._notes.append(text)

    def namespace(self) -> Namespace:
        return replace(self._names.namespace(), directory=working_directory())

    def interrupt(self) -> None:
        self._stopping.request()

    async def close(self) -> None:
        self.cells.unwatch()

    @contextmanager
    def _as_cell(
        self, action: Action, collector: Collector, past_python: Descriptors, payloads: Payloads
    ) -> Iterator[None]:
        """What a running cell has around it, and a cell of the person's has not."""
        shell, number = self.shell, action.cell.rsplit("-", 2)[-2]
        outer = getattr(shell.displayhook, "prompt_count", shell.execution_count)
        with ExitStack() as stack:
            self.cells.paused = True
            stack.callback(setattr, self.cells, "paused", False)
            if self.own_cells is not None:
                stack.enter_context(self.own_cells.cell(action))
            else:
                label = _named(f"{outer}.{number}")
                stack.enter_context(_replaced(shell.compile, "cache", label))
            # What it holds leaves with the reply to the person's own cell.
            manager = shell.payload_manager
            stack.enter_context(_replaced(manager, "write_payload", lambda _: payloads.take))
            formatter = shell.InteractiveTB
            stack.enter_context(_replaced(formatter, "structured_traceback", _of_the_action))
            if hasattr(shell, "ask_exit"):
                stack.enter_context(_replaced(shell, "ask_exit", lambda _: _not_to_exit))
            if not hasattr(shell, "kernel"):  # a terminal's own `!command` writes past Python
                stack.enter_context(_replaced(shell, "system", lambda _: shell.system_piped))
                stack.enter_context(past_python)
            inside = self.on_clear if self.own_cells is None else None
            capture = Capture(
                shell,
                collector.add,
                inside=inside,
                earlier=past_python.drain,
                secrets=self.secrets(),
            )
            stack.enter_context(capture)
            stack.callback(_flush)
            yield

    async def _run(self, code: str, stopping: Stopping) -> StepState:
        shell = self.shell
        source, problem = code, None
        try:
            source = self._transforming.plain(code)
        except Exception:
            problem = sys.exc_info()
        awaits = shell.should_run_async(
            code, transformed_cell=source, preprocessing_exc_tuple=problem
        )
        work = shell.run_cell_async(
            code,
            store_history=self.own_cells is not None,
            transformed_cell=source,
            preprocessing_exc_tuple=problem,
        )
        result = None
        try:
            with _replaced(shell.displayhook, "quiet", _as_ends(shell, source)):
                result = await (stopping.awaiting(work) if awaits else stopping.blocking(work))
        except (KeyboardInterrupt, asyncio.CancelledError):
            stopping.requested = True
        try:
            await stopping.blocking(self._tell_the_end(result))
        except KeyboardInterrupt:
            stopping.requested = True
        if result is None or stopping.requested:
            return "interrupted"
        return "ok" if result.success else "error"

    async def _tell_the_end(self, result: ExecutionResult | None) -> None:
        """Tell who listens to IPython, as the one that draws figures; it may take long."""
        events = self.shell.events
        events.trigger("post_execute")
        if result is not None:
            events.trigger("post_run_cell", result)


@contextmanager
def _replaced(owner: Any, name: str, make: Callable[[Any], Any]) -> Iterator[None]:
    """Put `make(original)` in the place of an attribute of one object."""
    own = vars(owner).get(name)
    setattr(owner, name, make(getattr(owner, name)))
    try:
        yield
    finally:
        if own is None:
            delattr(owner, name)
        else:
            setattr(owner, name, own)


def _named(label: str) -> Callable[[Any], Any]:
    """Number the code of an action in tracebacks as `In[5.2]`: the second of cell 5."""

    def make(cache: Any) -> Any:
        return lambda code, number=0, raw_code=None: cache(code, label, raw_code)

    return make


def _as_ends(shell: InteractiveShell, source: str) -> Callable[[Any], Any]:
    """Show no value of code that ends in `;`: IPython asks its history, which may not hold it."""
    return lambda _: lambda: shell.displayhook.semicolon_at_end_of_expression(source)


def _of_the_action(formatted: Callable[..., Any]) -> Callable[..., Any]:
    """Leave the frame that interrupts an action out of its traceback."""

    def wrapper(etype: Any = None, value: Any = None, tb: Any = None, *more: Any, **by: Any) -> Any:
        end_at_action(tb)
        return formatted(etype, value, tb, *more, **by)

    return wrapper


def _not_to_exit() -> NoReturn:
    raise EnvironmentFailure(
        "exit() was not done: it would end the person's kernel and all its variables"
    )


def _flush() -> None:
    """Let what was written arrive, also what child processes wrote to the file descriptors."""
    for stream in (sys.stdout, sys.stderr):
        if stream is None or getattr(stream, "closed", False):  # not all have it
            continue
        pipe = getattr(stream, "_fid", None)  # where ipykernel reads what was written past Python
        if isinstance(pipe, int):
            _drain(pipe, getattr(getattr(stream, "watch_fd_thread", None), "native_id", None))
        stream.flush()


def _drain(pipe: int, reader: int | None) -> None:
    """Wait until the thread `reader` has handed on all that was written to this pipe; bounded."""
    deadline = time.monotonic() + DRAIN_SECONDS
    try:
        while select.select([pipe], [], [], 0)[0] and time.monotonic() < deadline:
            time.sleep(0.002)
        while (reads := _reads(pipe, reader)) is False and time.monotonic() < deadline:
            time.sleep(0.0005)
        if reads is None:
            time.sleep(HAND_OVER_SECONDS)
    except (OSError, ValueError):
        return


def _reads(pipe: int, reader: int | None) -> bool | None:
    """Whether a thread waits in a read of this pipe; None where the system does not tell.

    It does so again only when it has written what it read to the stream (Linux, `proc(5)`: a
    thread's `syscall` holds the number of the call and its arguments, or `running`).
    """
    try:
        with open(f"/proc/self/task/{reader}/syscall", encoding="ascii") as file:
            words = file.read().split()
    except OSError:
        return None
    return len(words) > 1 and words[1] == hex(pipe)
