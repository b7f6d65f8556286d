"""The kernels of this server as places to act in and to look at: one link for each."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ...environments.attached import AttachedEnvironment
from ...environments.exchange import AskInput
from ...environments.starting import client_of, why_ended
from ...environments.watched import WatchedLink, language_of
from ...errors import EnvironmentFailure
from ..sandboxing import told_of_walls
from .gateway import GatewayClient, GatewayManager, is_remote
from .printed import Printed
from .sandboxes import Sandboxes, reachable_by

FRAME = "codeact"  # the kind of message that a magic's run tells its frames in
ALIVE_SECONDS = 8  # in which a server starts a kernel again that died
OnFrame = Callable[[str, str, Mapping[str, Any]], None]
OnRestart = Callable[[str], None]


class Kernels:
    """Links to the kernels of a server's kernel manager, made when they are first asked for.

    `on_frame` is called with a kernel's id, the session of the front end that runs a magic in it,
    and each frame that the magic tells; `on_restart` when a kernel has forgotten everything.
    """

    def __init__(
        self, manager: Any, sandboxes: Sandboxes, on_frame: OnFrame, on_restart: OnRestart
    ) -> None:
        self._manager = manager
        self._sandboxes = sandboxes
        self._on_frame = on_frame
        self._on_restart = on_restart
        self._linking = asyncio.Lock()
        self._links: dict[str, WatchedLink] = {}
        self._printed: dict[str, Printed] = {}

    async def link(self, kernel: str) -> WatchedLink:
        """The link to a kernel; raises EnvironmentFailure when there is no such kernel."""
        async with self._linking:
            await self._forget_gone()
            if kernel not in self._manager:
                raise EnvironmentFailure(
                    "the notebook has no running kernel; start one (Kernel > Restart Kernel), "
                    "then send the task again"
                )
            if kernel not in self._links:
                self._links[kernel] = await self._open(kernel)
        return self._links[kernel]

    async def environment(
        self,
        kernel: str,
        path: str,
        *,
        ask_input: AskInput | None = None,
        on_wait: Callable[[bool], None] = lambda waits: None,
    ) -> AttachedEnvironment:
        """A place to act in; raises EnvironmentFailure for a kernel that is not Python, or dead."""
        link = await self.link(kernel)
        manager = self._manager_of(kernel)
        await _alive(manager)
        language = language_of(manager)
        version: tuple[int, ...] = ()
        if language in ("", "python"):
            language, version = await link.language()
        if language != "python":
            raise EnvironmentFailure(
                f"the notebook's kernel runs {language!r}, and codeact writes Python; "
                "choose a Python kernel for the notebook"
            )
        workspace = str(self._manager.cwd_for_path(path.rpartition("/")[0]))
        options: Any = {"ask_input": ask_input, "on_wait": on_wait}
        environment = AttachedEnvironment(
            manager, link, workspace=workspace, python=version, **options
        )
        if self._sandboxes.is_walled(kernel, manager):
            environment.note(told_of_walls(reachable_by(manager)))
        return environment

    def printed(self, kernel: str, runs: Iterable[str]) -> Iterable[dict[str, Any]]:
        """What the cells of these runs that execute in a kernel have put out so far."""
        return self._printed[kernel].of(runs) if kernel in self._printed else ()

    def file_of(self, path: str) -> str:
        """Where the notebook of this path lies, as far as the server's files are here."""
        folder, _, name = path.rpartition("/")
        return os.path.join(str(self._manager.cwd_for_path(folder)), name)

    async def is_there(self, kernel: str) -> bool:
        """Whether a kernel's process lives, whether or not it answers."""
        return kernel in self._manager and bool(await self._manager_of(kernel).is_alive())

    def is_remote(self, kernel: str) -> bool:
        """Whether a kernel is behind a gateway: then its files are not here."""
        return kernel in self._manager and is_remote(self._manager.get_kernel(kernel))

    def restarted(self, kernel: str) -> None:
        """The server restarted a kernel, or shut it down."""
        if kernel in self._links:
            self._links[kernel].restarted()

    async def close(self) -> None:
        """Let go of all kernels; they go on."""
        while self._links:
            await self._links.popitem()[1].close()

    async def _open(self, kernel: str) -> WatchedLink:
        manager = self._manager_of(kernel)
        if isinstance(manager, GatewayManager):
            client: Any = await GatewayClient.open(self._manager.get_kernel(kernel))
        else:
            client = client_of(manager, session=manager.session.clone())
            client.start_channels(
                hb=False
            )  # a thread for each kernel; its manager tells of its end
        link = WatchedLink(client, manager)
        link.why_ended = lambda: why_ended(manager)
        link.admit = self._sandboxes.admit(kernel, manager)
        self._printed[kernel] = printed = Printed()
        link.listeners += [self._frames_of(kernel), printed]

        def restarted() -> None:
            printed.forget()
            self._on_restart(kernel)

        link.on_restart = restarted
        link.open()
        return link

    def _manager_of(self, kernel: str) -> Any:
        manager = self._manager.get_kernel(kernel)
        return GatewayManager(manager) if is_remote(manager) else manager

    async def _forget_gone(self) -> None:
        for kernel, link in list(self._links.items()):
            if kernel not in self._manager or link.is_lost:
                del self._links[kernel], self._printed[kernel]
                await link.close()

    def _frames_of(self, kernel: str) -> Callable[[Mapping[str, Any]], None]:
        def listen(message: Mapping[str, Any]) -> None:
            if message["msg_type"] == FRAME:
                session = str((message.get("parent_header") or {}).get("session") or "")
                self._on_frame(kernel, session, message["content"])

        return listen


async def _alive(manager: Any) -> None:
    """Wait for a kernel that died to be there again; raises EnvironmentFailure when it is not."""
    for _ in range(ALIVE_SECONDS * 2):
        if await manager.is_alive():
            return
        await asyncio.sleep(0.5)
    raise EnvironmentFailure(
        "the notebook's kernel is dead; restart it (Kernel > Restart Kernel), then send the task "
        "again"
    )
