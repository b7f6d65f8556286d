"""The routes of the panel: each for users who may run code on this server, and for nobody else."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado import web

from ... import __version__
from ...notebook.cards import variable_card
from ...notebook.frames import conversation_frames
from ...notebook.inline import conversations_of, trajectory_of
from ...notebook.outputs import KEY
from ..approvals import remembered, shown_entry
from ..our_routes import ROOT
from .downloads import download, exported, stem_of
from .files import Files
from .follow import FollowSocket
from .lent import Lent, LentMessages, Loans
from .offering import offer
from .orders import entries_of, mapping, notebook_of, order_of, reverting_of, shape_in, texts
from .person import PersonSocket
from .rebuilds import fork_of, rebuilding_of, rebuilt
from .reverting import cells_of, preview, revert, undone_of
from .route import Route

RUN = r"(?P<run>[0-9a-f]+)"
KERNEL = r"(?P<kernel>[\w-]+)"


class Status(Route):
    """`GET status`: what the agent is here, and what it needs before it can be used."""

    @web.authenticated
    @authorized("read")
    async def get(self) -> None:
        async def work() -> Any:
            self.service.get_ready()  # whoever asks this opened the panel
            settings = await self.service.settings({})
            return {"version": __version__, **await asyncio.to_thread(offer, settings)}

        await self.answer(work)


class Runs(Route):
    """`POST runs`: a task for the notebook's agent; 201 with the run, or with `queued`."""

    @web.authenticated
    @authorized("execute")
    async def post(self) -> None:
        async def work() -> Any:
            begun = await self.service.start(order_of(self.body()))
            return {"run": begun.run, "queued": begun.queued}

        await self.answer(work, 201)


class RunAction(Route):
    """`POST runs/<run>/stop|interrupt|input`: a word to a run that goes on.

    Whether code may run is said by the socket `person`: scripts of outputs can ask this route too.
    """

    @web.authenticated
    @authorized("execute")
    async def post(self, run: str, action: str) -> None:
        async def work() -> Any:
            hosted = self.service.of_run(run)
            if action == "stop":
                hosted.stop()
            elif action == "interrupt":
                hosted.interrupt()
            else:
                fields = self.body() or {}
                request, value = str(fields.get("request", "")), str(fields.get("value", ""))
                hosted.questions.reply(request, value)
            return {}

        await self.answer(work)


class Revert(Route):
    """`POST runs/<run>/revert`: say what an undo or redo will do, or do it when `confirmed`."""

    @web.authenticated
    @authorized("execute")
    async def post(self, run: str) -> None:
        async def work() -> Any:
            wish = reverting_of(self.body())
            place = wish.kernel, wish.path
            if not wish.confirmed:
                return await preview(await self.service.undoing(*place), run, wish)
            async with self.service.reverting(wish.path):
                done = await revert(await self.service.undoing(*place), run, wish)
                self.service.note(wish.path, done.pop("told"))
            return done

        await self.answer(work)


class Undone(Route):
    """`POST undone`: the run of a notebook that a redo would bring back now."""

    @web.authenticated
    @authorized("execute")
    async def post(self) -> None:
        async def work() -> Any:
            path = str(mapping(self.body(), "the body").get("path", ""))
            return await asyncio.to_thread(undone_of, Path(self.service.file_of(path)))

        await self.answer(work)


class UndoneCells(Route):
    """`POST undone/cells`: which cells go with what a magic undid, or come again."""

    @web.authenticated
    @authorized("execute")
    async def post(self) -> None:
        async def work() -> Any:
            fields = mapping(self.body(), "the body")
            points = texts(fields, "points")
            return cells_of(points, reverting_of(fields), undone=fields.get("undone") is True)

        await self.answer(work)


class Approvals(Route):
    """`GET approvals`: what is allowed and locked for good; `POST`: take back what is named."""

    @web.authenticated
    @authorized("execute")
    async def get(self) -> None:
        async def work() -> Any:
            return {"entries": [shown_entry(entry) for entry in remembered().entries()]}

        await self.answer(work)

    @web.authenticated
    @authorized("execute")
    async def post(self) -> None:
        async def work() -> Any:
            return {"forgotten": remembered().forget(entries_of(self.body()))}

        await self.answer(work)


class Read(Route):
    """`POST read`: the conversations that these cells hold, as frames."""

    @web.authenticated
    @authorized("read")
    async def post(self) -> None:
        async def work() -> Any:
            cells, metadata = notebook_of(self.body())
            held = conversations_of(cells, metadata)
            return {"frames": [frame for each in held for frame in conversation_frames(each)]}

        await self.answer(work)


class Names(Route):
    """`GET names?kernel=ID`: the variables in a kernel; null while it is busy."""

    @web.authenticated
    @authorized("execute")
    async def get(self) -> None:
        async def work() -> Any:
            variables = await self.service.variables(self.get_argument("kernel"))
            cards = None if variables is None else [variable_card(each) for each in variables]
            return {"variables": cards}

        await self.answer(work)


class Sandbox(Route):
    """`GET sandbox?kernel=ID`: whether a kernel is in a sandbox. `POST`: whether it is trusted."""

    @web.authenticated
    @authorized("execute")
    async def get(self) -> None:
        async def work() -> Any:
            return await self.service.sandboxes.look(self.get_argument("kernel"))

        await self.answer(work)

    @web.authenticated
    @authorized("execute")
    async def post(self) -> None:
        async def work() -> Any:
            body = mapping(self.body(), "the body")
            trusted = body.get("trusted") is True
            return self.service.sandboxes.trust(str(body.get("kernel", "")), trusted=trusted)

        await self.answer(work)


class Export(Route):
    """`POST export`: the conversation in another format, as a file to download."""

    _asked: Future[dict[str, str]] | None = None

    @web.authenticated
    @authorized("read")
    async def post(self) -> None:
        async def work() -> Any:
            body = mapping(self.body(), "the body")
            cells, metadata = notebook_of(body)
            to = str(body.get("to", ""))
            stem = stem_of(str(body.get("name") or "codeact"))
            trajectory = trajectory_of(cells, metadata)
            shape = shape_in(body)
            around = {"cells": cells, "metadata": {KEY: metadata}}
            given = partial(download, trajectory, to, stem, shape=shape, around=around)
            self._asked = self.service.exports.ask(given)
            return await exported(self._asked)

        await self.answer(work)

    def on_connection_close(self) -> None:
        """Nobody waits for it any more: unless it has begun, it never does."""
        super().on_connection_close()
        if self._asked is not None:
            self._asked.cancel()


class Rebuild(Route):
    """`POST rebuild`: run again in the kernel what the notebook holds; ends when that is over."""

    @web.authenticated
    @authorized("execute")
    async def post(self) -> None:
        async def work() -> Any:
            return rebuilt(await self.service.rebuild(rebuilding_of(self.body())))

        await self.answer(work)


class StopRebuild(Route):
    """`POST rebuild/stop`: interrupt the cell that is run again, and run no more."""

    @web.authenticated
    @authorized("execute")
    async def post(self) -> None:
        async def work() -> Any:
            self.service.stop_rebuild(str(mapping(self.body(), "the body").get("path", "")))
            return {}

        await self.answer(work)


class Fork(Route):
    """`POST fork`: the notebook up to a step, which the front end saves as another."""

    @web.authenticated
    @authorized("read")
    async def post(self) -> None:
        async def work() -> Any:
            return await asyncio.to_thread(fork_of, self.body())

        await self.answer(work)


ROUTES: tuple[tuple[str, type[Any]], ...] = (
    ("status", Status),
    ("runs", Runs),
    (rf"runs/{RUN}/(?P<action>stop|interrupt|input)", RunAction),
    ("approvals", Approvals),
    (rf"runs/{RUN}/revert", Revert),
    (rf"runs/{RUN}/files", Files),
    ("undone", Undone),
    ("undone/cells", UndoneCells),
    ("read", Read),
    ("names", Names),
    ("sandbox", Sandbox),
    ("export", Export),
    (r"lent", Loans),
    (rf"lent/{KERNEL}", Lent),
    (rf"lent/{KERNEL}/v1/messages", LentMessages),
    ("rebuild", Rebuild),
    ("rebuild/stop", StopRebuild),
    ("fork", Fork),
    ("follow", FollowSocket),
    ("person", PersonSocket),
)


def handlers(base_url: str = "/") -> list[tuple[str, type[Any]]]:
    """All routes of ours, below the server's base URL."""
    return [(url_path_join(base_url, ROOT, path), handler) for path, handler in ROUTES]
