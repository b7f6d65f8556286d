"""The kernels of this server as places to act in and to look at: one link for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...environments.attached import AttachedEnvironment, WatchedLink
from ...environments.link import AskInput
from ...errors import EnvironmentFailure

FRAME = "codeact"  # the kind of message that a magic's run tells its frames in
OnFrame = Callable[[str, Mapping[str, Any]], None]


class Kernels:
    """Links to the kernels of a server's kernel manager, made when they are first asked for.

    `on_frame` is called with a kernel's id and each frame that a magic in it tells.
    """

    def __init__(self, manager: Any, on_frame: OnFrame) -> None:
        self._manager = manager
        self._on_frame = on_frame
        self._links: dict[str, WatchedLink] = {}

    async def link(self, kernel: str) -> WatchedLink:
        """The link to a kernel; raises EnvironmentFailure when there is no such kernel."""
        await self._forget_gone()
        if kernel not in self._manager:
            raise EnvironmentFailure(
                "the notebook has no running kernel; start one (Kernel > Restart Kernel), "
                "then send the task again"
            )
        if kernel not in self._links:
            manager = self._manager.get_kernel(kernel)
            client = manager.client(session=manager.session.clone())
            client.start_channels()
            link = self._links[kernel] = WatchedLink(client, manager)
            link.listeners.append(self._frames_of(kernel))
            link.open()
        return self._links[kernel]

    async def environment(
        self,
        kernel: str,
        path: str,
        *,
        ask_input: AskInput | None = None,
        on_wait: Callable[[bool], None] = lambda waits: None,
    ) -> AttachedEnvironment:
        """A place to act in; raises EnvironmentFailure for a kernel that is not Python."""
        link = await self.link(kernel)
        language, version = await link.language()
        if language != "python":
            raise EnvironmentFailure(
                f"the notebook's kernel runs {language!r}, and codeact writes Python; "
                "choose a Python kernel for the notebook"
            )
        manager = self._manager.get_kernel(kernel)
        workspace = str(self._manager.cwd_for_path(path.rpartition("/")[0]))
        return AttachedEnvironment(
            manager,
            link,
            workspace=workspace,
            python=version,
            ask_input=ask_input,
            on_wait=on_wait,
        )

    async def close(self) -> None:
        """Let go of all kernels; they go on."""
        while self._links:
            await self._links.popitem()[1].close()

    async def _forget_gone(self) -> None:
        for kernel in [kernel for kernel in self._links if kernel not in self._manager]:
            await self._links.pop(kernel).close()

    def _frames_of(self, kernel: str) -> Callable[[Mapping[str, Any]], None]:
        def listen(message: Mapping[str, Any]) -> None:
            if message["msg_type"] == FRAME:
                self._on_frame(kernel, message["content"])

        return listen
