"""A run's notebook without what a reader does not need: only what worked, or the answer needs.

`clean` keeps the task, the steps that worked and the answer; `minimal` only the code that the
answers and some names depend on, as far as the code tells. Both drop the record and say where they
are from.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Literal

from ..engine.trajectory import Display, Result, Step, Trajectory, Turn
from ..errors import SettingsError
from ..notebook.chain import link_of
from ..notebook.growing import to_cells
from ..notebook.marks import Cell, mark_of
from ..notebook.outputs import KEY, plain
from ..notebook.reading import joined
from .dataflow import flows_of, is_outside
from .slicing import needed

OURS = re.compile(r"\s*(%%?codeact\b|%(re)?load_ext\s+codeact_jupyter\b)")
GIVEN = frozenset(dir(builtins)) | {"display", "get_ipython", "In", "Out", "_"}


Kind = Literal["whole", "clean", "minimal"]


@dataclass(frozen=True)
class Shape:
    """How much of a run is exported; `keep` are names that a minimal notebook must make too."""

    kind: Kind = "whole"
    thoughts: bool = True
    keep: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.keep and self.kind != "minimal":
            raise SettingsError(
                f"--keep {self.keep[0]} is for a minimal notebook; say --minimal too"
            )


WHOLE = Shape()


def shaped(content: dict[str, Any], trajectory: Trajectory, shape: Shape) -> dict[str, Any]:
    """The notebook in this shape; `content` has the cells of `trajectory`, and the person's own.

    Raises SettingsError when there is no run in it, or when no code makes a name to keep.
    """
    if shape.kind == "whole" and shape.thoughts:
        return content
    if not trajectory.turns:
        raise SettingsError("there is no run in this notebook to shorten; export it whole")
    cells = [joined(plain(cell)) for cell in content["cells"]]
    if shape.kind == "whole":
        return {**content, "cells": [cell for cell in cells if not _is_bare_thought(cell)]}
    cells = [cell for cell in cells if not OURS.match(cell["source"])]
    steps = {(turn.run, step.number): step for turn in trajectory.turns for step in turn.steps}
    if shape.kind == "clean":
        kept = [cell for cell in cells if _survives(cell, steps, thoughts=shape.thoughts)]
    else:
        kept = _minimal(cells, trajectory, steps, shape.keep)
    numbers = {turn.run: number for number, turn in enumerate(trajectory.turns, 1)}
    bare = [_bare(cell, numbers) for cell in kept]
    metadata = {key: value for key, value in content["metadata"].items() if key != KEY}
    metadata[KEY] = {"provenance": provenance(trajectory, shape)}
    return {**content, "cells": [*_unmade(kept), *bare], "metadata": metadata}


def provenance(trajectory: Trajectory, shape: Shape) -> dict[str, Any]:
    """Where a shortened notebook is from: the runs, the models, and the end of their chain."""
    models = {reply.model for turn in trajectory.turns for reply in turn.replies if reply.model}
    return {
        "chain": link_of(to_cells(trajectory)[-1]).digest,
        "codeact": version("codeact-jupyter"),
        "models": sorted(models),
        "runs": [turn.run for turn in trajectory.turns],
        "shape": shape.kind,
        "steps": sum(len(turn.steps) for turn in trajectory.turns),
    }


Steps = Mapping[tuple[str, int], Step]


def _step_of(cell: Cell, steps: Steps) -> Step | None:
    mark = mark_of(cell)
    return steps.get((str(mark["run"]), int(mark["step"]))) if mark is not None else None


def _is_bare_thought(cell: Cell) -> bool:
    mark = mark_of(cell)
    return mark is not None and mark["role"] == "thought" and "record" not in mark


def _survives(cell: Cell, steps: Steps, *, thoughts: bool) -> bool:
    mark, step = mark_of(cell), _step_of(cell, steps)
    if mark is None or mark["role"] in ("task", "answer"):
        return True
    worked = step is not None and step.state == "ok" and step.action is not None
    return worked and (thoughts or mark["role"] == "action")


def _minimal(
    cells: list[Cell], trajectory: Trajectory, steps: Steps, keep: Iterable[str]
) -> list[Cell]:
    ran = [cell for cell in cells if _ran(cell, steps)]
    codes = [cell["source"] for cell in ran]
    made = {name for flow in flows_of(codes) for name in flow.binds | flow.changes}
    for name in keep:
        if name not in made:
            raise SettingsError(f"--keep {name!r}: no code in this notebook makes a name like that")
    rests = {cell for turn in trajectory.turns for cell in _rests_on(turn)}
    wanted = [index for index, cell in enumerate(ran) if cell["id"] in rests]
    failed = [index for index, cell in enumerate(ran) if _failed(cell, steps)]
    slices = {ran[index]["id"] for index in needed(codes, wanted, tuple(keep), failed)}
    frame = {"task", "answer"}
    return [
        cell
        for cell in cells
        if cell["id"] in slices or ((mark := mark_of(cell)) is not None and mark["role"] in frame)
    ]


def _ran(cell: Cell, steps: Steps) -> bool:
    """Whether this is code that ran, also if it failed: what it did before that is done."""
    step = _step_of(cell, steps)
    if cell["cell_type"] != "code" or not cell["source"].strip():
        return False
    return mark_of(cell) is None or (step is not None and step.state in ("ok", "error"))


def _failed(cell: Cell, steps: Steps) -> bool:
    step = _step_of(cell, steps)
    if step is None:
        return any(output["output_type"] == "error" for output in cell["outputs"])
    return step.state == "error"


def _rests_on(turn: Turn) -> set[str]:
    """The cells that an answer rests on: of its numbers, and of pictures; else the last one."""
    if turn.answer is None:
        return set()
    numbers = {cell for figure in turn.figures for cell in figure.cells}
    worked = [step for step in turn.steps if step.state == "ok" and step.action is not None]
    pictures = {step.action.cell for step in worked if step.action and _shows_picture(step)}
    last = {step.action.cell for step in worked[-1:] if step.action}
    return numbers | pictures or last


def _shows_picture(step: Step) -> bool:
    outputs = step.observation.outputs if step.observation is not None else ()
    bundles = (each.data for each in outputs if isinstance(each, (Display, Result)))
    return any(mime.startswith("image/") for data in bundles for mime in data)


def _bare(cell: Cell, numbers: Mapping[str, int]) -> Cell:
    """The cell without its record, under an id that says where it was."""
    mark = mark_of(cell)
    if mark is None:
        return cell
    name = f"turn{numbers.get(str(mark['run']), 0)}-step{mark['step']}-{mark['role']}"
    tags = cell["metadata"].get("tags")
    bare = {**cell, "id": name, "metadata": {"tags": tags} if tags else {}}
    if "outputs" in cell:
        notes = {KEY: {"note": True}}
        bare["outputs"] = [each for each in cell["outputs"] if each.get("metadata") != notes]
    return bare


def _unmade(cells: Iterable[Cell]) -> list[Cell]:
    """A cell that says which names the notebook needs and does not make."""
    known: set[str] = set()
    unmade: set[str] = set()
    for flow in flows_of([cell["source"] for cell in cells if cell["cell_type"] == "code"]):
        unmade |= {name for name in flow.reads - known - GIVEN if not is_outside(name)}
        known |= flow.binds | flow.changes
    if not unmade:
        return []
    names = ", ".join(f"`{name}`" for name in sorted(unmade))
    words = f"*Before this runs there must be {names}: no code in this notebook makes it.*"
    return [{"id": "needs", "cell_type": "markdown", "metadata": {}, "source": words}]
