"""A notebook up to one of its steps: another run can go on from there, and the old one stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..engine.bill import NOTHING
from ..engine.trajectory import Step, Trajectory
from ..errors import SettingsError
from ..notebook.cells import session_metadata
from ..notebook.chain import end_of_chain, link_of, with_chains
from ..notebook.growing import to_cells
from ..notebook.inline import chains_of, conversations_of, unfolded
from ..notebook.marks import Cell, mark_of
from ..notebook.merging import merged
from ..notebook.outputs import KEY
from ..notebook.reading import joined
from ..notebook.taking_back import last_sealed
from ..notebook.versions import WRITTEN
from .signing import Key
from .verify import verify

NUMBERED = re.compile(r"\d+(\.\d+)?")
WHOLE = 0  # in the place of a step: all of the turn, with its answer


def forked_notebook(
    content: Mapping[str, Any], at: str, *, run: str, name: str = "", key: Key | None = None
) -> dict[str, Any]:
    """The notebook `content` up to the step `at`, as JSON; `content` stays as it is.

    `at` is a turn and a step, such as `2.3`, a turn with its answer, such as `2`, or the id of a
    cell of a run. A turn that is cut is another run, with the id `run`; `name` says in it where it
    is from. The person's cells above the step are kept. `key` signs its end, if it signed the
    record in `content`, and that is as it was. Raises SettingsError when there is no such step,
    NotebookError for a record that cannot be read.
    """
    cells = [part for cell in content["cells"] for part in unfolded(cell)]
    held = conversations_of(content["cells"], content["metadata"].get(KEY))
    if not held:
        raise SettingsError("there is no run of codeact in this notebook to fork")
    whole, turn, step = _place(held, at)
    origin = f"Forked at {turn}{f'.{step}' if step else ''}{f' of {name}' if name else ''}."
    cut = forked(whole, turn, step, run=run, reason=origin)
    renamed = {} if step == WHOLE else {whole.turns[turn - 1].run: run}
    kept = _kept(cells, whole, cut, renamed)
    session = content["metadata"].get(KEY)
    runs = {each.run for each in cut.turns}
    said = session.get(WRITTEN) if isinstance(session, Mapping) else None
    known = said if isinstance(said, Mapping) else {}
    written = {r: reached for r, reached in known.items() if r in runs and r != run}
    verdict = verify(content, key)
    signs = key.sign if key is not None and verdict.holds and verdict.signed else None
    mark = {
        **_with_others(session_metadata(cut, link_of(to_cells(cut)[-1]), signs), content, kept),
        **({WRITTEN: written} if written else {}),
    }
    return {**content, "metadata": {**content["metadata"], KEY: mark}, "cells": kept}


def _with_others(
    mark: dict[str, Any], content: Mapping[str, Any], kept: Sequence[Cell]
) -> dict[str, Any]:
    """The metadata, with the ends of the other conversations of which cells are kept.

    One that is cut ends at the last of these, unsigned.
    """
    there, known, others = {cell["id"] for cell in kept}, chains_of(content), dict[str, Any]()
    for name, last in last_sealed(kept).items():
        end = known.get(name)
        if isinstance(end, Mapping):
            others |= {name: end} if str(end.get("cell")) in there else end_of_chain(name, last)
    return with_chains(mark, {"chain": others})


def forked(whole: Trajectory, turn: int, step: int, *, run: str, reason: str) -> Trajectory:
    """The conversation up to a step of a turn, which then ends there; `WHOLE` keeps its answer."""
    turns = whole.turns[:turn]
    if step != WHOLE:
        last = turns[-1]
        steps = tuple(_moved(each, run) for each in last.steps if each.number <= step)
        seconds = sum(each.reply.seconds for each in steps)
        seconds += sum(each.observation.seconds for each in steps if each.observation is not None)
        ended: Any = {"state": "stopped", "reason": reason, "answer": None, "wasted": NOTHING}
        cut = replace(last, run=run, steps=steps, seconds=round(seconds, 3), **ended)
        turns = (*turns[:-1], cut)
    return replace(whole, turns=turns)


def _moved(step: Step, run: str) -> Step:
    """The step as one of this run."""
    if step.action is None:
        return step
    return replace(step, action=replace(step.action, cell=f"{run}-{step.number}-action"))


def _place(held: Sequence[Trajectory], at: str) -> tuple[Trajectory, int, int]:
    """The conversation, the turn and the step that these words name."""
    places = {name: place for whole in held for name, place in _places(whole)}
    if at.strip() not in places:
        known = ", ".join(name for name, _ in _places(held[-1]) if NUMBERED.fullmatch(name))
        raise SettingsError(f"there is no step {at!r} to fork at; choose from: {known}")
    return places[at.strip()]


def _places(whole: Trajectory) -> Iterator[tuple[str, tuple[Trajectory, int, int]]]:
    """All that a step can be called: by its numbers, and by its cells."""
    for number, turn in enumerate(whole.turns, 1):
        steps = [step.number for step in turn.steps]
        for step in steps:
            roles = ("action", "thought")
            for name in (f"{number}.{step}", *(turn.cell(step, role) for role in roles)):
                yield name, (whole, number, step)
        if turn.answer is not None:
            for name in (f"{number}", turn.cell(max(steps, default=0) + 1, "answer")):
                yield name, (whole, number, WHOLE)


def _kept(
    cells: Sequence[Cell], whole: Trajectory, cut: Trajectory, renamed: Mapping[str, str]
) -> list[Cell]:
    """The cells of the fork: those of `cut`, and all others that stand above its last one."""
    old = {cell["id"]: cell for cell in to_cells(whole)}
    new = {cell["id"]: cell for cell in to_cells(cut)}
    runs = {turn.run for turn in whole.turns}
    kept: list[tuple[int, Cell]] = []
    last = -1
    for place, cell in enumerate(cells):
        mark = mark_of(cell)
        if mark is None or mark["run"] not in runs:
            kept.append((place, cell))
            continue
        name = f"{renamed.get(mark['run'], mark['run'])}-{mark['step']}-{mark['role']}"
        if name in new and not (mark["role"] == "answer" and mark["run"] in renamed):
            last = place
            kept.append((place, _as(joined(cell), new.pop(name), old.get(cell["id"]))))
    above = [cell for place, cell in kept if place <= last]
    ends = [cell for cell in new.values() if cell["id"].endswith("-answer")]
    return [*above, *(cell for cell in ends if cell["metadata"][KEY]["run"] in renamed.values())]


def _as(theirs: Cell, new: Cell, old: Cell | None) -> Cell:
    """The person's state of a cell, as the cell of the fork that it becomes."""
    edited = old is not None and any(theirs[key] != old[key] for key in ("cell_type", "source"))
    return {**merged(theirs, new, None, edited=edited), "id": new["id"]}
