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
    "2048 rows, 2050 USD, 2051 €, **2000** units, 1999 distinct users, 2024-row tables": [
        *("2048", "2050", "2051", "2000", "1999", "2024")
    ],
    "The total is 2000, the mean of all: 2001; count = **1999**, $2010": [
        *("2000", "2001", "1999", "2010")
    ],
    "The sum in 2020 rose; the year of the maximum is 2019. Since 1999, 2001-2003, (2004)": [],
    "**6** of 120": ["**6**".strip("*"), "120"],
    "12,17.5 and 1,234,567.5k. 1,234.": ["12", "17.5", "1,234,567.5k", "1,234"],
    "71.3kg, 3.7x, 12.9s, 734MB, 45ms, 56pp, 500USD, EUR500": [
        *("71.3kg", "3.7x", "12.9s", "734MB", "45ms", "56pp", "500USD", "500")
    ],
    "2x as fast in 5s: 1,234kg, EUR1,234.50, 21.5°C, 12m², 3h, -4dB, 2000kg (EUR2024)": [
        *("2x", "5s", "1,234kg", "1,234.50", "21.5°C", "12m²", "3h", "-4dB", "2000kg", "2024")
    ],
    "1\u2009234\u2009567, 1\u00a0234\u00a0567\u00a0kg and 7\u202f654\u202f321km": [
        *("1\u2009234\u2009567", "1\u00a0234\u00a0567", "7\u202f654\u202f321km")
    ],
    "x2, v1.2.3, utf8, Q3, 2nd, 0x1f, 0xff, 3D, 5G, 64bit, 1.2.3s, 12h30, 7a3f, 1920x1080": [],
    "py3.11, A4, H100, MP3, int64, b2b, s3, 4K2, EURO5, NEUR500, €5m, the 1990s, early 90s": [],
}


@pytest.mark.parametrize("text", TOLD)
def test_results_are_told_from_dates_labels_and_trivial_counts(text: str) -> None:
    found = [each.text for each in results_in(text) if not each.may_be_year]
    assert found == TOLD[text]
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
    "412": "Q1,412,7.5",
    "7.5": "Q1,412,7.5",
    "419": "A1234,419",
    "-3": "1,-3,2024-01-05",
    "1,234,567": "total,1,234,567",
    "1,234K": "Total 1,234K rows",
    "1,235,000": "€1,235k",
    "€1,236bn": "1,236bn",
    "1,237,000": "1,237e3",
    "1,238": "it is 1,238.",
    "12": "0.5\u00a012",
    "421": "2024\u00a0421",
    "17": "5'17",
    "1,239": "1\u202f239",
    "1,235,567": "1\u2009235\u2009567",
    "71.3kg": "71.34",
    "71.4": "71.4kg",
    "3.7x": "3.71",
    "EUR500": "500.0",
    "750": "EUR750",
    "1,236kg": "1236",
    "1,239,000": "1,239,000ms",
    "about 12\u2009000\u2009000": "12,345,678",
}


@pytest.mark.parametrize("told", STANDS)
def test_a_number_stands_where_it_is_up_to_rounding_and_writing(told: str) -> None:
    assert support(told, Stream(f"x {STANDS[told]}\n")) == ["output"]
    assert support(told, Stream("x 9876.5\n")) == ["none"]


# What a regular expression would read again from each place in it.
LONG = {
    "numbers of three digits": Stream(f"{',100' * 100_000},7"),
    "numbers with apostrophes": Stream(f"{chr(39)}100" * 100_000 + "x"),
    "numbers with dashes": Stream("1-" * 200_000),
    "signs": Stream("-,1" * 130_000),
    "tags that do not end": Result({"text/html": "<" * 400_000}),
    "scripts that do not end": Result({"text/html": "<script>" * 50_000}),
}


def test_a_table_behind_very_much_style_is_read() -> None:
    table = "<td>421.75</td>" * 18_000
    styled = Result({"text/html": f"<style>{'a{b:c} ' * 40_000}</style>{table}"})
    assert support("421.75", styled) == ["output"]
    assert support("421.75", Result({"text/html": f"<b>421.75</b>&#{'1' * 5_000};"})) == ["output"]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("shape", LONG)
def test_a_long_output_of_any_shape_is_read_once(shape: str) -> None:
    assert support("421 rows", LONG[shape]) == ["none"]


ANSWERS = (
    "](" * 100_000,
    "the sum 2000 " * 6_000,
    "\n" * 200_000,
    "`" + "a1" * 100_000,
    "421 " * 50_000,
)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("text", ANSWERS, ids=lambda text: text[:2])
def test_a_long_answer_of_any_shape_is_read_once(text: str) -> None:
    assert len(list(results_in(text))) == text.count("421") + text.count("2000")


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


def test_what_may_be_a_year_is_a_number_like_any_where_it_stands() -> None:
    assert support("In 2023 it grew.") == []
    assert support("In 2023 it grew.", Stream("2023 4.5\n")) == ["output"]
    assert support("In 2023 it grew.", task="What of 2023?") == ["task"]
    assert support("In 2023 it grew.", code="f(2023)") == []
    assert support("The table has 2048 rows.") == ["none"]
    assert support("the total is 2000") == ["none"]


def test_an_answer_may_rest_on_an_earlier_turn() -> None:
    before = replace(story("0000000a"), steps=(step(1, "f()", Stream("77.5"), run="0000000a"),))
    now = conversation(before, story("0000000b"))
    (figure,) = figures_of(now, Reply((), text="It was 77.5."))
    assert figure.cells == ("0000000a-1-action",)
