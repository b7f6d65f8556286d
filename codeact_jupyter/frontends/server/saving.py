"""Saves a run into its notebook while nobody has it open, through the server's contents manager.

What somebody else wrote meanwhile is never overwritten: the cells are put into the newest content,
and if it changes under our hands, they are kept for the next time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from jupyter_core.utils import ensure_async

from ...notebook.cards import Frame
from ...notebook.chain import described
from ...notebook.merging import merged
from ...notebook.outputs import KEY, is_note
from .hub import Hub
from .log import NotebookLog, Written, digest, text_of

log = logging.getLogger(__name__)
ATTEMPTS = 3
PAUSE = 0.2
REST = 10.0  # how much longer than a save takes it is until the next one
EVERY_CELL_HAS_AN_ID = 5  # from this minor version of the format on


class Saver:
    """Puts the cells that a log holds into the notebook's file, when no front end does."""

    def __init__(self, contents: Any, hub: Hub) -> None:
        self._contents = contents
        self._hub = hub
        self._saving: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._not_before: dict[str, float] = {}
        self.begun: set[asyncio.Task[None]] = set()  # what `begin` began and is not over

    def begin(self, path: str) -> None:
        """Save the notebook now and then, as `keep` does, while its run goes on meanwhile."""
        if not self._saving[path].locked():
            task = asyncio.ensure_future(self.keep(path, at_once=False))
            self.begun.add(task)
            task.add_done_callback(self.begun.discard)

    async def keep(self, path: str, *, at_once: bool = True) -> None:
        """Save the notebook with its runs' cells, unless a front end has it open.

        Without `at_once`, a notebook whose saving takes long is saved now and then only. A file
        that cannot be read or written is said in the log; the cells are kept for later.
        """
        if not at_once and time.monotonic() < self._not_before.get(path, 0.0):
            return
        async with self._saving[path]:
            started = time.monotonic()
            await self._keep(path)
            now = time.monotonic()
            self._not_before[path] = now + REST * (now - started)

    async def _keep(self, path: str) -> None:
        why: object = "it changes all the time"
        for _ in range(ATTEMPTS):
            frames = self._hub.log(path).unsaved()
            if not frames or self._hub.is_followed(path):
                return
            try:
                if await self._save(path, frames):
                    self._hub.log(path).saved({f["run"]: f["number"] for f in frames})
                    return
            except Exception as error:  # contents managers raise what they like
                why = error
            await asyncio.sleep(PAUSE)  # somebody may be writing it just now
        log.warning("codeact: %r was not saved: %s", path, why)

    async def _save(self, path: str, frames: list[Frame]) -> bool:
        """Save once; False when the file was changed in the meantime, or somebody opened it."""
        model = await ensure_async(self._contents.get(path, type="notebook", content=True))
        content = model["content"]
        put_in(content, frames, self._hub.log(path))
        now = await ensure_async(self._contents.get(path, content=False))
        if now["last_modified"] != model["last_modified"] or self._hub.is_followed(path):
            return False  # JupyterLab would ask the person which of the two they want
        whole = {"type": "notebook", "format": "json", "content": content}
        self._hub.log(path).written(await ensure_async(self._contents.save(whole, path)))
        return True


def put_in(content: dict[str, Any], frames: Iterable[Frame], notebook: NotebookLog) -> None:
    """Put runs' cells into a notebook's content: each below the one before, or in its place.

    The person's text wins: what they edited stays as it is, what they deleted stays away.
    """
    _give_ids(content)
    cells = content["cells"]
    for frame in frames:
        at = {cell["id"]: index for index, cell in enumerate(cells)}
        if frame["type"] == "session":
            known = content["metadata"].get(KEY)
            content["metadata"][KEY] = described(known, frame["metadata"])
            continue
        written = notebook.runs[frame["run"]].written
        if frame["type"] == "removed":
            known = written.get(frame["cell"], Written())
            if frame["cell"] in at and _is_ours(cells[at[frame["cell"]]], known):
                del cells[at[frame["cell"]]]
            continue
        cell = _whole(frame["cell"])
        known = written[cell["id"]]
        if cell["id"] in at:
            renewed = _renewed(cells[at[cell["id"]]], cell, known)
            # Other outputs are the file's, into which a kernel may have written them.
            ours = cell.get("outputs") and renewed.get("outputs") == cell["outputs"]
            cells[at[cell["id"]]] = _trusted(renewed) if ours else renewed
        elif not known.in_file:
            cells.insert(_place(cells, at, frame), _with_their_text(cell, known))


def _renewed(theirs: dict[str, Any], cell: dict[str, Any], known: Written) -> dict[str, Any]:
    """The cell as the file has it, with what is new in it.

    What its action put out before it broke off is known to the file alone: it stays.
    """
    outputs, unseen = theirs.get("outputs") or [], cell["metadata"][KEY].get("status") == "unknown"
    if outputs and unseen and all(is_note(each) for each in cell.get("outputs") or ()):
        notes = [each for each in cell.get("outputs") or () if each not in outputs]
        cell = {**cell, "outputs": [*outputs, *notes]}
    same = known.outputs == digest(cell)
    whole = {"metadata": {}, **theirs, "source": text_of(theirs)}
    return merged(whole, cell, cell if same else None, edited=not _is_ours(theirs, known))


def _is_ours(theirs: dict[str, Any], known: Written) -> bool:
    """Whether the cell's text is one of ours, or one that was being typed when it was saved."""
    text = text_of(theirs)
    if known.theirs is not None:
        return False
    begun = known.saved_typing and any(source.startswith(text) for source in known.sources)
    return begun or text in known.sources


def _with_their_text(cell: dict[str, Any], known: Written) -> dict[str, Any]:
    """A cell that the file gets from us, as the person edited it in a tab that was not saved."""
    return cell if known.theirs is None else {**cell, "source": known.theirs}


def _place(cells: list[dict[str, Any]], at: dict[str, int], frame: Frame) -> int:
    """Where a new cell goes: below its neighbour, else below its run, else to the end."""
    if frame["after"] in at:
        return at[frame["after"]] + 1
    marks = (cell.get("metadata", {}).get(KEY) for cell in cells)
    runs = [mark.get("run") if isinstance(mark, dict) else None for mark in marks]
    ours = [index for index, run in enumerate(runs) if run == frame["run"]]
    return ours[-1] + 1 if ours else len(cells)


def _give_ids(content: dict[str, Any]) -> None:
    """Make an older notebook one whose cells have ids, as ours do."""
    content["nbformat_minor"] = max(content.get("nbformat_minor", 0), EVERY_CELL_HAS_AN_ID)
    for index, cell in enumerate(content["cells"]):
        cell.setdefault("id", f"cell-{index}")


def _whole(cell: dict[str, Any]) -> dict[str, Any]:
    if cell["cell_type"] != "code":
        return dict(cell)
    return _trusted({"execution_count": None, "outputs": [], **cell})


def _trusted(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell that was run here, as the contents manager wants it: else all lose their trust."""
    return {**cell, "metadata": {**cell["metadata"], "trusted": True}}
