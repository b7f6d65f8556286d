"""Which steps the numbers of an answer rest on.

A number rests on a step when the step's observation has it: up to the rounding of the last digit
that the answer tells, without regard to sign, thousands separators or unit; `42%` may stand there
as 0.42. What is in no output of the conversation may be of the task, or of code that was run
(`head(20)`): that is no false alarm. What may be a year is one where it is in neither. Numbers that
are only in a picture cannot be seen.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from html import unescape

from .figure import Figure, Support
from .numbers import Told, numbers_in, results_in
from .trajectory import Error, Observation, Output, Reply, Step, Stream, Trajectory, Turn

MOST_CHARACTERS = 200_000  # of one output, from its beginning and as much from its end
MOST_CELLS = 5  # that one number names
TAG = re.compile(r"<(?:style|script)\b.*?(?:</(?:style|script)>|\Z)|<[^<>]*>", re.DOTALL)


class _Numbers:
    """The numbers of some texts, to be looked up."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._sorted = sorted({number for text in texts for number in numbers_in(_cut(text))})

    def has(self, told: Told) -> bool:
        scales = (1.0, 100.0) if told.is_percent else (1.0,)
        return any(self._has(told.worth / scale, told.slack / scale) for scale in scales)

    def _has(self, worth: float, slack: float) -> bool:
        at = bisect_left(self._sorted, worth - slack)
        return at < len(self._sorted) and self._sorted[at] <= worth + slack


def figures_of(trajectory: Trajectory, answer: Reply) -> tuple[Figure, ...]:
    """The numbers of this answer to the last turn, each with what it rests on."""
    told = list(results_in(answer.text))
    if not told:
        return ()
    *earlier, turn = trajectory.turns
    outputs = [_Source(_outputs_of([turn])), _Source(_outputs_of(reversed(earlier)))]
    task = _Numbers(_words_of(trajectory.turns))
    code = _Source((step, [step.action.code]) for step in turn.steps if step.action is not None)
    figures = ((each, _figure(each, outputs, task, code)) for each in told)
    return tuple(
        figure
        for each, figure in figures
        if figure.support in ("output", "task") or not each.may_be_year
    )


def _figure(told: Told, outputs: list[_Source], task: _Numbers, code: _Source) -> Figure:
    for source in outputs:
        if cells := source.cells(told):
            return Figure(told.text, told.start, "output", cells)
    support: Support = "task" if task.has(told) else "none"
    cells = () if support == "task" else code.cells(told)
    return Figure(told.text, told.start, "code" if cells else support, cells)


class _Source:
    """Steps and their texts, read when the first number is looked for in them."""

    def __init__(self, pairs: Iterable[tuple[Step, list[str]]]) -> None:
        self._pairs, self._read = pairs, False
        self._numbers: list[tuple[str, _Numbers]] = []

    def cells(self, told: Told) -> tuple[str, ...]:
        if not self._read:
            self._read = True
            self._numbers = [
                (step.action.cell, _Numbers(texts))
                for step, texts in self._pairs
                if step.action is not None
            ]
        found = [cell for cell, numbers in self._numbers if numbers.has(told)]
        return tuple(found[-MOST_CELLS:])


def _outputs_of(turns: Iterable[Turn]) -> Iterator[tuple[Step, list[str]]]:
    for turn in turns:
        for step in turn.steps:
            if step.observation is not None:
                yield step, list(_texts(step.observation))


def _words_of(turns: Iterable[Turn]) -> Iterator[str]:
    for turn in turns:
        yield turn.task
        yield from (block["text"] for block in turn.told if isinstance(block.get("text"), str))


def _texts(seen: Observation) -> Iterator[str]:
    """All that an observation says as text, with what it says of variables."""
    for output in (*seen.outputs, *seen.updated):
        yield from _output_texts(output)
    for variable in (*seen.change.added, *seen.change.changed):
        yield variable.detail
        yield " ".join(map(str, (*(variable.shape or ()), variable.size or "")))


def _output_texts(output: Output) -> Iterator[str]:
    if isinstance(output, Stream):
        yield output.text
    elif isinstance(output, Error):
        yield output.evalue
    else:
        for mime, data in output.data.items():
            if mime == "text/html":
                yield _unescaped(TAG.sub(" ", str(data)))
            elif mime.startswith("text/"):
                yield str(data)
            elif mime.endswith("json") and "widget" not in mime:
                yield json.dumps(data)


def _unescaped(text: str) -> str:
    try:
        return unescape(_cut(text))
    except ValueError:  # a character by a number of thousands of digits
        return text


def _cut(text: str) -> str:
    if len(text) <= 2 * MOST_CHARACTERS:
        return text
    return f"{text[:MOST_CHARACTERS]} {text[-MOST_CHARACTERS:]}"
