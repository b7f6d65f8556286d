"""Keeps one session's runs in its notebook's file, as they go on.

What the journal holds is written to the file in a thread, while the model thinks or the action
runs: a file is written whole, so a write takes longer the larger the notebook is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..engine.trajectory import Trajectory
from ..errors import NotebookError
from .keeping import Keeping, to_its_end

if TYPE_CHECKING:
    from ..notebook.document import Document


class Placing:
    """What is written of one session to `document`; without one, nothing.

    `keeping` says whether the journal holds the run, and is told once the file does.
    """

    def __init__(self, document: Document | None, keeping: Keeping) -> None:
        self._document, self._keeping = document, keeping
        self._writing: asyncio.Future[None] | None = None

    async def show(self, trajectory: Trajectory, *, journaled: bool = True) -> None:
        """Write the notebook; a file that is not there yet only when there is a reply to keep.

        What the journal holds (`journaled`) is written after this returned, once the file was seen
        to hold the run. What could not be written then is written with this. Raises NotebookError.
        """
        failed = await self._failed()
        document, keeping = self._document, self._keeping
        if document is None or (document.is_new and _came_to_nothing(trajectory)):
            return
        # Of a run that goes on, the journal has on the disk what a crash could take from this file.
        if journaled and keeping.keeps and keeping.placed and not (document.is_new or failed):
            work = asyncio.to_thread(document.show, trajectory, durable=False)
            self._writing = asyncio.ensure_future(work)
        else:
            document.show(trajectory)
            keeping.placed = True
            if not keeping.keeps:  # the run is over
                await keeping.settle(trajectory.turns[-1].run)

    async def settled(self) -> None:
        """Wait until nothing is being written; what could not be written is in the journal."""
        await self._failed()

    async def _failed(self) -> bool:
        """Wait until nothing is being written; returns whether it could not be."""
        writing, self._writing = self._writing, None
        try:
            if writing is not None:
                await to_its_end(writing)
        except NotebookError:
            return True
        return False


def _came_to_nothing(trajectory: Trajectory) -> bool:
    """Whether no model was ever reached."""
    turns = trajectory.turns
    return all(turn.state in ("running", "failed") and not turn.replies for turn in turns)
