"""Tasks that are sent while a cell of the person's runs the agent."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say, words

from .tabs import LOAD, MAGIC, Gate, Tab


def test_a_task_that_is_sent_while_a_cell_of_the_persons_runs_the_agent_waits_for_its_end(
    tab: Tab, model: ScriptedModel, gate: Gate
) -> None:
    tab.write(LOAD, f"{MAGIC}go")
    model.will(act(f"{gate.code}kept = 41"), say("The cell's."), say("The panel's."))
    tab.run()
    tab.until_state("action 1", "running")
    tab.task("and then")
    expect(tab.page.get_by_text("Next: and then")).to_be_visible()
    gate.open()
    tab.until_ended(2)
    expect(tab.page.get_by_text("Next: and then")).to_have_count(0)
    expect(tab.page.locator(".codeact-Trouble")).to_have_count(0)
    told = [words(message) for message in model.requests[-1]["messages"]]
    assert any("The cell's." in each for each in told), "it goes on from what the cell's run said"


def test_behind_a_cell_that_is_interrupted_nothing_goes_on_and_the_person_has_their_words_back(
    tab: Tab, model: ScriptedModel, gate: Gate
) -> None:
    tab.write(LOAD, f"{MAGIC}go")
    model.will(act(gate.code), say("never"))
    tab.run()
    tab.until_state("action 1", "running")
    tab.task("and then")
    expect(tab.page.get_by_text("Next: and then")).to_be_visible()
    tab.page.get_by_role("button", name="Interrupt the run").click()
    tab.until_ended()
    expect(tab.page.get_by_text("Next: and then")).to_have_count(0)
    field = tab.page.get_by_role("combobox", name="Task for the agent")
    expect(field).to_have_value("and then")
