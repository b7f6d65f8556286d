"""All agents of one server: by notebook, over its kernels, contents and settings."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.trajectory import Variable
from ...errors import SettingsError
from ...settings import Settings
from .hosting import Hosted
from .hub import Hub
from .kernels import Kernels
from .orders import Order
from .saving import Saver

SERVICE = "codeact_service"  # the key of the server's settings that holds it
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Begun:
    """What became of an order: the run that began, or none when it waits behind another."""

    run: str

    @property
    def queued(self) -> bool:
        return not self.run


class Service:
    """The agents of the notebooks of one server.

    `kernels` and `contents` are the server's managers; `settings` gives the settings for the
    options of an order.
    """

    def __init__(
        self, kernels: Any, contents: Any, settings: Callable[[Mapping[str, Any]], Settings]
    ) -> None:
        self.hub = Hub()
        self.settings = settings
        self._kernels = Kernels(kernels, self._magic_frame)
        self._saver = Saver(contents, self.hub)
        self._hosted: dict[str, Hosted] = {}
        self._paths: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, order: Order) -> Begun:
        """Begin a run, or queue its task; raises CodeActError when it cannot begin."""
        self._paths[order.kernel] = order.path
        return Begun(await self._agent(order.path).start(order))

    def of_run(self, run: str) -> Hosted:
        """The agent whose run this is; raises SettingsError when it does not go on here."""
        for hosted in self._hosted.values():
            if run and hosted.run == run:
                return hosted
        raise SettingsError(f"there is no run {run!r} going on; it may have ended meanwhile")

    def note(self, path: str, text: str) -> None:
        """Have something told to the notebook's agent at the start of its next turn."""
        if path in self._hosted:
            self._hosted[path].note(text)

    async def look_at(self, path: str, kernel: str) -> None:
        """Follow what magics in this kernel tell; raises EnvironmentFailure when there is none."""
        before = self._paths.get(kernel)
        if before is not None and before != path:
            self.hub.move(before, path)
            if before in self._hosted:
                self._hosted[path] = self._hosted.pop(before)
                self._hosted[path].path = path
        self._paths[kernel] = path
        await self._kernels.link(kernel)

    async def variables(self, kernel: str) -> tuple[Variable, ...]:
        """The names in a kernel now; none while it is busy."""
        environment = await self._kernels.environment(kernel, self._paths.get(kernel, ""))
        try:
            return await environment.variables()
        finally:
            await environment.close()

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for; a fault of ours in it is in the log."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """End all runs and let go of all kernels."""
        for hosted in self._hosted.values():
            await hosted.close()
        await self._kernels.close()

    def _agent(self, path: str) -> Hosted:
        if path not in self._hosted:
            parts = (self._kernels, self.hub, self._saver, self.settings)
            self._hosted[path] = Hosted(path, *parts)
        return self._hosted[path]

    def _magic_frame(self, kernel: str, frame: Mapping[str, Any]) -> None:
        path = self._paths.get(kernel)
        if path is None or not isinstance(frame.get("number"), int):
            return
        self.hub.publish(path, dict(frame))
        if frame.get("type") in ("step", "run"):
            self.in_background(self._saver.keep(path))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("codeact: a fault in the background", exc_info=error)
