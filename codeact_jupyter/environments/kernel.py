"""Actions in a Jupyter kernel of its own process, through `jupyter_client`."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..engine.environment import Namespace, News, OnOutput
from ..engine.trajectory import Action, NamespaceChange, Observation, StepState
from ..errors import EnvironmentFailure
from .link import AskInput, KernelLink, Message
from .names import Names
from .outputs import Collector, produced
from .probe import keeping_expression, short_expression
from .syntax import syntax_problem

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_client.manager import AsyncKernelManager

START_SECONDS = 60.0
UNRESPONSIVE_SECONDS = 10.0
RESTARTED = "The kernel was restarted: the variables and imports of before are gone."
UNSEEN = "The kernel does not answer now, so its variables could not be looked at."
# The host's alone: a kernel that we start must not inherit them (law 9).
SECRETS = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",  # may hold a password
    "ANTHROPIC_CUSTOM_HEADERS",
    "CODEACT_API_KEY",
    "CODEACT_BASE_URL",
)


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
        self._workspace = workspace
        self._names = Names(workspace)
        self._python = python
        self._ask_input = ask_input
        self._interrupted: asyncio.Event | None = None
        self._loop = asyncio.get_running_loop()
        self._notes: list[str] = []
        self._incarnation = ""
        self._short_look = short_expression()

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
        manager = _manager(name)
        environ = {key: value for key, value in os.environ.items() if key not in SECRETS}
        client: AsyncKernelClient | None = None
        # Open until `close`: a kernel that is started again writes to it too.
        said = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            await manager.start_kernel(cwd=str(workspace), env=environ, stderr=said)
            client = manager.client()
            client.start_channels()
            version = await _python_version(client, name)
        except BaseException as error:  # also when the start is cancelled: no kernel is left behind
            await _abandon(manager, client)
            with said:
                if isinstance(error, EnvironmentFailure) or not isinstance(error, Exception):
                    raise
                raise EnvironmentFailure(_start_failure(name, error, said)) from error
        link = KernelLink(client, manager.is_alive)
        link.open()
        return cls(
            manager, link, said, workspace=str(workspace), python=version, ask_input=ask_input
        )

    @property
    def name(self) -> str:
        """The name of the kernel's specification."""
        return str(self._manager.kernel_name)

    def note(self, text: str) -> None:
        """Have something told to the model at the start of the next turn."""
        self._notes.append(text)

    async def check(self, code: str) -> str | None:
        if self._python != sys.version_info[:2]:
            return None  # another grammar: the kernel itself will say
        from IPython.core.inputtransformer2 import TransformerManager

        return syntax_problem(code, TransformerManager().transform_cell)

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        collector = Collector(on_output)
        self._interrupted = asyncio.Event()
        started = time.monotonic()
        try:
            reply, complete = await self._link.request(
                {"code": action.code, "silent": False, "store_history": True},
                message_id=f"codeact:{action.cell.split('-')[0]}:{action.cell}",
                cell=action.cell,
                on_message=lambda message: _collect(collector, message),
                ask_input=self._ask_input,
                give_up=self._unresponsive(self._interrupted),
            )
        except EnvironmentFailure as error:
            return Observation("unknown", collector.outputs, lost=str(error))
        except TimeoutError:
            lost = (
                f"the kernel did not react to the interrupt within {UNRESPONSIVE_SECONDS:.0f} s "
                "and is still running this"
            )
            return Observation("unknown", collector.outputs, lost=lost)
        seconds = round(time.monotonic() - started, 3)
        status = self._status(reply)
        lost = collector.lost or ("" if complete else "output may be incomplete")
        look = await self._look()
        change = NamespaceChange() if look is None else self._names.after_action(look)
        return Observation(
            status,
            collector.outputs,
            change=change,
            seconds=seconds,
            count=reply["content"].get("execution_count"),
            lost=lost,
        )

    async def news(self) -> News:
        look = await self._look()
        if self._incarnation not in ("", self._link.incarnation):
            self._notes.append(RESTARTED)
            self._names = Names(self._workspace)
        self._incarnation = self._link.incarnation
        notes, self._notes = tuple(self._notes), []
        if look is None:
            return News(notes=(*notes, UNSEEN))
        variables, deleted, omitted = self._names.after_person(look)
        return News(variables, omitted, deleted=deleted, notes=notes)

    def namespace(self) -> Namespace:
        return self._names.namespace()

    def interrupt(self) -> None:
        self._loop.call_soon_threadsafe(lambda: asyncio.ensure_future(self._interrupt()))

    async def close(self) -> None:
        await self._link.close()
        await self._manager.shutdown_kernel(now=False)
        self._said.close()

    async def _interrupt(self) -> None:
        if self._interrupted is not None:
            self._interrupted.set()
            await self._manager.interrupt_kernel()
            # ipykernel's event loop, while it awaits, notices an interrupt only when it is woken
            # by something else (measured: by the end of the `sleep` that was to be interrupted).
            self._link.wake()

    async def _unresponsive(self, interrupted: asyncio.Event) -> None:
        await interrupted.wait()
        await asyncio.sleep(UNRESPONSIVE_SECONDS)

    def _status(self, reply: Message) -> StepState:
        content = reply["content"]
        if content["status"] == "ok":
            return "ok"
        interrupted = self._interrupted is not None and self._interrupted.is_set()
        stopped = content["status"] == "aborted" or content.get("ename") in (
            "KeyboardInterrupt",
            "CancelledError",
        )
        return "interrupted" if interrupted and stopped else "error"

    async def _look(self) -> Mapping[str, Any] | None:
        """Look at the namespace, by an expression that binds no name and calls no user code."""
        try:
            shown = await self._evaluated(self._short_look)
            if shown["status"] != "ok":  # a new kernel, which does not know the probe yet
                shown = await self._evaluated(keeping_expression())
            look: Mapping[str, Any] = json.loads(ast.literal_eval(shown["data"]["text/plain"]))
        except (EnvironmentFailure, TimeoutError, KeyError, ValueError, SyntaxError):
            return None
        return look

    async def _evaluated(self, code: str) -> Mapping[str, Any]:
        reply, _ = await self._link.request(
            {
                "code": "",
                "silent": True,
                "store_history": False,
                "user_expressions": {"codeact": code},
            },
            give_up=asyncio.sleep(UNRESPONSIVE_SECONDS),
        )
        shown: Mapping[str, Any] = reply["content"]["user_expressions"]["codeact"]
        return shown


def _collect(collector: Collector, message: Message) -> None:
    item = produced(message)
    if item is not None:
        collector.add(item)


def _manager(name: str) -> AsyncKernelManager:
    """A manager that encrypts the kernel's traffic where kernel and libraries can."""
    import zmq
    from jupyter_client.manager import AsyncKernelManager

    manager = AsyncKernelManager(kernel_name=name)
    if manager.has_trait("transport_encryption") and zmq.has("curve"):
        manager.transport_encryption = "auto"
    return manager


async def _python_version(client: Any, name: str) -> tuple[int, ...]:
    """The version of the kernel's Python; EnvironmentFailure when it runs another language."""
    await client.wait_for_ready(timeout=START_SECONDS)
    reply = await client.kernel_info(reply=True, timeout=START_SECONDS)
    language = reply["content"].get("language_info") or {}
    if language.get("name") != "python":
        raise EnvironmentFailure(
            f"the kernel {name!r} runs {language.get('name')!r}, and codeact writes Python; "
            "choose a Python kernel with --kernel"
        )
    return tuple(int(part) for part in str(language.get("version", "0.0")).split(".")[:2])


async def _abandon(manager: AsyncKernelManager, client: AsyncKernelClient | None) -> None:
    """Let go of a kernel that did not come up."""
    if client is not None:
        client.stop_channels()
    if manager.has_kernel:
        await manager.shutdown_kernel(now=True)


def _start_failure(name: str, error: Exception, said: Any) -> str:
    """Why a kernel did not start, with the last it said."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    if isinstance(error, NoSuchKernel):
        names = ", ".join(sorted(KernelSpecManager().find_kernel_specs())) or "none"
        return (
            f"there is no kernel named {name!r}; installed are: {names}. "
            "Install one with: python -m ipykernel install --user --name NAME"
        )
    said.seek(0)
    last = said.read().decode("utf-8", "replace").strip().splitlines()[-5:]
    words = "\n".join([f"the kernel {name!r} did not start: {error}", *last])
    return f"{words}\nTry: python -m ipykernel install --user"
