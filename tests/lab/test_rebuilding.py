"""After a restart the kernel is rebuilt in one click, and a step is forked into a new notebook."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .opening import OPEN_PANEL
from .tabs import PANEL, Gate, Tab, outputs

RESTART = f"path => {PANEL}.sessionContext.session.kernel.restart()"
SLOW = 60_000


def ran(tab: Tab, model: ScriptedModel, held: str = "") -> None:
    """A cell of the person's and a run of two steps, in the notebook and its kernel."""
    tab.write("base = 40\nbase")
    tab.run(0)
    tab.until(lambda: outputs(tab.cells[0]), "the person's cell")
    model.will(
        act(f"{held}total = base + 2\nprint('total', total)"), act("total = 0"), say("Zero.")
    )
    tab.task("add")
    tab.until_ended()


def strip(tab: Tab) -> Any:
    return tab.page.locator(".codeact-Rebuild")


def test_a_restarted_kernel_is_rebuilt_in_one_click_and_the_conversation_goes_on(
    tab: Tab, model: ScriptedModel, gate: Gate
) -> None:
    gate.open()
    ran(tab, model, gate.code)
    gate.close()
    before = tab.whole
    tab.page.evaluate(RESTART, tab.name)
    expect(strip(tab)).to_contain_text("variables of this conversation are gone", timeout=SLOW)
    strip(tab).get_by_role("button", name="Rebuild").click()
    expect(strip(tab)).to_contain_text("cell 2 of 3", timeout=SLOW)
    gate.open()
    expect(strip(tab)).to_contain_text("Rebuilt: 3 same.", timeout=SLOW)
    assert tab.whole == before, "the record stays as it is"
    process = "import subprocess\nsubprocess.run(['true'])\nbase = 41"
    model.will(act("print('now', total, base)"), act(process), say("Both are there."))
    tab.task("what is there?")
    tab.until_ended(2)
    assert "now 0 40" in outputs(tab.cell("action 1"))
    told = json.dumps(model.requests[0]["messages"][-1])
    assert "was rebuilt" in told and "came out as before" in told
    expect(strip(tab)).to_have_count(0)
    tab.page.evaluate(RESTART, tab.name)
    strip(tab).get_by_role("button", name="Rebuild").click(timeout=SLOW)
    expect(strip(tab)).to_contain_text("2.2 skipped: it runs a shell command", timeout=SLOW)
    strip(tab).get_by_role("button", name="Restart the kernel and rebuild with these").click()
    expect(strip(tab)).to_contain_text("Rebuilt: 5 same.", timeout=SLOW)


def test_a_step_goes_on_in_a_notebook_of_its_own_with_its_kernel_rebuilt(
    tab: Tab, model: ScriptedModel
) -> None:
    ran(tab, model)
    before = tab.whole
    step = tab.page.get_by_role("region", name="Step 1: done")
    step.get_by_label("Go on from here in a new notebook").click()
    expect(strip(tab)).to_contain_text("Rebuilt: 2 same.", timeout=SLOW)
    fork = Tab(tab.lab, tab.page, tab.name.replace(".ipynb", "-fork-1.ipynb"))
    assert fork.roles == ["base = 40", "task 0", "action 1", "answer 2"]
    model.will(act("print('still', total)"), say("42."))
    fork.task("and the total?")
    fork.until(lambda: fork.roles.count("action 1") == 2 and fork.roles[-1] == "answer 2", "a run")
    fork.until(lambda: "still 42" in outputs(fork.cell("action 1")), "the output")
    said = json.dumps(model.requests[0]["messages"])
    assert "total = 0" not in said and "total = base + 2" in said
    fork.shut_down()
    tab.open()
    assert tab.whole == before


def test_where_the_next_cell_runs_already_nothing_is_said_to_be_gone(
    tab: Tab, model: ScriptedModel, gate: Gate
) -> None:
    end = Gate(tab.file.with_suffix(".end"))
    model.will(act("total = 42"), say("It is 42."))
    tab.write(gate.code, end.code)
    tab.task("add")
    tab.until_ended()
    tab.save()
    tab.run(0, 1)
    tab.load()
    with tab.page.expect_response(asks("undone")):
        tab.page.evaluate(OPEN_PANEL)
    expect(tab.page.get_by_role("region", name="Step 1: done")).to_be_visible()
    tab.page.wait_for_timeout(1000)  # by then it has seen that a cell runs
    with tab.page.expect_response(asks("names")):  # the first cell is over, the second runs
        gate.open()
    tab.page.wait_for_timeout(500)
    expect(strip(tab)).to_have_count(0)
    with tab.page.expect_response(asks("names")):
        end.open()
    tab.page.wait_for_timeout(500)
    expect(strip(tab)).to_have_count(0)


def asks(route: str) -> Any:
    """What the page asks of this route of ours."""
    return re.compile(f"/codeact/api/{route}")
