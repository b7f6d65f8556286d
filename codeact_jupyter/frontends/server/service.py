"""All agents of one server: by notebook, over its kernels, contents and settings."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.trajectory import Variable
from ...errors import EnvironmentFailure, SettingsError, UndoError
from ...record.journal import Journal
from ...record.replaying import Outcome
from ...undoing import Undoing
from .downloads import Exports
from .hosting import Hosted
from .hub import Hub
from .kernels import Kernels
from .loading import LoadSettings
from .offered import is_frame
from .orders import Order
from .pages import Pages
from .rebuilds import Rebuilding
from .recovering import Recovery
from .sandboxes import Sandboxes
from .saving import Saver

BUSY_SECONDS = 4.0  # that an undo waits for a cell; longer than a link doubts a lost `idle`
GRACE_SECONDS = 5.0  # a reload leaves, and is there again
ENDING_SECONDS = 3.0  # that a server which stops waits for a save that goes on
MOST_CLIENTS = 1_000
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

    def __init__(self, kernels: Any, contents: Any, settings: LoadSettings) -> None:
        self.hub = Hub()
        self.pages = Pages()
        self.settings = settings
        self.sandboxes = Sandboxes(kernels)
        self.exports = Exports()
        self._kernels = Kernels(kernels, self.sandboxes, self._magic_frame, self._kernel_forgot)
        self._saver = Saver(contents, self.hub)
        self.recovery = Recovery(Journal(), contents, self.hub)
        self._hosted: dict[str, Hosted] = {}
        self._paths: dict[str, str] = {}
        self._clients: dict[str, str] = {}  # the notebooks of front ends' kernel connections
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_ready = False

    async def start(self, order: Order) -> Begun:
        """Begin a run, or queue its task; raises CodeActError when it cannot begin."""
        self._paths[order.kernel] = order.path
        agent = self._agent(order.path)
        async with agent.reverting:
            return Begun(await agent.start(order))

    def reverting(self, path: str) -> asyncio.Lock:
        """What is held while a run of this notebook is taken back: no task begins meanwhile."""
        return self._agent(path).reverting

    async def rebuild(self, rebuilding: Rebuilding) -> tuple[Outcome, ...]:
        """Rebuild a notebook's kernel; raises CodeActError when that cannot begin."""
        self._paths[rebuilding.kernel] = rebuilding.path
        return await self._agent(rebuilding.path).rebuild(rebuilding)

    def stop_rebuild(self, path: str) -> None:
        """Interrupt what is run again in this notebook's kernel."""
        self._agent(path).stop_rebuild()

    def of_run(self, run: str) -> Hosted:
        """The agent whose run this is; raises SettingsError when it does not go on here."""
        for hosted in self._hosted.values():
            if run and hosted.run == run:
                return hosted
        raise SettingsError(f"there is no run {run!r} going on; it may have ended meanwhile")

    def note(self, path: str, text: str) -> None:
        """Have something told to the notebook's agent at the start of its next turn."""
        self._agent(path).notes.append(text)

    async def look_at(self, path: str, kernel: str, client: str = "") -> None:
        """Follow what magics in this kernel tell; `client` is the front end's connection to it.

        Raises EnvironmentFailure when there is no such kernel.
        """
        self._paths[kernel] = path
        if client:
            self._clients.pop(client, None)
            self._clients[client] = path
            for oldest in list(self._clients)[:-MOST_CLIENTS]:
                del self._clients[oldest]
        await self._kernels.link(kernel)

    def printed(self, path: str, kernel: str) -> Iterable[dict[str, Any]]:
        """What this notebook's cells that execute in a kernel have put out so far."""
        return self._kernels.printed(kernel, self.hub.log(path).runs)

    def renamed(self, old: str, new: str) -> None:
        """A notebook, or a folder with notebooks, has another path now: its runs go with it."""
        self.in_background(self.recovery.renamed(old, new))
        for path in self._known_at(old) if new != old else ():
            moved = new + path[len(old) :]
            self._end(moved)  # of a notebook that somebody deleted behind the server's back
            self.hub.move(path, moved)
            self.recovery.moved(path, moved)
            if path in self._hosted:
                self._hosted[moved] = self._hosted.pop(path)
                self._hosted[moved].path = moved
            for known_by in (self._paths, self._clients):
                for name in [name for name, its in known_by.items() if its == path]:
                    known_by[name] = moved

    def deleted(self, path: str) -> None:
        """A notebook, or a folder with notebooks, is no more: its path tells none of its runs."""
        self.in_background(self.recovery.deleted(path))
        for gone in self._known_at(path):
            self._end(gone)
            self.recovery.forget(gone)
            for known_by in (self._paths, self._clients):
                for name in [name for name, its in known_by.items() if its == gone]:
                    del known_by[name]

    def restarted(self, kernel: str) -> None:
        """A kernel was restarted or shut down: what ran in it is over."""
        self._kernels.restarted(kernel)

    def shut_down(self, kernel: str) -> None:
        """A kernel is no more: what is known for it alone is forgotten."""
        self._paths.pop(kernel, None)
        self.sandboxes.forget(kernel)
        self.in_background(self._forget_over())

    async def left(self, path: str) -> None:
        """A front end left a notebook: what it did not save is saved here, if nobody else will."""
        await asyncio.sleep(GRACE_SECONDS)
        await self._saver.keep(path)
        await self.recovery.settle(path)
        if not self.hub.is_followed(path):
            self.recovery.forget(path)
        await self._forget_over()

    def saved(self, path: str, seen: Mapping[str, int]) -> None:
        """A front end saved a notebook, with all frames of its runs up to these numbers in it."""
        self.hub.log(path).saved(seen)
        self.in_background(self.recovery.settle(path))

    async def variables(self, kernel: str) -> tuple[Variable, ...] | None:
        """The names in a kernel now; None while it is busy, for then nobody can tell."""
        environment = await self._kernels.environment(kernel, self._paths.get(kernel, ""))
        await environment.close()  # what comes there is not for this one
        return await environment.variables()

    async def settled(self, path: str) -> None:
        """Wait until a notebook's run that is over is noted as such.

        Raises SettingsError while one goes on.
        """
        await self._agent(path).settled()

    async def undoing(self, kernel: str, path: str) -> Undoing:
        """What takes runs back in this kernel and this notebook's folder.

        Raises SettingsError while a run, a rebuilding or a cell of the person's goes on, and
        UndoError for a kernel that does not answer. Of one that is not there the files are left.
        """
        await self._agent(path).settled()
        try:
            environment = await self._kernels.environment(kernel, path)
        except EnvironmentFailure as error:
            if await self._kernels.is_there(kernel):  # then what it holds is not passed over
                raise UndoError(f"{error}. Nothing was changed") from error
            return Undoing(lambda: None, notebook=lambda: self.file_of(path))
        await environment.close()  # what comes there is not for this one
        try:  # a cell that is just over may not have been heard of as such
            await asyncio.wait_for(environment.link.free(), BUSY_SECONDS)
        except (asyncio.TimeoutError, TimeoutError):
            why = "the kernel is busy with a cell; wait for its end, then undo"
            raise SettingsError(why) from None
        undoing = Undoing(lambda: environment, notebook=lambda: self.file_of(path))
        undoing.files_are_here = not self._kernels.is_remote(kernel)
        return undoing

    def file_of(self, path: str) -> str:
        """Where the notebook of this path lies, as far as the server's files are here."""
        return self._kernels.file_of(path)

    def get_ready(self) -> None:
        """Import, in a thread of its own, what the first run needs: else that waits seconds."""
        if not self._is_ready:
            self._is_ready = True
            # A daemon: a server that is told to end does not wait for it.
            threading.Thread(target=_import_the_rest, daemon=True).start()

    def in_background(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for; a fault of ours in it is in the log."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """End all runs, begin no more exports, and let go of all kernels."""
        self.exports.close()
        await asyncio.gather(*(hosted.close() for hosted in self._hosted.values()))
        tasks = {*self._tasks, *self._saver.begun}
        for task in self._tasks:
            task.cancel()
        if tasks:  # what the server's loop leaves unfinished keeps its process alive (anyio)
            await asyncio.wait(tasks, timeout=ENDING_SECONDS)
        await self._kernels.close()

    def _agent(self, path: str) -> Hosted:
        if path not in self._hosted:
            parts = (self._kernels, self.hub, self._saver, self.settings)
            self._hosted[path] = Hosted(path, *parts, recovery=self.recovery)
        return self._hosted[path]

    def _known_at(self, path: str) -> list[str]:
        """The notebooks of which something is known at this path, or in the folder that it is."""
        known = {*self._hosted, *self.hub.paths, *self._paths.values(), *self._clients.values()}
        return [each for each in known if each == path or each.startswith(f"{path}/")]

    def _end(self, path: str) -> None:
        """End the run of a notebook that is no more, and forget what was told of its runs."""
        if (hosted := self._hosted.pop(path, None)) is not None:
            self.hub.end(path, hosted.run, "interrupted", "its notebook was deleted")
            hosted.hub = Hub()  # whom nobody follows: what still comes is told to nobody
            self.in_background(hosted.close())
        self.hub.forget(path)

    async def _forget_over(self) -> None:
        """Forget the agents of notebooks that nobody has open and whose kernel is gone.

        While it lives they know which of its variables are the person's, and which are secret.
        """
        for path, hosted in list(self._hosted.items()):
            is_there = await self._kernels.is_there(hosted.kernel)
            is_used = is_there or hosted.is_busy or self.hub.is_followed(path)
            if not is_used and self._hosted.get(path) is hosted:
                del self._hosted[path]
                await hosted.close()

    def _magic_frame(self, kernel: str, client: str, frame: Mapping[str, Any]) -> None:
        # Several notebooks may use one kernel: the run is that one's whose cell began it.
        path = self._clients.get(client) or self._paths.get(kernel)
        if path is None or not is_frame(frame):
            return
        self.hub.publish(path, dict(frame), kernel)
        if frame["type"] in ("step", "run"):
            self.in_background(self._keep(path, at_once=frame["type"] == "run"))

    async def _keep(self, path: str, *, at_once: bool) -> None:
        await self._saver.keep(path, at_once=at_once)
        await self.recovery.settle(path)

    def _kernel_forgot(self, kernel: str) -> None:
        """A magic's run in it cannot say that it is over."""
        for path, run in self.hub.runs_of(kernel):
            self.hub.end(path, run, "interrupted", "the kernel was restarted while it ran")

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("codeact: a fault in the background", exc_info=error)


def _import_the_rest() -> None:
    import anthropic
    import IPython.core.inputtransformer2

    assert anthropic and IPython.core.inputtransformer2
    # What is loaded by now stays: to look through all of it stopped the server's loop for 0.2 s at
    # each full collection.
    gc.freeze()
