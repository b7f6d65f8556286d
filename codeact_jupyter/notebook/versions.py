"""How far a version of a notebook goes: for each run, the last of its cells that was written.

Each version that we write says so in its metadata, and an editor keeps that: a save tells from
which version it was made. A cell that this version held and the save does not was deleted by the
person; a cell that came later was not. What a page writes says it by the ends of its chains.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from .chain import named_ends
from .marks import Cell, mark_of
from .outputs import KEY

WRITTEN = "written"
# By run, the step and the role of its last cell, as in that cell's id: {"0000cafe": "4-answer"}.
Version: TypeAlias = dict[str, str]


def version_of(metadata: Mapping[str, Any], cells: Iterable[Cell]) -> Version:
    """What a notebook says that it goes up to, and what its cells show that it does."""
    own = metadata.get(KEY)
    session = own if isinstance(own, Mapping) else {}
    said = session.get(WRITTEN)
    pairs = said.items() if isinstance(said, Mapping) else ()
    version = {run: reached for run, reached in pairs if _is_reached(reached)}
    for end in named_ends(session):
        run, _, reached = end.cell.partition("-")
        version = later(version, {run: reached})
    for cell in cells:
        version = later(version, reached_by(cell))
    return version


def reached_by(cell: Mapping[str, Any]) -> Version:
    """The version that this cell came with; the empty one, which all cover, for the person's."""
    mark = mark_of(cell)
    reached = f"{mark['step']}-{mark['role']}" if mark is not None else ""
    return {str(mark["run"]): reached} if mark is not None and _is_reached(reached) else {}


def covers(version: Version, other: Version) -> bool:
    """Whether a notebook of this version held what the other had come to."""
    return all(step_of(version.get(run, "")) >= step_of(reached) for run, reached in other.items())


def later(one: Version, other: Version) -> Version:
    """The version that goes as far as both do."""
    further = {
        run: reached for run, reached in other.items() if _rank(one.get(run, "")) < _rank(reached)
    }
    return {**one, **further} if further else one


def step_of(reached: str) -> int:
    """The number of the step; below that of any for a run that was not begun."""
    return int(reached.partition("-")[0]) if reached else -1


def has_ended(reached: str) -> bool:
    """Whether the run's last cell was written, the one that says how it ended."""
    return reached.endswith("-answer")


def _rank(reached: str) -> tuple[int, bool]:
    return step_of(reached), has_ended(reached)


def _is_reached(value: object) -> bool:
    return isinstance(value, str) and value.partition("-")[0].isdecimal()
