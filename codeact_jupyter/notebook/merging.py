"""What becomes of a cell when both the person and a run changed it, or when one of them lost it.

The person's text wins, and so does what they did to a cell's looks; the record is ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .marks import Cell
from .outputs import KEY
from .versions import reached_by

OF_CODE: dict[str, Any] = {"outputs": [], "execution_count": None}


def with_missing(
    saved: list[Cell], known: list[Cell], is_deleted: Callable[[Cell], bool]
) -> list[Cell]:
    """The saved cells, and those of the known ones that they miss, each behind its neighbour."""
    present = {cell["id"] for cell in saved}
    if all(cell["id"] in present or is_deleted(cell) for cell in known):
        return saved
    whole = list(saved)
    for index, cell in enumerate(known):
        if cell["id"] not in present and not is_deleted(cell):
            names = [each["id"] for each in whole]
            above = _first_of(names, (other["id"] for other in reversed(known[:index])))
            below = _first_of(names, (other["id"] for other in known[index:]))
            end = len(names) if below is None else below
            place = end if above is None else above + 1
            if reached_by(cell):  # what was deleted and is back with this save came before it
                place = max(place, *(at + 1 for at in _places_back(whole, known)), 0)
            whole.insert(place, cell)
            present.add(cell["id"])
    return whole


def merged(theirs: Cell, new: Cell, before: Cell | None, *, edited: bool) -> Cell:
    """The person's state of a cell, with what our `new` state has that `before` had not.

    A cell that they edited stays of its type, and one that they locked looks as it did.
    """
    kept = {**theirs, "metadata": {**theirs["metadata"], KEY: new["metadata"][KEY]}}
    locked = theirs["metadata"].get("editable") is False
    if not locked:
        kept["metadata"] = {**new["metadata"], **kept["metadata"], **_looks(theirs, new)}
    if not (locked or edited):
        kept |= {"cell_type": new["cell_type"], "source": new["source"]}
    if kept["cell_type"] != "code":
        return {key: kept[key] for key in kept if key not in OF_CODE}
    for key, nothing in OF_CODE.items():
        ours = new.get(key, nothing)
        if key not in theirs or before is None or ours != before.get(key, nothing):
            kept[key] = ours
    return kept


def _looks(theirs: Cell, new: Cell) -> Cell:
    """Tags of both; what is folded as the person has it."""
    looks: Cell = {}
    both = (theirs["metadata"], new["metadata"])
    if any("tags" in metadata for metadata in both):
        tags = [tag for metadata in both for tag in metadata.get("tags") or ()]
        looks["tags"] = list(dict.fromkeys(tags))
    if all("jupyter" in metadata for metadata in both):
        looks["jupyter"] = {**both[1]["jupyter"], **both[0]["jupyter"]}
    return looks


def _places_back(whole: list[Cell], known: list[Cell]) -> Iterator[int]:
    """Where cells of runs are that were not known any more."""
    names = {cell["id"] for cell in known}
    return (at for at, cell in enumerate(whole) if cell["id"] not in names and reached_by(cell))


def _first_of(names: list[str], wanted: Iterable[str]) -> int | None:
    """The place of the first wanted name that is there."""
    places = {name: place for place, name in enumerate(names)}
    return next((places[name] for name in wanted if name in places), None)
