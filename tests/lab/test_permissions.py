"""What the agent may do for longer than a run: seen in a dialog of the panel, taken back there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .tabs import LOAD, MAGIC, Tab
from .test_asking import DELETES, waiting

ALLOWED, LOCKED, LENT = "Runs without a question", "Locked", "Kernels that ask"


@pytest.fixture
def asking(tab: Tab) -> Iterator[Tab]:
    """A notebook that locks a variable and asks from its own kernel; its panel asks when risky."""
    tab.write(LOAD, "%codeact protect rate", f"{MAGIC}go")
    choice = tab.page.get_by_label("When to ask before code runs")
    choice.select_option("risky")
    yield tab
    choice.select_option("never")


def test_what_was_allowed_locked_and_lent_is_listed_and_taken_back(
    asking: Tab, model: ScriptedModel
) -> None:
    tab, page = asking, asking.page
    deletes = act(DELETES.format(str(tab.file.with_suffix(".txt"))))
    model.will(say("From the kernel."), deletes, say(), deletes, say())
    tab.run()
    tab.until_ended()
    tab.task("delete")
    waiting(tab, 1).get_by_role("button", name="Always allow in this notebook").click()
    tab.until_ended(2)

    page.get_by_role("button", name="What the agent may do").click()
    dialog = page.locator(".jp-Dialog")
    take_back(tab, dialog, ALLOWED, "Ask again: deletes files")
    take_back(tab, dialog, LOCKED, "Unlock: rate")
    loan = row(dialog, LENT, tab.name)
    expect(loan).to_contain_text("tokens")
    loan.get_by_role("button", name="Take back").click()
    expect(loan).to_contain_text("taken back")
    expect(dialog.get_by_role("alert")).to_be_empty()
    dialog.get_by_role("button", name="Close").click()

    tab.run(tab.index("%%codeact"))
    refused = "lends its model to this kernel no more"
    tab.until(lambda: refused in str(tab.cell("%%codeact")["outputs"]), "what the magic says")
    tab.task("delete again")
    waiting(tab, 1).get_by_role("button", name="Run", exact=True).click()
    tab.until_ended(3)


def take_back(tab: Tab, dialog: Any, part: str, words: str) -> None:
    """Press the button at what is listed in a part for this notebook, and see it go."""
    of_this = re.compile(rf"^{words}, .*[\\/]{re.escape(tab.name)}$")
    listed = dialog.locator(f'ul[aria-label^="{part}"]').get_by_role("button", name=of_this)
    listed.click()
    expect(listed).to_have_count(0)


def row(dialog: Any, part: str, words: str) -> Any:
    """What is listed in a part of the dialog, by words in it."""
    return dialog.locator(f'ul[aria-label^="{part}"] > li').filter(has_text=words)
