"""A notebook that is not on disk yet: an empty one, or one that holds just a trajectory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..engine.trajectory import Trajectory
from .cells import session_metadata
from .chain import Sign, kept_link, link_of
from .growing import to_cells
from .marks import Cell
from .outputs import KEY


def new_notebook(
    trajectory: Trajectory | None = None, *, kernel: str = "python3", sign: Sign | None = None
) -> dict[str, Any]:
    """A notebook, in the format's JSON, that holds just this trajectory.

    `sign` signs its end, unless what it was read from is not as it was recorded.
    """
    title = "Python 3 (ipykernel)" if kernel == "python3" else kernel
    spec = {"display_name": title, "language": "python", "name": kernel}
    metadata: dict[str, Any] = {"kernelspec": spec, "language_info": {"name": "python"}}
    cells = to_cells(trajectory) if trajectory is not None else []
    if trajectory is not None:
        end = link_of(cells[-1]) if cells else None
        held = sign if is_as_read(trajectory, cells) else None
        metadata = {KEY: session_metadata(trajectory, end, held), **metadata}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def is_as_read(trajectory: Trajectory, cells: Iterable[Cell]) -> bool:
    """Whether these cells of it end each turn as the notebook did that it was read from, if any."""
    ends = {cell["metadata"][KEY]["run"]: link_of(cell) for cell in cells}
    return all(kept_link(turn) in (None, ends.get(turn.run)) for turn in trajectory.turns)
