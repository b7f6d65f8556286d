"""Actions in a Jupyter kernel of its own process, through `jupyter_client`."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..engine.environment import Cleared, Late, Namespace, News, OnOutput
from ..engine.trajectory import Action, NamespaceChange, Observation, StepState
from ..errors import EnvironmentFailure
from ..plain import plain_python
from .answers import answer_of, look_of, shown_of
from .checkpoints import KernelCheckpoints
from .collecting import Collector
from .exchange import AskInput, Message
from .link import Admit, KernelLink, Unanswered
from .names import Names
from .observing import collect, count_of, ended, replied, since
from .outputs import produced
from .persons_cells import words_of
from .probe import keeping_expression, short_expression
from .starting import started_kernel, why_ended
from .syntax import syntax_problem

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

UNRESPONSIVE_SECONDS = 10.0
REACTION_SECONDS = 5.0  # to an interrupt: longer than the second one of a deadline takes to come
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows SIGTERM ends a process at once
KILLED = "the kernel was killed while this ran; what it had done by then is unknown"
RESTARTED = "The kernel was restarted: the variables and imports of before are gone."
CAME_LATE = "Code of your earlier actions went on, and put out since your last one:"
UNSEEN = "The kernel does not answer now, so its variables could not be looked at."


class KernelEnvironment:
    """Runs actions in a kernel that `start` started and `close` shuts down."""

    def __init__(
        self,
        manager: AsyncKernelManager,
        link: KernelLink,
        said: IO[bytes],
        *,
        workspace: str,
        python: tuple[int, ...],
        ask_input: AskInput | None = None,
    ) -> None:
        self._manager = manager
        self._link = link
        self._said = said
        self._python = python
        self._workspace = workspace
        self._names = Names(workspace)
        self._ask_input = ask_input
        self._interrupted: asyncio.Event | None = None
        self._killed = asyncio.Event()
        self._killing: asyncio.Future[None] | None = None  # else it may be collected
        self._ignores_us = False
        self._loop = asyncio.get_running_loop()
        self._notes: list[str] = []
        self._incarnation = ""
        self._short_look = short_expression()
        self._collector = Collector()
        link.on_late = self._take_late
        self.checkpoints = self._made_checkpoints()

    @classmethod
    async def start(
        cls,
        name: str = "python3",
        *,
        workspace: Path,
        ask_input: AskInput | None = None,
    ) -> KernelEnvironment:
        """Start the kernel of this name in the directory `workspace`, without our keys.

        Raises EnvironmentFailure when there is no such kernel, it does not start, or it is not
        Python.
        """
        kernel = await started_kernel(name, workspace)
        link = KernelLink(kernel.client, kernel.manager.is_alive)
        link.why_ended = lambda: why_ended(kernel.manager)
        link.open()
        parts = (kernel.manager, link, kernel.said)
        return cls(*parts, workspace=str(workspace), python=kernel.python, ask_input=ask_input)

    @property
    def name(self) -> str:
        """The name of the kernel's specification."""
        return str(self._manager.kernel_name)

    @property
    def provisioner(self) -> Any:
        """What Jupyter started the kernel with; None where another server did."""
        return getattr(self._manager, "provisioner", None)

    def screen(self, admit: Admit) -> None:
        """Have all messages of the kernel pass this from now on; see `KernelLink.admit`."""
        self._link.admit = admit

    def note(self, text: str) -> None:
        """Have something told to the model, once, at the start of the next turn."""
        if text not in self._notes:
            self._notes.append(text)

    async def check(self, code: str) -> str | None:
        if self._python != sys.version_info[:2]:
            return None  # another grammar: the kernel itself will say
        return syntax_problem(code, plain_python)

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        collector = self._collector = Collector(on_output, before=self._collector)
        try:
            return await self._observed(action, collector)
        finally:
            self._collector = Collector()

    async def _observed(self, action: Action, collector: Collector) -> Observation:
        self._interrupted = asyncio.Event()
        started = time.monotonic()
        try:
            reply, complete = await self._link.request(
                {"code": action.code, "silent": False, "store_history": True},
                message_id=f"codeact:{action.cell.split('-')[0]}:{action.cell}",
                cell=action.cell,
                on_message=lambda message: collect(collector, message),
                ask_input=self._ask_input,
                give_up=self._unresponsive(self._interrupted),
            )
        except Unanswered as error:
            status: StepState = "interrupted" if self._was_interrupted else "unknown"
            return ended(status, collector, str(error), since(started))
        except (EnvironmentFailure, TimeoutError) as error:
            return ended("unknown", collector, self._lost(error), since(started))
        seconds = since(started)
        status = self._status(reply)
        lost = replied(collector, reply, complete=complete)
        look = await self._look()
        change = NamespaceChange() if look is None else self._names.after_action(look)
        return Observation(
            status,
            collector.outputs,
            change=change,
            seconds=seconds,
            count=count_of(reply),
            lost=lost,
            updated=collector.updated,
            touched=() if look is None else self._names.touched,
        )

    def late(self) -> Late:
        collector, self._collector = self._collector, Collector()
        late = collector.late
        if late != Late():
            self.note(f"{CAME_LATE}\n{words_of(collector)}")
        return late

    def _take_late(self, message: Message) -> None:
        """Keep what came when its action was over: it belongs to the action that runs, or the next.

        Nothing is cleared for it: by then it would be another action's output.
        """
        item = produced(message)
        if item is not None and not isinstance(item, Cleared):
            self._collector.add(item)

    async def news(self, *, anew: bool = False, mentioned: Collection[str] = ()) -> News:
        look = await self._look()
        if self._incarnation not in ("", self._link.incarnation):
            self._notes.append(" ".join(filter(None, (RESTARTED, self._why_ended()))))
            self._names = Names(self._workspace)
        self._incarnation = self._link.incarnation
        notes, self._notes = tuple(self._notes), []
        if look is None:
            return News(notes=(*notes, UNSEEN))
        variables, deleted, omitted = self._names.after_person(look, anew=anew, mentioned=mentioned)
        return News(variables, omitted, deleted=deleted, notes=notes)

    async def renew(self) -> None:
        """Take the kernel for a new one, with what it holds now as the person's: for a rebuild."""
        look = await self._look()
        self._incarnation, self._names = self._link.incarnation, Names(self._workspace)
        self._collector = Collector()  # what came late is of the kernel before
        if look is not None:
            self._names.after_person(look)

    def hand_over(self, names: Iterable[str]) -> None:
        """Take these names for the person's: their own code made them, though it ran as ours."""
        self._names.hand_over(names)

    def namespace(self) -> Namespace:
        return self._names.namespace()

    def interrupt(self) -> None:
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._interrupt()))

    def kill(self) -> None:
        """End the kernel and its children at once; called only by who started it.

        The outcome of the action that runs is unknown.
        """
        self._killed.set()
        if self._manager.has_kernel:
            self._killing = asyncio.ensure_future(self._manager.signal_kernel(KILL))

    async def close(self) -> None:
        await self._link.close()
        await self._manager.shutdown_kernel(now=self._ignores_us or self._killed.is_set())
        self._said.close()

    def _made_checkpoints(self) -> KernelCheckpoints:
        return KernelCheckpoints(self._evaluated, lambda: self.namespace().workspace)

    async def _interrupt(self) -> None:
        if self._interrupted is not None:
            self._interrupted.set()
            await self._send_interrupt()

    async def _send_interrupt(self) -> None:
        await self._manager.interrupt_kernel()
        # ipykernel's event loop, while it awaits, notices an interrupt only when it is woken
        # by something else (measured: by the end of the `sleep` that was to be interrupted).
        self._link.wake()

    async def _unresponsive(self, interrupted: asyncio.Event) -> None:
        """Ends when the kernel had its time to react to an interrupt, or is killed."""
        killed = asyncio.ensure_future(self._killed.wait())
        reaction = asyncio.ensure_future(_after(interrupted, REACTION_SECONDS))
        try:
            await asyncio.wait({killed, reaction}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            killed.cancel()
            reaction.cancel()

    def _lost(self, error: Exception) -> str:
        """Why the outcome of an action is unknown."""
        if self._killed.is_set():
            return KILLED
        if isinstance(error, EnvironmentFailure):
            return str(error)
        self._ignores_us = True
        return (
            f"the kernel did not react to the interrupt within {REACTION_SECONDS:.0f} s "
            "and is still running this"
        )

    def _status(self, reply: Message) -> StepState:
        content = reply["content"]
        if content["status"] == "ok":
            return "ok"
        stopped = content["status"] == "aborted" or content.get("ename") in (
            "KeyboardInterrupt",
            "CancelledError",
        )
        return "interrupted" if self._was_interrupted and stopped else "error"

    @property
    def _was_interrupted(self) -> bool:
        return self._interrupted is not None and self._interrupted.is_set()

    def _why_ended(self) -> str:
        why = self._link.why_ended()
        return f"{why[:1].upper()}{why[1:]}." if why else ""

    async def _look(self) -> Mapping[str, Any] | None:
        """Look at the namespace, by an expression that binds no name and calls no user code."""
        try:
            shown = await self._evaluated(self._short_look)
            if shown["status"] != "ok":  # a new kernel, which does not know the probe yet
                shown = await self._evaluated(keeping_expression())
            return answer_of(shown, look_of)
        except (EnvironmentFailure, TimeoutError):
            return None

    async def _evaluated(self, code: str) -> Mapping[str, Any]:
        reply, _ = await self._link.request(
            {
                "code": "",
                "silent": True,
                "store_history": False,
                "user_expressions": {"codeact": code},
            },
            # ipykernel takes the last request for the origin of what a thread or a child writes.
            on_message=self._take_late,
            give_up=asyncio.sleep(UNRESPONSIVE_SECONDS),
        )
        return shown_of(reply["content"])


async def _after(event: asyncio.Event, seconds: float) -> None:
    await event.wait()
    await asyncio.sleep(seconds)
