"""Who answers with several pages: each that the person opened, and none inside another."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .browsing import SIZE
from .opening import OPEN_PANEL
from .tabs import Tab
from .test_asking import approvals
from .test_asking_at_cells import reload

__all__ = ["approvals"]
# A page's ticket is then what it is after its server was started anew: one that nobody knows.
OF_ANOTHER_SERVER = """if (sessionStorage.getItem('stale')) {
    sessionStorage.removeItem('stale');
    document.addEventListener('readystatechange', () => {
        const config = document.getElementById('jupyter-config-data');
        const { codeactTicket, ...others } = JSON.parse(config.textContent);
        config.textContent = JSON.stringify({ ...others, codeactTicket: `not ${codeactTicket}` });
    }, { once: true });
}"""


def test_a_page_of_notebook_7_a_reloaded_one_and_another_browser_each_answer(
    tab: Tab, model: ScriptedModel, approvals: Any, window: Any, browser: Any
) -> None:
    approvals.select_option("ask")
    other = browser.new_context(viewport=SIZE)
    pages = [window.new_page(), other.new_page()]
    for page in pages:
        page.goto(f"{tab.lab.address}/notebooks/{tab.name}")
        expect(page.locator(".jp-CodeCell").first).to_be_visible(timeout=30_000)
    model.will(*(act(f"x = {number}") for number in range(4)), say("Done."))
    tab.task("try")
    press(tab, pages[0], 1)
    press(tab, pages[1], 2)
    press(tab, tab.page, 3)
    reload(tab)
    press(tab, tab.page, 4)
    tab.until_ended()
    assert [tab.cell(f"action {step}")["state"] for step in (1, 2, 3, 4)] == ["ok"] * 4
    for page in pages:
        page.close()
    other.close()


def test_a_page_inside_another_says_that_it_cannot_answer(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("ask")
    model.will(act("x = 1"), say("Done."))
    tab.task("try")
    address = f"{tab.lab.address}/notebooks/{tab.name}"
    tab.page.evaluate(
        """address => {
            const frame = document.createElement('iframe');
            Object.assign(frame, {src: address, name: 'inside'});
            frame.style = 'position: fixed; inset: 0; width: 100%; height: 100%; z-index: 99999';
            document.body.append(frame);
        }""",
        address,
    )
    question = tab.page.frame_locator("iframe[name=inside]").locator(".jp-codeact-Question")
    question.get_by_role("button", name="Run", exact=True).click(timeout=30_000)
    expect(question.get_by_role("alert")).to_contain_text("This page cannot answer")
    tab.page.evaluate("document.querySelector('iframe[name=inside]').remove()")
    press(tab, tab.page, 1)
    tab.until_ended()


def test_a_page_that_the_server_does_not_know_says_so_and_is_loaded_again_by_a_press(
    tab: Tab, model: ScriptedModel, approvals: Any
) -> None:
    approvals.select_option("ask")
    model.will(act("x = 1"), say("Done."))
    tab.task("try")
    tab.until_state("action 1", "waiting")
    page = tab.page
    page.add_init_script(OF_ANOTHER_SERVER)
    page.evaluate("sessionStorage.setItem('stale', 'yes')")
    reload(tab)
    card = page.get_by_role("group", name="Step 1 waits for you")
    expect(card).to_contain_text("This page cannot answer", timeout=30_000)
    card.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".jp-codeact-Question")).to_contain_text("This page cannot answer")
    assert tab.cell("action 1")["state"] == "waiting"
    with page.expect_navigation():
        card.get_by_role("button", name="Load the page again").click()
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    tab.open()
    page.evaluate(OPEN_PANEL)
    card.get_by_role("button", name="Run", exact=True).click()
    tab.until_ended()
    assert tab.cell("action 1")["state"] == "ok"


def press(tab: Tab, page: Any, step: int) -> None:
    """Press Run below the cell of this step, in this page."""
    question = page.locator(".jp-codeact-Question")
    button = question.get_by_role("button", name="Run", exact=True)
    tab.until_state(f"action {step}", "waiting")
    button.click(timeout=30_000)
    tab.until(lambda: tab.cell(f"action {step}")["state"] != "waiting", f"the word on {step}")
