"""Two people in one notebook, with jupyter-collaboration: their documents are one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.frontends.live import ScriptedModel, act, say, with_model
from tests.frontends.server.front_ends import all_text

from .browsing import Lab, running_lab, write_notebook
from .conftest import SIZE, require_browser
from .opening import OPEN_PANEL
from .tabs import LOAD, MAGIC, Gate, Tab, end_of, outputs

_numbers = count(1)


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


class Seat(Tab):
    """One of two people: a browser of their own, in which one notebook after the other is open."""

    def __init__(self, lab: Lab, browser: Any) -> None:
        context = browser.new_context(viewport=SIZE)
        super().__init__(lab, context.new_page(), "")
        self.leads = False
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._note))
        self.page.goto(f"{lab.address}/lab?reset")
        self.page.wait_for_function("globalThis.jupyterapp")
        self.page.evaluate(OPEN_PANEL)

    def sit_down(self, name: str) -> None:
        """Open this notebook."""
        self.name, self.file, self.leads = name, self.lab.notebooks / name, False
        self.open()

    def _note(self, payload: str | bytes) -> None:
        if isinstance(payload, str) and payload.startswith("{"):
            self.leads = json.loads(payload).get("lead", self.leads)


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
        person.shut_down()


@pytest.mark.parametrize("front_end", ["panel", "magic"])
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
        seat.until(lambda seat=seat: "two" in all_outputs(seat), "the output")
    assert [seat.leads for seat in seats] == [True, False]
    gate.open()
    for seat in seats:
        seat.until_ended()
    first.until(lambda: first.whole == second.whole, "the same in both")
    steps = ["task 0", "thought 1", "action 1", "action 2", "answer 3"]
    assert first.roles == second.roles == [LOAD, "%%codeact", *steps]
    printed, result = first.cell("action 2")["outputs"]
    assert printed["text"].split() == ["two", "three"] and "four" in all_text(result)


@pytest.mark.parametrize("front_end", ["panel", "magic"])
def test_the_lead_is_handed_over_when_the_leader_closes_the_notebook(
    seats: list[Seat], model: ScriptedModel, front_end: str
) -> None:
    first, second = seats
    gate = Gate(first.file.with_suffix(".go"))
    model.will(act(f"print('one')\n{gate.code}'two'"), act("3"), say("All done."))
    begin(second, front_end)
    second.until(lambda: "one" in all_outputs(second), "the output")
    first.close()
    second.until(lambda: second.leads, "the lead")
    gate.open()
    second.until_ended()
    assert second.roles == [LOAD, "%%codeact", "task 0", "action 1", "action 2", "answer 3"]
    second.until(lambda: "two" in outputs(second.cell("action 1")), "the result")
    second.until_file(lambda cells: any(end_of(cell) == "answered" for cell in cells))
    assert len(second.saved()) == 6


def begin(seat: Seat, front_end: str) -> None:
    """Give the task."""
    if front_end == "magic":
        seat.run()
    else:
        seat.task("work")


def all_outputs(seat: Seat) -> str:
    """What the newest cell of a run shows."""
    return "".join(outputs(cell) for cell in seat.ours)
