"""The events of a run as the journal has them, folded over the turn as it began."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..engine import events
from ..engine.events import Event
from ..engine.trajectory import Trajectory
from .texts import unpacked


@dataclass(frozen=True)
class Opening:
    """What a run begins with: the conversation's system text and tools, and the turn's opening."""

    trajectory: Trajectory


@dataclass(frozen=True)
class Happening:
    """An event that was kept."""

    event: Event


def folded(bodies: Sequence[str], text: Callable[[str], bytes]) -> tuple[Trajectory, Event | None]:
    """What came of a run, and its last event if it had one; `bodies` are as `packed` made them.

    `text` gives a long text by what it is known by. Raises ValueError and IndexError for what no
    journal can have written.
    """
    opening = unpacked(Opening, bodies[0], text).trajectory
    (turn,) = opening.turns
    kinds = [json.loads(body)["event"]["kind"] for body in bodies[1:]]
    event: Event | None = None
    for body, kind, following in zip(bodies[1:], kinds, [*kinds, ""][1:], strict=True):
        if (kind, following) != ("step-started", "step-finished"):  # of which only the end counts
            event = unpacked(Happening, body, text).event
            turn = events.apply(turn, event)
    return opening.with_turn(turn), event
