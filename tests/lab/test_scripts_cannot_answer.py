"""No script in an output answers for the person: more than thirty ways, in real pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .acting import TECHNIQUES
from .opening import send
from .reaching import REACHING
from .tabs import SHUT_DOWN, Tab

CODE = "answered = 'by the person'"
HASH = hashlib.sha256(CODE.encode()).hexdigest()
# Runs for as long as the page is open, in the page's own origin: that is what Jupyter grants it.
SCRIPT = """<script>
window.ofOutput = 1;
setInterval(() => document.querySelectorAll('.codeact-Approval button, .jp-codeact-Question button')
    .forEach(each => { window.ofOutput += 1; each.click(); }), 50);
</script>"""
SHOWS = f"from IPython.display import HTML, display\ndisplay(HTML({SCRIPT!r}))"
TRYING = """async () => {
    const ask = ASK;
    const tried = (async () => { SCRIPT })().then(() => '', error => String(error));
    return await Promise.race([tried, new Promise(done => setTimeout(done, 25000, 'slow'))]);
}"""
FACTS = """() => {
    const data = JSON.parse(document.getElementById('jupyter-config-data').textContent);
    const base = new URL(data.baseUrl, location.origin).href;
    const cell = document.querySelector('.jp-Cell[data-codeact-state=waiting]');
    const { widgets } = jupyterapp.shell.currentWidget.content;
    const { model } = widgets.find(each => each.node === cell);
    const run = model.id.split('-')[0];
    return {base, ws: base.replace('http', 'ws'), token: data.token ?? '', run, step: 2};
}"""
CLOSES = "() => ['codeact-window', 'codeact-other'].forEach(name => open('', name)?.close())"
WHEN = "When to ask before code runs"


@pytest.fixture(params=["lab/tree", "notebooks"])
def page(tab: Tab, window: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """The notebook with its panel, in a page of JupyterLab's and in one of Notebook 7's."""
    tab.write("1 + 1")
    tab.close()
    page = window.new_page()
    page.goto(f"{tab.lab.address}/{request.param}/{tab.name}")
    expect(page.locator(".jp-CodeCell").first).to_be_visible(timeout=30_000)
    page.locator(".jp-CodeCell .jp-InputArea-editor").first.click()
    page.keyboard.press("Control+Shift+y")
    page.get_by_label(WHEN).select_option("ask", timeout=30_000)
    yield page
    page.get_by_label(WHEN).select_option("never")
    page.evaluate(SHUT_DOWN, tab.name)  # not in the tests' own page: the script would go on there
    page.close()


@pytest.mark.timeout(600)  # some of the ways wait for seconds by themselves
def test_no_technique_of_a_script_answers_and_a_press_of_the_person_does(
    page: Any, model: ScriptedModel, tab: Tab, window: Any
) -> None:
    model.will(act(SHOWS), act(CODE), say("They answered."))
    send(page, "show it, then ask")
    first = page.get_by_role("group", name="Step 1 waits for you")
    first.get_by_role("button", name="Run", exact=True).click(timeout=30_000)
    card = page.get_by_role("group", name="Step 2 waits for you")
    expect(card).to_be_visible(timeout=30_000)
    page.wait_for_function("window.ofOutput > 10")  # the script in the output presses and presses
    cell = page.locator(".jp-Cell[data-codeact-state=waiting]")
    facts = {**page.evaluate(FACTS), "path": tab.name, "code": CODE, "hash": HASH}
    others = list(window.pages)
    for name, script in {**TECHNIQUES, **REACHING}.items():
        why = page.evaluate(TRYING.replace("ASK", json.dumps(facts)).replace("SCRIPT", script))
        page.wait_for_timeout(150)
        assert not why, f"{name} was not tried to its end: {why}"
        assert card.is_visible() and cell.count() == 1, name
        assert not page.evaluate("window.ticketsFound"), name
        if page.locator(".jp-Dialog").count():  # JupyterLab itself asks before a link's command
            page.keyboard.press("Escape")
        if opened := [each for each in window.pages if each not in others]:
            others += opened
            page.evaluate(CLOSES)  # Playwright may wait for ever for one that still loads
    assert page.evaluate("window.servicesReached && window.modulesReached"), "they were tried"
    page.evaluate("() => { for (let n = 1; n < 99999; n++) clearInterval(n); }")
    question = page.locator(".jp-codeact-Question")  # the card is in a mode that a script chose
    question.get_by_role("button", name="Run", exact=True).click()
    answer = page.locator(".jp-MarkdownCell", has_text="They answered.")
    expect(answer).to_be_visible(timeout=30_000)
