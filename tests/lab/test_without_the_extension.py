"""JupyterLab without our labextension, as Colab and VS Code are: a run shows below its own cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .tabs import LOAD, MAGIC, Tab

SLOW = 30_000
SLIDER = "import ipywidgets\nslider = ipywidgets.IntSlider(40, description='Share')\nslider"
PLOT = "import matplotlib.pyplot as plt\nprint('drawn', 'once')\nplt.plot([1, 7])\nplt.show()"
SEEN = ("I plot it.", "plt.plot([1, 7])", "drawn once", "ZeroDivisionError", "Seven times as much.")


@pytest.fixture
def page(tab: Tab, window: Any) -> Iterator[Any]:
    """A page that cannot load the labextension."""
    page = window.new_page()
    page.route("**/codeact-jupyter-labextension/**", lambda route: route.abort())
    yield page
    page.unroute_all(behavior="ignoreErrors")
    page.close()
    tab.open()


def test_a_run_is_shown_once_below_its_cell_and_is_there_again_after_a_reload(
    tab: Tab, page: Any, model: ScriptedModel
) -> None:
    tab.write(LOAD, f"{MAGIC}compare", "slider.value")
    tab.close()
    theirs = Tab(tab.lab, page, tab.name)
    theirs.load()
    model.will(act("1/0"), act(PLOT, "I plot it."), act(SLIDER), say("Seven times as much."))
    theirs.run(0, 1)
    shown = page.locator(".jp-CodeCell").nth(1).locator(".jp-OutputArea").first
    expect(shown).to_contain_text("answered", timeout=SLOW)
    expect(shown.locator(".highlight, .cm-content, code").first).to_be_visible()
    expect(shown.get_by_role("img")).to_have_count(1)
    assert [shown.inner_text().count(words) for words in SEEN] == [1, 1, 1, 2, 1]
    assert len(theirs.cells) == 3, "no cell comes"

    handle = shown.get_by_role("slider")
    handle.focus()
    page.keyboard.press("ArrowRight")
    theirs.run(2)
    expect(page.locator(".jp-CodeCell").nth(2).locator(".jp-OutputArea-output")).to_have_text("41")

    before = shown.inner_text()
    theirs.save()
    theirs.load()
    expect(shown).to_contain_text("answered", timeout=SLOW)
    expect(shown.get_by_role("img")).to_have_count(1)
    assert [shown.inner_text().count(words) for words in SEEN] == [1, 1, 1, 2, 1], before
