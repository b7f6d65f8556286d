"""Jupyter Notebook 7, where a page is one notebook: cells, panel, questions, stops, a reload."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .opening import READY, send
from .tabs import LOAD, MAGIC, Gate, Tab
from .test_broken_off import SLEEPS

PLOT = "print('seven')\nimport matplotlib.pyplot as plt\nplt.plot([1, 7])\nplt.show()"
SLOW = 30_000


@pytest.fixture
def page(tab: Tab, window: Any) -> Iterator[Any]:
    """The notebook in a page of Notebook 7, its extension loaded."""
    tab.write(LOAD, f"{MAGIC}add")
    tab.close()
    page = window.new_page()
    page.on("dialog", lambda dialog: dialog.accept())  # a reload leaves what is not saved
    page.goto(f"{tab.lab.address}/notebooks/{tab.name}")
    page.locator(".jp-CodeCell .jp-InputArea-editor").first.click()
    page.evaluate(READY)  # without a kernel JupyterLab runs nothing, and says nothing
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:", timeout=SLOW)
    yield page
    page.close()
    tab.open()


def test_in_notebook_7_a_magic_and_the_panel_show_plot_and_go_on_with_each_other(
    page: Any, model: ScriptedModel
) -> None:
    model.will(act(PLOT, "I plot."), say("Seven."), say("Again."))
    page.keyboard.press("Control+Enter")
    expect(page.locator(".jp-MarkdownCell", has_text="Seven.")).to_be_visible(timeout=SLOW)
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    expect(prompts).to_have_text(["[1]:", "[2]:", "[3]:"])
    expect(page.locator(".jp-CodeCell").last).to_contain_text("seven")
    expect(page.locator(".jp-CodeCell .jp-OutputArea img")).to_have_count(1)
    page.keyboard.press("Control+Shift+y")
    expect(page.locator(".codeact-Task")).to_have_text("add")
    send(page, "again")
    expect(page.locator(".jp-MarkdownCell", has_text="Again.")).to_be_visible(timeout=SLOW)
    expect(page.locator(".codeact-Task")).to_have_text(["add", "again"])


def test_in_notebook_7_the_panel_asks_at_the_cell_stops_and_survives_a_reload(
    page: Any, model: ScriptedModel, gate: Gate
) -> None:
    page.keyboard.press("Control+Shift+y")
    choice = page.get_by_label("When to ask before code runs")
    choice.select_option("ask")
    model.will(act("print('allowed', 6 + 1)"), say("It ran."))
    send(page, "ask me")
    question = page.locator(".jp-codeact-Question")
    question.get_by_role("button", name="Run", exact=True).click(timeout=SLOW)
    expect(page.locator(".jp-MarkdownCell", has_text="It ran.")).to_be_visible(timeout=SLOW)
    expect(page.locator(".jp-CodeCell").last).to_contain_text("allowed 7")
    choice.select_option("never")
    model.will(act(SLEEPS))
    send(page, "sleep")
    page.get_by_role("button", name="Interrupt the cell").click(timeout=SLOW)
    expect(page.locator(".codeact-Trouble")).to_contain_text("variables are kept", timeout=SLOW)
    model.will(act(f"print('begun')\n{gate.code}print('on')"), say("It went on."))
    send(page, "go on")
    output = page.locator(".jp-CodeCell .jp-OutputArea", has_text="begun")
    expect(output).to_be_visible(timeout=SLOW)
    page.reload()
    expect(output).to_be_visible(timeout=SLOW)
    gate.open()
    expect(page.locator(".jp-MarkdownCell", has_text="It went on.")).to_be_visible(timeout=SLOW)
    expect(output).to_have_count(1)
