"""A number in an answer, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# Where a number stands: in the output of a step, in the task, only in code that was run, nowhere.
Support = Literal["output", "task", "code", "none"]


@dataclass(frozen=True)
class Figure:
    """A number as an answer has it, from `start` in its text on.

    `cells` are the ids of the cells of the steps in whose observation, or else code, it stands.
    """

    text: str
    start: int
    support: Support
    cells: tuple[str, ...] = ()
