"""Actions in the IPython shell of this process: the magic's environment.

An action runs like a cell of the person's, in their namespace, awaited, with its outputs shown
where the front end shows them; it takes no execution count and leaves no line in the history.
"""

from __future__ import annotations

import _thread
import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from ..engine.environment import Namespace, News, OnOutput
from ..engine.trajectory import Action, Observation, StepState
from .capture import Capture
from .names import Names
from .outputs import Collector
from .persons_cells import PersonsCells
from .probe import probe
from .syntax import syntax_problem

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class ShellEnvironment:
    """Runs actions in `shell`, on the event loop that runs the person's own cell.

    `on_clear` is called when an action's `clear_output()` takes effect: it must clear the front
    end's output and show again what was there before the action.
    """

    def __init__(
        self, shell: InteractiveShell, *, on_clear: Callable[[], None] = lambda: None
    ) -> None:
        self.shell = shell
        self.on_clear = on_clear
        self.cells = PersonsCells(shell)
        self._names = Names(os.getcwd())
        self._running: asyncio.Future[Any] | None = None
        self._blocking = False
        self._interrupted = False

    async def check(self, code: str) -> str | None:
        return syntax_problem(code, self.shell.transform_cell)

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        collector = Collector(on_output)
        started = time.monotonic()
        self._interrupted = False
        with self._as_cell(action, collector):
            status = await self._run(action.code)
            self._trigger("post_execute")
        seconds = time.monotonic() - started
        change = self._names.after_action(self._look())
        return Observation(
            status,
            collector.outputs,
            change=change,
            seconds=round(seconds, 3),
            lost=collector.lost,
        )

    async def news(self) -> News:
        variables, deleted, omitted = self._names.after_person(self._look())
        return News(variables, omitted, deleted=deleted, ran=self.cells.take())

    def namespace(self) -> Namespace:
        return self._names.namespace()

    def interrupt(self) -> None:
        self._interrupted = True
        if self._blocking:
            _thread.interrupt_main()
        elif (running := self._running) is not None:
            running.get_loop().call_soon_threadsafe(running.cancel)

    async def close(self) -> None:
        self.cells.unwatch()

    @contextmanager
    def _as_cell(self, action: Action, collector: Collector) -> Iterator[None]:
        """What a running cell has around it, and a cell of the person's has not."""
        shell, number = self.shell, action.cell.rsplit("-", 2)[-2]
        outer = getattr(shell.displayhook, "prompt_count", shell.execution_count)
        with ExitStack() as stack:
            self.cells.paused = True
            stack.callback(setattr, self.cells, "paused", False)
            stack.enter_context(_replaced(shell.compile, "cache", _named(f"{outer}.{number}")))
            if not hasattr(shell, "kernel"):  # a terminal's own `!command` writes past Python
                stack.enter_context(_replaced(shell, "system", lambda _: shell.system_piped))
            stack.enter_context(Capture(shell, collector.add, inside=self.on_clear))
            stack.callback(_flush)
            yield

    async def _run(self, code: str) -> StepState:
        shell = self.shell
        source, problem = code, None
        try:
            source = shell.transform_cell(code)
        except Exception:
            problem = sys.exc_info()
        awaits = shell.should_run_async(
            code, transformed_cell=source, preprocessing_exc_tuple=problem
        )
        work = shell.run_cell_async(
            code, store_history=False, transformed_cell=source, preprocessing_exc_tuple=problem
        )
        try:
            result = await (self._cancellable(work) if awaits else self._blocked(work))
        except (KeyboardInterrupt, asyncio.CancelledError):
            return "interrupted"
        self._trigger("post_run_cell", result)
        error = result.error_before_exec or result.error_in_exec
        if isinstance(error, (KeyboardInterrupt, asyncio.CancelledError)) or (
            error is not None and self._interrupted
        ):
            return "interrupted"
        return "ok" if result.success else "error"

    async def _cancellable(self, work: Any) -> Any:
        self._running = asyncio.ensure_future(work)
        try:
            return await self._running
        finally:
            self._running = None

    async def _blocked(self, work: Any) -> Any:
        """Run code that never awaits, so that only a KeyboardInterrupt can stop it."""
        self._blocking = True
        try:
            with keyboard_interrupts():
                return await work
        finally:
            self._blocking = False

    def _look(self) -> dict[str, Any]:
        return probe(self.shell.user_ns, self.shell.user_ns_hidden)

    def _trigger(self, event: str, *args: Any) -> None:
        self.shell.events.trigger(event, *args)


@contextmanager
def keyboard_interrupts() -> Iterator[None]:
    """Let an interrupt raise KeyboardInterrupt in here, as it does in a cell that blocks.

    ipykernel's handler for an awaited cell cancels its task, which blocking code would not notice
    before its end (measured: it could not be interrupted at all).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


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


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
