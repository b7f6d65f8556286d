"""What a replay found, as text for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..record.needing import to_install
from ..record.replaying import Outcome, packages_missing
from ..record.reporting import counts_in_words, difference_in_words

if TYPE_CHECKING:
    from rich.table import Table

COLOURS = {"same": "green", "skipped": "yellow", "no end": "yellow", "not run": "dim"}


def table_of(outcomes: Sequence[Outcome]) -> Table:
    """A row for each cell."""
    from rich.table import Table
    from rich.text import Text

    table = Table("cell", "state", "what differs", box=None, pad_edge=False)
    for outcome in outcomes:
        state = Text(outcome.state, style=COLOURS.get(outcome.state, "red"))
        table.add_row(Text(_name(outcome)), state, Text("\n".join(_words(outcome))))
    return table


def lines_of(outcomes: Sequence[Outcome], *, flags: bool = True) -> list[str]:
    """How a rebuild went: in all, what is not as it was, and what can be done about it.

    `flags` says that the person can write flags.
    """
    differing = [outcome for outcome in outcomes if outcome.state != "same"]
    rows = [f"{_name(each)} {each.state}: {'; '.join(_words(each))}" for each in differing]
    return [f"Rebuilt: {counts_in_words(outcomes)}.", *rows, *hints(outcomes, flags=flags)]


def hints(outcomes: Sequence[Outcome], *, flags: bool = True) -> list[str]:
    """What the person can do about it."""
    said = []
    if missing := packages_missing(outcomes):
        said.append(f"The kernel lacks {', '.join(missing)}: pip install {to_install(missing)}")
    kinds = sorted({kind for outcome in outcomes for kind in outcome.kinds})
    if kinds and flags:
        words = " ".join(f"--allow {kind}" for kind in kinds)
        said.append(f"What was skipped for its effects is run, in a new kernel, with {words}")
    return said


def lacks_names(outcomes: Sequence[Outcome]) -> bool:
    """Whether a cell failed for a name that was there when it was recorded."""
    seen = (outcome.seen for outcome in outcomes if outcome.state != "same")
    outputs = (output for each in seen if each is not None for output in each.outputs)
    return any(output.kind == "error" and output.ename == "NameError" for output in outputs)


def _name(outcome: Outcome) -> str:
    return f"{outcome.part.label}{' (own)' if outcome.part.own else ''}"


def _words(outcome: Outcome) -> list[str]:
    words = [outcome.why, *map(difference_in_words, outcome.differences)]
    return [word for word in words if word]
