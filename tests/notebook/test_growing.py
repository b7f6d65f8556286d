"""What a run adds to its cells: the same as if all were made anew, and no more than is new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, chain
from typing import Any

from hypothesis import given, settings

from codeact_jupyter.engine.aftermath import renewed_turn
from codeact_jupyter.engine.trajectory import Display, Step, Trajectory, Turn
from codeact_jupyter.notebook.growing import Growing, to_cells
from codeact_jupyter.notebook.layout import Layout

from .stories import conversation, step, story
from .trajectories import trajectories

RUN = "0000cafe"


def stages(turn: Turn) -> Iterator[Turn]:
    """A turn as it comes about: each step when it starts, and when it is over; the end."""
    going = replace(turn, steps=(), state="running", answer=None, reason="", figures=())
    yield going
    for each in turn.steps:
        yield (going := going.with_step(replace(each, observation=None, told=())))
        yield (going := going.with_step(each))
    yield turn


def grown(trajectory: Trajectory) -> Iterator[Trajectory]:
    """A conversation as it comes about."""
    for number, turn in enumerate(trajectory.turns):
        for stage in stages(turn):
            yield replace(trajectory, turns=(*trajectory.turns[:number], stage))


def put(cells: dict[str, Any], growing: Growing, trajectory: Trajectory) -> list[str]:
    """Put what is new into the cells; returns the pieces that were."""
    told = list(growing.changed(trajectory))
    for cell in chain.from_iterable(fragment.cells for fragment in told):
        cells[cell["id"]] = cell
    return [fragment.name for fragment in told]


@settings(max_examples=200, deadline=None)
@given(trajectory=trajectories())
def test_cells_that_grew_are_the_cells_made_at_once(trajectory: Trajectory) -> None:
    growing, cells = Growing(), dict[str, Any]()
    for stage in grown(trajectory):
        put(cells, growing, stage)
        made = to_cells(stage)
        assert [cells[cell["id"]] for cell in made] == made
    assert growing.link is None or growing.link.cell == made[-1]["id"]


def test_a_step_adds_its_own_cells_however_many_came_before() -> None:
    turn = Turn(RUN, "count", steps=tuple(step(n, f"x{n} = {n}") for n in range(1, 101)))
    growing, cells = Growing(), dict[str, Any]()
    told = [put(cells, growing, stage) for stage in grown(Trajectory(turns=(turn,)))]
    both = [[f"{RUN}-{number}"] for number in range(1, 101) for _ in ("started", "over")]
    assert told == [[f"{RUN}-task"], *both, []]


def test_a_failed_step_is_told_again_when_a_later_one_corrects_it() -> None:
    growing, cells = Growing(), dict[str, Any]()
    told = [put(cells, growing, stage) for stage in grown(conversation(story()))]
    first, second = f"{RUN}-1", f"{RUN}-2"
    assert told[:5] == [[f"{RUN}-task"], [first], [first], [second], [first, second]]
    assert "jupyter" in cells[f"{RUN}-1-action"]["metadata"]


def test_a_display_that_later_code_updates_changes_its_own_step_alone() -> None:
    shown = Display({"text/plain": "0 of 3"}, display_id="bar")
    steps: tuple[Step, ...] = (step(1, "show()", shown), step(2, "pass"), step(3, "pass"))
    turn = Turn(RUN, "count", steps=steps)
    growing, cells = Growing(), dict[str, Any]()
    put(cells, growing, Trajectory(turns=(turn,)))
    updated = renewed_turn(turn, {"bar": replace(shown, data={"text/plain": "3 of 3"})})
    assert put(cells, growing, Trajectory(turns=(updated,))) == [f"{RUN}-1"]
    assert list(cells.values()) == to_cells(Trajectory(turns=(updated,)))


def test_what_was_not_taken_is_given_again() -> None:
    growing, trajectory = Growing(), conversation()
    next(growing.changed(trajectory))
    names = [fragment.name for fragment in growing.changed(trajectory)]
    assert names == [fragment.name for fragment in Growing().changed(trajectory)]


def test_a_notebooks_text_is_the_same_however_its_cells_came() -> None:
    cells, layout = to_cells(conversation()), Layout()
    states = [*accumulate([cell] for cell in cells), cells[1:], [*cells[2:], *cells[:2]], [], cells]
    for state in states:
        pieces = Layout().pieces({"cells": None, "nbformat": 4}, state)
        assert b"".join(layout.pieces({"cells": None, "nbformat": 4}, state)) == b"".join(pieces)
