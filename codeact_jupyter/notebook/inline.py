"""A run that a magic showed under its own cell, read back as the cells it would have been.

Where no front end inserts cells, each part of a run is a display whose metadata holds the same
record as its cell would; an action's outputs are those between its display and the next part's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ..engine.trajectory import Trajectory
from ..errors import NotebookError
from .marks import VERSION, Cell, is_copy, mark_of, require_known
from .outputs import KEY, plain
from .recalling import from_cells
from .undone import gone_of
from .versions import Version, version_of
from .wellformed import misshapen_part


def unfolded(cell: Mapping[str, Any]) -> list[Cell]:
    """The cells of the run under this cell; the cell itself when it holds none.

    Raises NotebookError where what it holds is no cells.
    """
    marks = [_mark(output) for output in cell.get("outputs") or ()]
    if not any(marks):
        return [plain(cell)]
    magic = plain({**cell, "outputs": [], "execution_count": cell.get("execution_count")})
    parts: list[Cell] = []
    for output, mark in zip(cell["outputs"], marks, strict=True):
        if mark is not None:
            parts += [_part(each, cell) for each in _cells_of(mark, cell)]
        elif parts and parts[-1]["cell_type"] == "code":
            parts[-1]["outputs"].append(_as_it_was(plain(output)))
    return [magic, *sorted(parts, key=_is_not_task)]


def conversations_of(cells: Iterable[Mapping[str, Any]], session: Any) -> list[Trajectory]:
    """All conversations that a notebook's cells hold, in the order in which they stand there."""
    parts, kept = _held(cells, session)
    return [from_cells(parts, kept, conversation=name) for name in _conversations_in(parts)]


class Held:
    """What a notebook's cells hold of runs, as `Document` tells of a file's.

    They are read when it is asked for; what cannot be read raises NotebookError then.
    """

    def __init__(self, cells: Iterable[Mapping[str, Any]], session: Any) -> None:
        self._given = cells, session

    @property
    def version(self) -> Version:
        """By run, how far its cells went."""
        parts, session = self._read
        return version_of({KEY: session}, parts)

    @property
    def undone(self) -> set[str]:
        """The runs of which an undo took cells out."""
        _, session = self._read
        return {run for gone in gone_of(session.get("chain")) for run in gone.runs}

    def conversation(self, name: str = "") -> Trajectory:
        """The conversation of this name; without one, the last."""
        return from_cells(*self._read, conversation=name)

    @cached_property
    def _read(self) -> tuple[list[Cell], Mapping[str, Any]]:
        return _held(*self._given)


def trajectory_of(cells: Iterable[Mapping[str, Any]], session: Any) -> Trajectory:
    """The conversation that a notebook's cells hold, shown as cells or under a magic's own.

    `session` is the notebook's own `codeact` metadata, if it has any.
    """
    return Held(cells, session).conversation()


def inline_metadata(cells: list[Cell], session: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The metadata of a display that stands for these cells; outputs stay with the notebook."""
    kept = [{key: value for key, value in cell.items() if key != "outputs"} for cell in cells]
    more = {"session": session} if session else {}
    return {KEY: {"version": VERSION, "cells": kept, **more}}


def session_of(cells: list[Cell]) -> Mapping[str, Any]:
    """The session-wide metadata that the last inline run left; empty when there is none."""
    sessions = sessions_of(cells)
    return sessions[-1] if sessions else {}


def sessions_of(cells: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The session-wide metadata that each inline run left, in order."""
    marks = [_mark(output) for cell in cells for output in _listed(cell.get("outputs"))]
    return [mark["session"] for mark in marks if mark and isinstance(mark.get("session"), Mapping)]


def chains_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """By conversation, the ends of chains that a notebook names: in its metadata, or inline."""
    own = (content.get("metadata") or {}).get(KEY)
    sessions = [*sessions_of(content["cells"]), *([own] if isinstance(own, Mapping) else [])]
    chains = (session.get("chain") for session in sessions)
    return {k: v for chain in chains if isinstance(chain, Mapping) for k, v in chain.items()}


def require_readable(
    cells: Iterable[Mapping[str, Any]], session: Any, *, of: str = "this notebook"
) -> None:
    """Raise NotebookError when a newer codeact recorded any run that these cells hold.

    `session` is the notebook's own `codeact` metadata. A copy of a cell is the person's own.
    """
    require_known(session, of)
    for cell in cells:
        mark = _mark_in(cell)
        if not is_copy(cell, mark):
            require_known(mark, of)
        for shown in map(_mark_in, _listed(cell.get("outputs"))):
            require_known(shown, of)
            for part in _listed(shown.get("cells")) if isinstance(shown, Mapping) else ():
                require_known(_mark_in(part), of)


def _listed(values: object) -> list[Any]:
    """The values, if that is what they are: a notebook may be damaged."""
    return values if isinstance(values, list) else []


def _held(cells: Iterable[Mapping[str, Any]], session: Any) -> tuple[list[Cell], Mapping[str, Any]]:
    """The cells of all runs, and the session-wide metadata: the notebook's, or an inline run's."""
    kept = [dict(cell) for cell in cells]
    require_readable(kept, session)
    parts = [part for cell in kept for part in unfolded(cell)]
    given = isinstance(session, Mapping) and bool(session)
    return parts, session if given else session_of(kept)


def _conversations_in(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """The conversations of which these cells hold a task, in their order."""
    marks = filter(None, map(mark_of, cells))
    tasks = (str(mark["conversation"]) for mark in marks if mark.get("conversation"))
    return list(dict.fromkeys(tasks))


def _mark_in(holder: object) -> Any:
    """What is under our key in the metadata of a cell or an output, if anything is."""
    metadata = holder.get("metadata") if isinstance(holder, Mapping) else None
    return metadata.get(KEY) if isinstance(metadata, Mapping) else None


def _mark(output: object) -> Mapping[str, Any] | None:
    mark = _mark_in(output)
    if isinstance(mark, Mapping) and mark.get("version") == VERSION and "cells" in mark:
        return plain(mark)  # type: ignore[no-any-return]
    return None


def _cells_of(mark: Mapping[str, Any], magic: Mapping[str, Any]) -> list[Any]:
    cells = mark["cells"]
    if not isinstance(cells, list):
        raise _damaged(magic, "its `cells` are no list")
    return cells


def _damaged(magic: Mapping[str, Any], why: str) -> NotebookError:
    return NotebookError(
        f"an output of the cell {magic.get('id')!r} holds a record of a run that cannot be read "
        f"({why}); clear the outputs of that cell to use the notebook without that run"
    )


def _part(cell: Any, magic: Mapping[str, Any]) -> Cell:
    if why := misshapen_part(cell):
        raise _damaged(magic, why)
    part: Cell = plain(cell)
    if part["cell_type"] == "code":
        part["outputs"] = []
    return part


def _is_not_task(cell: Cell) -> bool:
    """The record of the turn is shown last, at the run's end, but is its first cell."""
    return not cell["id"].endswith("-task")


def _as_it_was(output: Cell) -> Cell:
    """An output that was shown as a plain display, as the value or error that it was."""
    was = (output.get("metadata") or {}).pop(KEY, None)
    if not isinstance(was, Mapping):
        return output
    if was.get("output") == "result":
        return {**output, "output_type": "execute_result", "execution_count": None}
    return {
        "output_type": "error",
        "ename": str(was.get("ename", "")),
        "evalue": str(was.get("evalue", "")),
        "traceback": [str(line) for line in was.get("traceback") or ()],
    }
