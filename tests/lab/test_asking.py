"""What a run asks in the panel: may this run, and what does the code want to know."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.canary import content
from tests.frontends.live import ScriptedModel, act, say

from .tabs import Tab, outputs

PASSWORD = "Tr0ub4dor-and-3"
DELETES = "import os\nfor kept in [{!r}]:\n    open(kept, 'w').close()\n    os.remove(kept)"


@pytest.fixture
def approvals(tab: Tab) -> Iterator[Any]:
    """The choice in the panel of when it asks; as it was when the test is over."""
    choice = tab.page.get_by_label("When to ask before code runs")
    tab.write("1 + 1")
    yield choice
    choice.select_option("never")


def waiting(tab: Tab, step: int) -> Any:
    """The card of a step that waits for the person's word."""
    card = tab.page.get_by_role("group", name=f"Step {step} waits for you")
    expect(card).to_be_visible(timeout=30_000)
    return card


def test_what_the_person_edited_or_rejected_is_what_the_cells_say_and_the_model_is_told(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("ask")
    model.will(act("found = 'as written'"), act("refused = 1"), say())
    tab.task("try")
    card = waiting(tab, 1)
    card.get_by_role("button", name="Edit").click()
    card.locator(".cm-content").press("Control+a")
    tab.page.keyboard.type("found = 'as edited'\nfound")
    card.get_by_role("button", name="Run").click()
    card = waiting(tab, 2)
    assert "found = 'as edited'" in model.told
    card.get_by_role("button", name="Reject…").click()
    tab.page.keyboard.type("not on a Sunday")
    card.get_by_role("button", name="Reject").click()
    tab.until_ended()
    edited, refused = tab.cell("action 1"), tab.cell("action 2")
    assert edited["source"] == "found = 'as edited'\nfound"
    assert "as edited" in outputs(edited)
    assert refused["type"] == "markdown", "what never ran is not run by `Run all` either"
    assert "not on a Sunday" in model.told


def test_a_kind_that_was_allowed_once_for_all_does_not_ask_again(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("risky")
    folder = tab.file.parent.parent
    deleting = [act(DELETES.format(str(folder / f"{name}.txt"))) for name in ("one", "two")]
    model.will(deleting[0], deleting[1], act("import subprocess\nsubprocess.run(['true'])"), say())
    tab.task("delete, and delete again")
    waiting(tab, 1).get_by_role("button", name="Always allow in this notebook").click()
    card = waiting(tab, 3)
    tab.until_state("action 2", "ok")
    expect(card).to_contain_text("subprocess")
    card.get_by_role("button", name="Run").first.click()
    tab.until_ended()
    assert [tab.cell(f"action {step}")["state"] for step in (1, 2, 3)] == ["ok", "ok", "ok"]


def test_a_kind_that_was_allowed_for_a_run_asks_again_in_the_next(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("risky")
    folder = tab.file.parent.parent
    deletes = [act(DELETES.format(str(folder / f"{name}.txt"))) for name in ("a", "b", "c")]
    model.will(*deletes[:2], say(), deletes[2], say())
    tab.task("delete, and delete again")
    waiting(tab, 1).get_by_role("button", name="Allow for this run").click()
    tab.until_ended()
    assert [tab.cell(f"action {step}")["state"] for step in (1, 2)] == ["ok", "ok"]
    tab.task("and once more")
    waiting(tab, 1).get_by_role("button", name="Run", exact=True).click()
    tab.until_ended(2)
    assert tab.cell("action 1")["state"] == "ok"


def test_what_the_code_would_hide_is_shown_before_it_is_allowed(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("ask")
    model.will(act("word = 'user\u202e \u2066# admin'\nlen(word)"), say())
    tab.task("try")
    card = waiting(tab, 1)
    code = card.get_by_role("region", name="Code that asks")
    expect(code).to_have_text("word = 'user\\u202e \\u2066# admin'\nlen(word)")
    card.get_by_role("button", name="Run", exact=True).click()
    tab.until_ended()
    assert "14" in outputs(tab.cell("action 1")), "what ran is what the model wrote"


def test_what_code_asks_for_is_answered_in_the_panel_and_a_password_is_kept_nowhere(
    tab: Tab, model: ScriptedModel, sent: list[str]
) -> None:
    asks = "from getpass import getpass\nname = input('Your name? ')\nword = getpass('Password? ')"
    model.will(act(f"{asks}\nprint(name, len(word))"), say())
    tab.write("1 + 1")
    tab.task("ask me")
    answer(tab, "Your name? ", "Ada", kind="text")
    answer(tab, "Password? ", PASSWORD, kind="password")
    tab.until_ended()
    assert f"Ada {len(PASSWORD)}" in outputs(tab.cell("action 1"))
    expect(tab.page.locator(".codeact-Input")).to_have_count(0)
    assert PASSWORD not in tab.page.content()
    assert PASSWORD not in json.dumps(tab.cells)
    tab.save()
    kept = [path for path in tab.file.parent.parent.rglob("*") if path.is_file()]
    assert tab.file in kept
    assert [path for path in kept if PASSWORD.encode() in content(path)] == []
    assert PASSWORD not in json.dumps(model.requests)


def answer(tab: Tab, prompt: str, line: str, *, kind: str) -> None:
    """Write a line where the code asks for one, and send it."""
    field = tab.page.locator(".codeact-Input").get_by_label(prompt)
    expect(field).to_have_attribute("type", kind, timeout=30_000)
    field.fill(line)
    field.press("Enter")
