"""Jupyter Notebook 7, where a page is one notebook."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .opening import send
from .tabs import LOAD, MAGIC, Tab


def test_in_notebook_7_the_cells_and_the_panel_are_the_same(
    tab: Tab, model: ScriptedModel, window: Any
) -> None:
    model.will(act("print('seven')\n6 + 1", "I add."), say("Seven."), say("Again."))
    tab.write(LOAD, f"{MAGIC}add")
    tab.close()
    page = window.new_page()
    page.goto(f"{tab.lab.address}/notebooks/{tab.name}")
    page.locator(".jp-CodeCell .jp-InputArea-editor").first.click()
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".jp-MarkdownCell", has_text="Seven.")).to_be_visible(timeout=30_000)
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
    expect(prompts).to_have_text(["[1]:", "[2]:", "[3]:"])
    expect(page.locator(".jp-CodeCell").last).to_contain_text("seven")
    page.keyboard.press("Control+Shift+y")
    send(page, "again")
    expect(page.locator(".jp-MarkdownCell", has_text="Again.")).to_be_visible(timeout=30_000)
    page.close()
    tab.open()
