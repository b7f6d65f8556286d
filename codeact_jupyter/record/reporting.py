"""What a replay found: as a notebook to read in Jupyter, and as words for a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..notebook.beginning import new_notebook
from ..notebook.markdown import fenced, readable
from ..notebook.marks import Cell
from ..notebook.outputs import note, to_format
from ..notebook.writing import write_new
from .comparing import Difference
from .replaying import Outcome

MOST_TOLD = 20
AS_RECORDED, NOW = "As recorded:", "Now:"


def is_same(outcomes: Sequence[Outcome]) -> bool:
    """Whether every cell came out as recorded; one without a recorded end has nothing to be as."""
    return all(outcome.state in ("same", "no end") for outcome in outcomes)


def counts_in_words(outcomes: Sequence[Outcome]) -> str:
    """`5 same, 1 changed`."""
    counts = Counter(outcome.state for outcome in outcomes)
    return ", ".join(f"{number} {state}" for state, number in counts.items()) or "nothing to run"


def write_report(
    outcomes: Sequence[Outcome], target: Path, *, source: Path, kernel: str, declared: Sequence[str]
) -> None:
    """Write the report as a notebook; raises NotebookError where it would overwrite a file."""
    cells = list(_cells(outcomes, source, declared))
    write_new({**new_notebook(kernel=kernel), "cells": cells}, target)


def rebuilt_in_words(outcomes: Sequence[Outcome]) -> str:
    """What a model is told of a kernel in which its steps were run again."""
    ran = [outcome for outcome in outcomes if outcome.seen is not None]
    own = sum(outcome.part.own for outcome in ran)
    also = f" and {own} of the person's own cells" if own else ""
    words = [
        f"The kernel is a new one, and was rebuilt: {len(ran) - own} of the steps so far{also} "
        "were run again in it, in order. Steps are named by task and step, as 2.3."
    ]
    differing = [outcome for outcome in ran if outcome.state != "same"]
    words += [_in_a_line(outcome) for outcome in differing[:MOST_TOLD]]
    if len(differing) > MOST_TOLD:
        words.append(f"(and {len(differing) - MOST_TOLD} more)")
    if not differing:
        words.append("All of them came out as before.")
    left = [outcome for outcome in outcomes if outcome.seen is None]
    words += [_in_a_line(outcome) for outcome in left[:MOST_TOLD]]
    if left:
        words.append(
            "What those that were not run made does not exist now: check before you use it."
        )
    return "\n".join(words)


def _in_a_line(outcome: Outcome) -> str:
    why = outcome.why or "; ".join(map(difference_in_words, outcome.differences))
    owner = "the person's cell " if outcome.part.own else ""
    return f"- {owner}{outcome.part.label}: {outcome.state}: {why}"


def difference_in_words(found: Difference) -> str:
    """A difference in one text: `stdout changed: …`."""
    lines = f":\n{found.detail}" if "\n" in found.detail else f": {found.detail}"
    return f"{found.of} {found.kind}{lines if found.detail else ''}"


def _cells(
    outcomes: Sequence[Outcome], source: Path, declared: Sequence[str]
) -> Iterator[dict[str, Any]]:
    name = _namer()
    words = [
        f"# Replay of {readable(source.name)}",
        f"**{counts_in_words(outcomes)}.** Every cell below was run again, in this order, in a new "
        "kernel. Where it came out otherwise, what was recorded stands above what came now.",
        "| cell | state | |\n|---|---|---|\n" + "\n".join(map(_row, outcomes)),
        "What may differ without counting:\n\n" + "\n".join(f"- {readable(it)}" for it in declared),
    ]
    yield _markdown(name(), "\n\n".join(words))
    for outcome in outcomes:
        yield from _part_cells(outcome, name)


def _row(outcome: Outcome) -> str:
    why = outcome.why or "; ".join(f"{each.of} {each.kind}" for each in outcome.differences)
    cells = (outcome.part.label, outcome.state, " ".join(why.split()))
    return "| " + " | ".join(readable(cell).replace("|", "\\|") for cell in cells) + " |"


def _part_cells(outcome: Outcome, name: Callable[[], str]) -> Iterator[Cell]:
    part = outcome.part
    whose = " (the person's own)" if part.own else ""
    words = [f"### {readable(part.label)} {outcome.state}{whose}", readable(outcome.why)]
    words += [_detail(each) for each in outcome.differences]
    if part.edited:
        words.append("*The cell's text was edited since; this is the code that ran.*")
    yield _markdown(name(), "\n\n".join(filter(None, words)))
    if outcome.seen is None:  # what was not run does not become a cell that "Run all" runs
        yield _markdown(name(), fenced(part.code))
        return
    before, after = to_format(part.outputs)[0], to_format(outcome.seen.outputs)[0]
    both = [note(AS_RECORDED), *before, note(NOW), *after]
    yield {
        "id": name(),
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": [f"replay-{outcome.state}"]},
        "outputs": after if outcome.state == "same" else both,
        "source": part.code.encode("utf-8", "backslashreplace").decode("utf-8"),
    }


def _detail(found: Difference) -> str:
    head = f"{readable(found.of)} {found.kind}"
    return f"{head}\n\n{fenced(found.detail)}" if found.detail else head


def _markdown(name: str, words: str) -> Cell:
    return {"id": name, "cell_type": "markdown", "metadata": {}, "source": words}


def _namer() -> Callable[[], str]:
    numbers = iter(range(1, 1_000_000))
    return lambda: f"replay-{next(numbers)}"
