"""Saves a run into its notebook while nobody has it open, through the server's contents manager.

What somebody else wrote meanwhile is never overwritten: the cells are put into the newest content,
and if it changes under our hands, they are kept for the next time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from jupyter_core.utils import ensure_async

from ...notebook.cards import Frame
from ...notebook.outputs import KEY
from .hub import Hub

log = logging.getLogger(__name__)
ATTEMPTS = 3


class Saver:
    """Puts the cells that a log holds into the notebook's file, when no front end does."""

    def __init__(self, contents: Any, hub: Hub) -> None:
        self._contents = contents
        self._hub = hub

    async def keep(self, path: str) -> None:
        """Save the notebook with its runs' cells, unless a front end has it open.

        A file that cannot be read or written is said in the log; the cells are kept for later.
        """
        if self._hub.is_followed(path):
            return
        frames = self._hub.log(path).unsaved()
        if not frames:
            return
        try:
            for _ in range(ATTEMPTS):
                if await self._save(path, frames):
                    self._hub.log(path).saved({f["run"]: f["number"] for f in frames})
                    return
        except Exception as error:  # contents managers raise what they like
            log.warning("codeact: %r was not saved: %s", path, error)

    async def _save(self, path: str, frames: list[Frame]) -> bool:
        """Save once; False when the file was changed in the meantime."""
        model = await ensure_async(self._contents.get(path, type="notebook", content=True))
        content = model["content"]
        put_in(content, frames)
        now = await ensure_async(self._contents.get(path, content=False))
        if now["last_modified"] != model["last_modified"]:
            return False
        await ensure_async(
            self._contents.save({"type": "notebook", "format": "json", "content": content}, path)
        )
        return True


def put_in(content: dict[str, Any], frames: Iterable[Frame]) -> None:
    """Put a run's cells into a notebook's content: each below the one before, or in its place."""
    cells = content["cells"]
    for frame in frames:
        at = {cell.get("id"): index for index, cell in enumerate(cells)}
        if frame["type"] == "session":
            content["metadata"].setdefault(KEY, frame["metadata"])
        elif frame["type"] == "removed":
            if frame["cell"] in at:
                del cells[at[frame["cell"]]]
        elif frame["cell"]["id"] in at:
            cells[at[frame["cell"]["id"]]] = _whole(frame["cell"])
        else:
            below = at.get(frame["after"])
            cells.insert(len(cells) if below is None else below + 1, _whole(frame["cell"]))


def _whole(cell: dict[str, Any]) -> dict[str, Any]:
    if cell["cell_type"] != "code":
        return cell
    return {"execution_count": None, "outputs": [], **cell}
