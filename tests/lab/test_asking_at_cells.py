"""What a run asks at its cell: to run it is a word, and a reload loses no question."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .opening import OPEN_PANEL
from .tabs import LOAD, Tab, outputs
from .test_asking import approvals, waiting

__all__ = ["approvals"]
CODE = "runs = globals().get('runs', 0) + 1\nprint('runs', runs)"


def test_to_run_a_waiting_cell_alone_is_the_word_and_it_runs_once_as_the_agents(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("ask")
    model.will(act(CODE), act("'second'"), say("Done."))
    tab.task("try")
    waiting(tab, 1)
    tab.select(tab.index("action 1"))
    tab.page.keyboard.press("Shift+Enter")
    waiting(tab, 2)
    tab.edit("action 2", "'as edited'")
    tab.select(tab.index("action 2"))
    tab.page.keyboard.press("Control+Enter")
    tab.until_ended()
    assert [tab.cell(f"action {step}")["state"] for step in (1, 2)] == ["ok", "ok"]
    assert "runs 1\n" in outputs(tab.cell("action 1"))
    assert "as edited" in outputs(tab.cell("action 2")) and "as edited" in model.told


def test_a_waiting_cell_is_not_run_along_with_all_others(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("ask")
    model.will(act(CODE), say("Done."))
    tab.task("try")
    card = waiting(tab, 1)
    tab.run()
    tab.until(lambda: tab.cell("1 + 1")["count"], "the person's cell")
    question = tab.page.locator(".jp-codeact-Question")
    expect(question).to_contain_text("Not run with the others")
    assert tab.cell("action 1")["count"] is None
    card.get_by_role("button", name="Run").first.click()
    tab.until_ended()
    assert "runs 1\n" in outputs(tab.cell("action 1"))


def test_the_buttons_at_a_waiting_cell_come_into_view_where_the_person_follows_the_run(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("ask")
    code = "\n".join(f"a{line} = {line}" for line in range(36))
    model.will(replace(act(code), delay=0.02), say("Done."))  # the cell grows while it is typed
    tab.task("try")
    card = waiting(tab, 1)
    reject = tab.page.locator(".jp-codeact-Question").get_by_role("button", name="Reject")
    expect(reject).to_be_in_viewport(ratio=1)
    card.get_by_role("button", name="Run", exact=True).click()
    tab.until_ended()


def test_what_a_magic_asks_is_answered_at_its_cell_after_a_reload(
    tab: Tab, model: ScriptedModel
) -> None:
    model.will(act("name = input('Your name? ')\nprint('Hello', name)"), act("1 / 0"), say("Done."))
    tab.write(LOAD, "%%codeact --approve ask\nask me")
    tab.run()
    box = tab.page.locator(".jp-Stdin-input")
    expect(box).to_be_visible(timeout=30_000)
    expect(tab.page.locator(".jp-codeact-Question")).to_have_count(0)
    reload(tab)
    answer(tab, "action 1", "Run it?", "y")
    answer(tab, "action 1", "Your name?", "Ada")
    tab.until_state("action 1", "ok")
    assert "Hello Ada\n" in outputs(tab.cell("action 1"))
    reload(tab)
    answer(tab, "action 2", "Run it?", "not that")
    tab.until_ended()
    assert "not that" in model.told and tab.cell("action 2")["type"] == "markdown"


def reload(tab: Tab) -> None:
    """Load the page anew, in the middle of everything."""
    tab.load()
    tab.page.evaluate(OPEN_PANEL)


def answer(tab: Tab, name: str, prompt: str, line: str) -> None:
    """Write a line below the cell that asks for one, and send it."""
    field = tab.page.locator(".jp-Cell .jp-codeact-Question").get_by_label(re.compile(f"^{prompt}"))
    expect(field).to_be_visible(timeout=30_000)
    assert tab.cell(name)
    field.fill(line)
    field.press("Enter")
