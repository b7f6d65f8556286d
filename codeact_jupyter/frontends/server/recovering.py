"""Runs of this server's notebooks that a process began which is no more: found, shown and saved.

A notebook is looked at when a front end opens it, before that is told of its runs.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.contents.fileio import FileManagerMixin

from ...errors import JournalError
from ...notebook.frames import recovered_frames
from ...notebook.inline import Held, conversations_of
from ...notebook.outputs import KEY
from ...record.journal import Journal
from ...record.mending import Mended, mended
from ...record.signing import own_signature
from ...undoing import note_broken_off
from .hub import Hub
from .log import ENDED

log = logging.getLogger(__name__)


class Recovery:
    """Finds in the journal what notebooks lack, once for each; knows what they hold."""

    def __init__(self, journal: Journal, contents: Any, hub: Hub) -> None:
        self.journal = journal
        self._contents, self._hub = contents, hub
        self._looking: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._looked: set[str] = set()
        self._settled: set[str] = set()

    def place(self, path: str) -> str:
        """What the journal knows a notebook by: its path on this machine, where it has one."""
        if isinstance(self._contents, FileManagerMixin):
            root = str(getattr(self._contents, "root_dir", ""))
            return os.path.realpath(os.path.join(root, *path.split("/")))
        return f"{type(self._contents).__name__}:{path}"

    def is_done(self, path: str) -> bool:
        """Whether a notebook was looked at."""
        return path in self._looked

    def forget(self, path: str) -> None:
        """Nobody has the notebook open: it is looked at again when somebody opens it."""
        self._looked.discard(path)

    async def recover(self, path: str, shown: Collection[str] = ()) -> str:
        """Tell what the notebook lacks; returns what the person should know of it.

        `shown` are runs that a front end shows as it last heard of them: the command may have put
        their end into the file meanwhile.
        """
        async with self._looking[path]:
            if path in self._looked:
                return ""
            try:
                for each in await self._missing(path):
                    self._tell(path, each)
                    for run in each.runs:
                        await asyncio.to_thread(note_broken_off, run.turn)
                await self._tell_of_file(path, set(shown) - set(self._hub.log(path).runs))
            except JournalError as error:
                return str(error)
            except Exception as error:  # contents managers raise what they like
                log.warning(
                    "codeact: %r was not looked at for runs that broke off: %s", path, error
                )
            self._looked.add(path)
        return ""

    async def settle(self, path: str) -> None:
        """The notebook was saved: what it holds whole, the journal need not put into it."""
        runs = self._hub.log(path).runs.items()
        whole = {run for run, its in runs if its.ended and not its.cells()} - self._settled
        if whole:
            self._settled |= whole
            await self._note(self.journal.settle, whole, self.place(path))

    def moved(self, old: str, new: str) -> None:
        """A notebook that was looked at, or not, has another path now."""
        self._looked.discard(new)
        if old in self._looked:
            self._looked.remove(old)
            self._looked.add(new)

    async def renamed(self, old: str, new: str) -> None:
        """Have the journal know that a notebook, or a folder of some, has another path now."""
        await self._note(self.journal.move, self.place(old), self.place(new))

    async def deleted(self, path: str) -> None:
        """Have the journal know that a notebook, or a folder of some, is no more."""
        await self._note(self.journal.release, self.place(path))

    async def _note(self, what: Callable[..., None], *values: Any) -> None:
        """Have the journal note this; what keeps it from that is said in the log."""
        try:
            await asyncio.to_thread(what, *values)
        except JournalError as error:
            log.warning("codeact: %s", error)

    async def _missing(self, path: str) -> list[Mended]:
        place = self.place(path)
        if not await asyncio.to_thread(self.journal.open_in, place):
            return []
        model = await ensure_async(self._contents.get(path, type="notebook", content=True))
        content = model["content"]
        held = Held(content["cells"], content["metadata"].get(KEY))
        return await asyncio.to_thread(mended, self.journal, place, held)

    async def _tell_of_file(self, path: str, runs: Collection[str]) -> None:
        """Tell of these runs what the notebook's file holds of them."""
        if not runs:
            return
        model = await ensure_async(self._contents.get(path, type="notebook", content=True))
        cells, metadata = model["content"]["cells"], model["content"]["metadata"].get(KEY)
        for held in conversations_of(cells, metadata):
            for index, turn in enumerate(held.turns):
                if turn.run in runs and turn.state in ENDED:
                    frames = recovered_frames(held, index, None, sign=own_signature())
                    self._hub.publish_all(path, frames)
                    self._hub.log(path).saved({turn.run: frames[-1]["number"]})

    def _tell(self, path: str, found: Mended) -> None:
        turns, sign = [turn.run for turn in found.trajectory.turns], own_signature()
        for each in found.runs:
            index = turns.index(each.turn.run)
            frames = recovered_frames(found.trajectory, index, each.before, sign=sign)
            self._hub.publish_all(path, frames)
