"""The conversations of a notebook and the tasks that wait, over reloads of the page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .opening import OPEN_PANEL
from .tabs import Gate, Tab


def test_tasks_that_wait_are_shown_again_after_a_reload(
    tab: Tab, model: ScriptedModel, gate: Gate
) -> None:
    model.will(act(gate.code), say("First."), say("Second."))
    tab.write("1 + 1")
    tab.task("go")
    tab.until_state("action 1", "running")
    tab.task("and then")
    waits = tab.page.get_by_label("Tasks that wait")
    expect(waits).to_have_text("Next: and then")
    reload(tab)
    expect(waits).to_have_text("Next: and then")
    gate.open()
    tab.until_ended(2)
    expect(waits).to_have_count(0)


def test_a_conversation_keeps_its_name_and_once_deleted_stays_away(
    tab: Tab, model: ScriptedModel
) -> None:
    model.will(say("First."), say("Second."))
    tab.write("1 + 1")
    tab.task("begin")
    tab.until_ended()
    row = the_only_row(tab)
    row.get_by_label("Rename").click()
    name = tab.page.get_by_label("Name of the conversation")
    name.fill("Sales of May")
    name.press("Enter")
    tab.save()
    reload(tab)
    row = the_only_row(tab)
    expect(row).to_contain_text("Sales of May")
    row.get_by_label("Delete with its cells").click()
    tab.page.locator(".jp-Dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    tab.select(0)
    tab.page.keyboard.press("z")
    expect(row).to_contain_text("Sales of May")
    row.get_by_label("Delete with its cells").click()
    tab.page.locator(".jp-Dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    tab.save()
    reload(tab)
    assert tab.roles == ["1 + 1"]
    tab.page.get_by_role("button", name="Conversations of this notebook").click()
    expect(tab.page.locator(".codeact-Conversations li")).to_have_count(0)


def reload(tab: Tab) -> None:
    """Load the page anew, with the panel open."""
    tab.load()
    tab.page.evaluate(OPEN_PANEL)


def the_only_row(tab: Tab) -> Any:
    """The row of the list of conversations."""
    tab.page.get_by_role("button", name="Conversations of this notebook").click()
    row = tab.page.locator(".codeact-Conversations li")
    expect(row).to_have_count(1)
    return row
