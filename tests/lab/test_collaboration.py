"""Two people in one notebook, with jupyter-collaboration: their documents are one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say, with_model
from tests.frontends.server.front_ends import all_text

from .browsing import Lab, running_lab, write_notebook
from .conftest import require_browser
from .seats import Seat
from .tabs import LOAD, MAGIC, Gate, end_of, outputs

_numbers = count(1)
FRONT_ENDS = pytest.mark.parametrize("front_end", ["panel", "magic"])


@pytest.fixture(scope="module")
def shared_lab(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """JupyterLab whose clients share their documents."""
    require_browser()
    root = tmp_path_factory.mktemp("shared")
    environ = {**with_model(served_model), "CODEACT_APPROVE": "never"}
    with running_lab(root, model="", environ=environ, collaborative=True) as lab:
        yield lab


@pytest.fixture(scope="module")
def people(shared_lab: Lab, browser: Any) -> Iterator[list[Seat]]:
    """Two people, each in a browser of their own."""
    people = [Seat(shared_lab, browser) for _ in range(2)]
    yield people
    for person in people:
        person.page.context.close()


@pytest.fixture
def seats(people: list[Seat]) -> Iterator[list[Seat]]:
    """Two people with one notebook; the first to come leads."""
    name = f"shared{next(_numbers)}.ipynb"
    write_notebook(people[0].lab.notebooks / name, LOAD, f"{MAGIC}work")
    first, second = people
    first.sit_down(name)
    first.until(lambda: first.leads, "the lead")
    second.sit_down(name)
    yield people
    for person in reversed(people):
        person.release()
        person.shut_down()


@FRONT_ENDS
def test_of_two_people_one_projects_and_both_have_each_cell_once(
    seats: list[Seat], model: ScriptedModel, front_end: str
) -> None:
    first, second = seats
    gate = Gate(first.file.with_suffix(".go"))
    model.will(
        act("print('one')", "I begin."),
        act(f"print('two')\n{gate.code}print('three')\n'four'"),
        say("Both see it."),
    )
    begin(second, front_end)
    for seat in seats:
        seat.until(lambda seat=seat: "two" in seat.shown, "the output")
    assert [seat.leads for seat in seats] == [True, False]
    gate.open()
    for seat in seats:
        seat.until_ended()
    first.until(lambda: first.whole == second.whole, "the same in both")
    steps = ["task 0", "thought 1", "action 1", "action 2", "answer 3"]
    assert first.roles == second.roles == [LOAD, "%%codeact", *steps]
    printed, result = first.cell("action 2")["outputs"]
    assert printed["text"].split() == ["two", "three"] and "four" in all_text(result)


@FRONT_ENDS
def test_cells_stand_in_order_where_the_kernel_is_faster_than_the_servers_word(
    seats: list[Seat], model: ScriptedModel, front_end: str
) -> None:
    first, second = seats
    gate = Gate(first.file.with_suffix(".go"))
    model.will(
        act("print('one')", "I begin."), act(f"print('two')\n{gate.code}'three'"), say("Done.")
    )
    first.hold(lambda frame: frame["type"] in ("step", "typed"))  # it knows of the task alone
    begin(second, front_end)
    first.until(lambda: "two" in first.shown, "the second action's output")
    first.release()
    gate.open()
    for seat in seats:
        seat.until_ended()
    first.until(lambda: first.whole == second.whole, "the same in both")
    steps = ["task 0", "thought 1", "action 1", "action 2", "answer 3"]
    assert first.roles == second.roles == [LOAD, "%%codeact", *steps]


@FRONT_ENDS
def test_the_lead_is_handed_over_when_the_leader_closes_the_notebook(
    seats: list[Seat], model: ScriptedModel, front_end: str
) -> None:
    first, second = seats
    go_on, end = (Gate(first.file.with_suffix(name)) for name in (".go", ".end"))
    code = f"print('one')\n{go_on.code}print('two')\n{end.code}'three'"
    model.will(act(code), act("3"), say("All done."))
    begin(second, front_end)
    second.until(lambda: "one" in second.shown, "the output")
    first.close()
    second.until(lambda: second.leads, "the lead")
    go_on.open()
    second.until(lambda: "two" in second.shown, "the output of the cell that goes on")
    end.open()
    second.until_ended()
    assert second.roles == [LOAD, "%%codeact", "task 0", "action 1", "action 2", "answer 3"]
    second.until(lambda: "three" in outputs(second.cell("action 1")), "the result")
    second.until_file(lambda cells: any(end_of(cell) == "answered" for cell in cells))
    assert len(second.saved()) == 6


def test_what_asks_is_asked_of_both_and_answered_by_either_and_runs_once(
    seats: list[Seat], model: ScriptedModel
) -> None:
    first, second = seats
    counts = "runs = globals().get('runs', 0) + 1\nprint('runs', runs)"
    model.will(act(counts), act("'as written'"), say("Done."))
    choice = second.page.get_by_label("When to ask before code runs")
    choice.select_option("ask")
    second.task("work")
    for seat in seats:
        expect(question(seat)).to_be_visible(timeout=30_000)
    question(first).get_by_role("button", name="Run", exact=True).click()
    first.until_state("action 2", "waiting")
    first.edit("action 2", "'as edited by the other'")
    edited = first.cell("action 2")["source"]
    second.until(lambda: second.cell("action 2")["source"] == edited, "what the other wrote")
    question(second).get_by_role("button", name="Run as edited").click()
    for seat in seats:
        seat.until_ended()
        expect(question(seat)).to_have_count(0)
    choice.select_option("never")
    assert "as edited by the other" in model.told, "what was seen is what ran"
    first.until(lambda: first.whole == second.whole, "the same in both")
    assert "runs 1\n" in outputs(first.cell("action 1"))
    assert "as edited by the other" in outputs(second.cell("action 2"))


def question(seat: Seat) -> Any:
    """What is asked below a cell, in this person's page."""
    return seat.page.locator(".jp-codeact-Question")


def begin(seat: Seat, front_end: str) -> None:
    """Give the task."""
    if front_end == "magic":
        seat.run()
    else:
        seat.task("work")
