"""What a conversation grows by, in sealed pieces: the task, a step, the end of a turn.

A piece is made and sealed when it is new, changed, or follows another than before; the others are
told apart by the interpreter's own loops, so that a step costs the same however many came before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from ..engine.trajectory import Step, Trajectory, Turn
from .cells import Place, answer_cell, session_metadata, step_cells, task_cell
from .chain import Link, keep_link, link_of, link_to_follow, root, sealed
from .marks import Cell


class Fragment(NamedTuple):
    """The cells of a piece, sealed: they follow `before` in the chain, and `link` is the last."""

    name: str
    before: Link
    link: Link
    cells: list[Cell]


class _Part(NamedTuple):
    """A piece that is sealed: the same `values` after the same link give the same cells."""

    name: str
    values: tuple[Any, ...]
    before: Link
    link: Link


def fragments(trajectory: Trajectory) -> list[Fragment]:
    """All pieces of a trajectory, in order."""
    return list(Growing().changed(trajectory))


def to_cells(trajectory: Trajectory) -> list[Cell]:
    """All cells of a trajectory, in order, as nbformat 4.5 has them, sealed."""
    return [cell for fragment in fragments(trajectory) for cell in fragment.cells]


def link_before(trajectory: Trajectory) -> Link:
    """What the first cell of the last turn follows in the chain."""
    link = root(session_metadata(trajectory))
    for number, turn in enumerate(trajectory.turns[:-1], 1):
        if (known := link_to_follow(turn)) is None:
            for fragment in GrowingTurn((trajectory.name, number), link).changed(turn):
                link = fragment.link
            keep_link(turn, link)
        link = known or link
    return link


class Growing:
    """The turns of conversations, sealed one after the other; `link` is where the last one ends."""

    def __init__(self) -> None:
        self._turns: dict[str, GrowingTurn] = {}
        self.link: Link | None = None

    def changed(self, trajectory: Trajectory) -> Iterator[Fragment]:
        """The pieces that are not as they were taken from here before, in order."""
        self.link, link = None, root(session_metadata(trajectory))
        for number, turn in enumerate(trajectory.turns, 1):
            place = (trajectory.name, number)
            known = self._turns.get(turn.run)
            if known is None or (known.place, known.before) != (place, link):
                known = self._turns[turn.run] = GrowingTurn(place, link)
            yield from known.changed(turn)
            self.link = known.link
            link = link_to_follow(turn) or self.link


class GrowingTurn:
    """The pieces of one turn, whose first cell follows `before`; `link` is the last one's."""

    def __init__(self, place: Place, before: Link) -> None:
        self.place, self.before = place, before
        self._turn: Turn | None = None
        self._opening = Turn("", "")
        self._parts: list[_Part] = []  # the task, the steps in order, the end
        self._corrected = 0  # the number of the last step that was ok
        self._failed: set[int] = set()  # the places of the steps that failed after it
        self._untaken: dict[int, list[Cell]] = {}

    @property
    def link(self) -> Link:
        """The last cell of the turn so far."""
        return self._parts[-1].link if self._parts else self.before

    def changed(self, turn: Turn) -> Iterator[Fragment]:
        """The pieces that are not as they were taken from here before, in order.

        A piece counts as taken when the next one is asked for.
        """
        if turn is not self._turn:
            self._renew(turn)
        for place in sorted(self._untaken):
            part = self._parts[place]
            yield Fragment(part.name, part.before, part.link, self._untaken[place])
            del self._untaken[place]

    def _renew(self, turn: Turn) -> None:
        places, end = self._take_steps(turn), len(turn.steps) + 1
        opening = Turn(turn.run, turn.task, turn.told, started=turn.started)
        if opening != self._opening:
            self._opening = opening
            places.insert(0, 0)
        if turn.state not in ("running", "waiting"):
            places.append(end)
        self._forget(end + (end in places))
        todo = deque(places)
        while todo:
            place = todo.popleft()
            moves_next = self._seal(place, turn) and place + 1 < len(self._parts)
            if moves_next and (not todo or todo[0] != place + 1):
                todo.appendleft(place + 1)
        self._turn = turn

    def _forget(self, count: int) -> None:
        """Forget what is beyond so many parts."""
        del self._parts[count:]
        self._untaken = {place: self._untaken[place] for place in self._untaken if place < count}

    def _take_steps(self, turn: Turn) -> list[int]:
        """The places of the steps that are to be sealed, in order; notes which are folded now."""
        old = self._turn.steps if self._turn is not None else ()
        new, known = turn.steps, min(len(old), len(turn.steps))
        # Of a turn that grew all but the last are the same: that is seen without a look at each.
        first = known - 1 if known and old[: known - 1] == new[: known - 1] else 0
        unlike = [at for at in range(first, known) if old[at] is not new[at]]
        if len(new) < len(old) or any(_is_ok(old[at]) > _is_ok(new[at]) for at in unlike):
            unlike, self._corrected, self._failed = list(range(known)), 0, set()
        unlike += range(known, len(new))
        self._corrected = max([self._corrected, *(new[n].number for n in unlike if _is_ok(new[n]))])
        self._failed |= {at for at in unlike if new[at].state == "error"}
        folded = {at for at in self._failed if self._is_folded(new[at])}
        self._failed -= folded
        return [at + 1 for at in sorted({*unlike, *folded})]

    def _is_folded(self, step: Step) -> bool:
        return step.state == "error" and step.number < self._corrected

    def _seal(self, place: int, turn: Turn) -> bool:
        """Seal what stands at this place, if it is not as it was; whether its link is another."""
        name, values, make = self._piece(place, turn)
        before = self._parts[place - 1].link if place else self.before
        known = self._parts[place] if place < len(self._parts) else None
        if known is not None and known[:3] == (name, values, before):
            return False
        self._untaken[place] = cells = sealed(make(), before)
        self._parts[place : place + 1] = [_Part(name, values, before, link_of(cells[-1]))]
        return known is not None and known.link != self._parts[place].link

    def _piece(
        self, place: int, turn: Turn
    ) -> tuple[str, tuple[Any, ...], Callable[[], list[Cell]]]:
        """The name of the piece at this place, what it is made of, and what makes it."""
        opening = self._opening
        if place == 0:
            return f"{turn.run}-task", (opening,), lambda: [task_cell(opening, self.place)]
        if place > len(turn.steps):
            end = (turn.state, turn.reason, turn.seconds, turn.wasted, turn.answer, turn.figures)
            return f"{turn.run}-answer", end, lambda: [answer_cell(turn)]
        step = turn.steps[place - 1]
        folded = self._is_folded(step)
        cells = partial(step_cells, opening, step, folded=folded)
        return f"{turn.run}-{step.number}", (step, folded), cells


def _is_ok(step: Step) -> bool:
    return step.state == "ok"
