"""The numbers of an answer: which are results, which steps they rest on, which on none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from codeact_jupyter.engine.numbers import results_in
from codeact_jupyter.engine.tracing import figures_of
from codeact_jupyter.engine.trajectory import (
    Display,
    NamespaceChange,
    Output,
    Reply,
    Result,
    Stream,
    Variable,
)
from tests.notebook.stories import conversation, step, story

TOLD = {
    "$1,234.50 and €5, 12.3% up": ["1,234.50", "5", "12.3%"],
    "1.2 million, 1.5k, 2bn, 3.1e-4, 2×10^3": ["1.2 million", "1.5k", "2bn", "3.1e-4", "2×10^3"],
    "-5 and −7.5, 42 percent, p < 0.001.": ["-5", "−7.5", "42 percent", "0.001"],
    "In 2023, on 2024-01-05 at 12:30, 5 January 2024, Jan 5, 01/02/2024": [],
    "the 3rd, Q1, Step 12, table 4, v1.2.3, x17, H2 2024": [],
    "1. first\n12) second\n- 5 rows, 2 columns": [],
    "`x = 33` and `44.5`\n```\n55\n```\nhttp://a/66 [a](b/77)": ["44.5"],
    "**6** of 120": ["**6**".strip("*"), "120"],
}


@pytest.mark.parametrize("text", TOLD)
def test_results_are_told_from_dates_labels_and_trivial_counts(text: str) -> None:
    assert [each.text for each in results_in(text)] == TOLD[text]
    assert all(text[each.start :].startswith(each.text) for each in results_in(text))


def support(text: str, *outputs: Output, code: str = "f()", task: str = "Do it.") -> list[str]:
    answer = Reply((), text=text)
    turn = replace(story(task=task), steps=(step(1, code, *outputs),), answer=None)
    return [each.support for each in figures_of(conversation(turn), answer)]


STANDS = {
    "1,234.57": "1234.5678",
    "1.23 million": "1234567",
    "$1.2M": "1,234,567.00",
    "42.1%": "0.42123",
    "42.12 percent": "42.1234",
    "3.1e-4": "0.000312",
    "12,346": "12345.6",
    "about 12,000": "12,345",
    "fell by 17": "-17",
    "1.5k": "<td>1500</td>",
}


@pytest.mark.parametrize("told", STANDS)
def test_a_number_stands_where_it_is_up_to_rounding_and_writing(told: str) -> None:
    assert support(told, Stream(f"x {STANDS[told]}\n")) == ["output"]
    assert support(told, Stream("x 9876.5\n")) == ["none"]


def test_numbers_are_found_in_every_kind_of_output_and_in_variables() -> None:
    html = Result({"text/html": "<table><tr><td>1,017</td></tr></table>", "text/plain": "..."})
    shown = Display({"application/json": {"a": [31.5]}, "image/png": "2222"})
    change = NamespaceChange(added=(Variable("d", "DataFrame", (108, 13)),))
    turn = story()
    steps = (step(1, "f()", html), step(2, "g()", shown), step(3, "h()", change=change))
    asked = conversation(replace(turn, steps=steps))
    figures = figures_of(asked, Reply((), text="1017, 31.5, 108 rows; 2222 not"))
    cells = [f"0000cafe-{number}-action" for number in (1, 2, 3)]
    assert [each.cells for each in figures] == [(cells[0],), (cells[1],), (cells[2],), ()]
    assert figures[-1].support == "none"


def test_numbers_of_the_task_and_of_the_code_are_no_false_alarm() -> None:
    assert support("the top 25 of 5000", code="f(25)", task="Of 5000 the top?") == ["code", "task"]


def test_an_answer_may_rest_on_an_earlier_turn() -> None:
    before = replace(story("0000000a"), steps=(step(1, "f()", Stream("77.5"), run="0000000a"),))
    now = conversation(before, story("0000000b"))
    (figure,) = figures_of(now, Reply((), text="It was 77.5."))
    assert figure.cells == ("0000000a-1-action",)
