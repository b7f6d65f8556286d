"""The whole way of somebody who has never seen this: with their own data, from a task to a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say

from .opening import OPEN_PANEL
from .tabs import LOAD, MAGIC, Gate, Tab, end_of, outputs
from .test_broken_off import SLEEPS

DATA = "region,month,amount\nNorth,1,120.5\nNorth,2,131.5\nSouth,1,80\nSouth,2,75\n"
LOADS = "import pandas as pd\norders = pd.read_csv('orders.csv')\norders.head()"
TOTALS = "totals = orders.groupby('region')['amount'].sum()\ntotals"
PLOTS = "import matplotlib.pyplot as plt\ntotals.plot.bar()\nplt.show()"
ENDS = ["answered", "answered", "interrupted", "answered"]


def test_from_their_own_data_to_an_exported_analysis(
    tab: Tab, model: ScriptedModel, window: Any, gate: Gate
) -> None:
    (tab.lab.notebooks / "orders.csv").write_text(DATA)
    tab.write(LOADS, LOAD, f"{MAGIC}How much more, in percent?")
    tab.close()
    theirs = Tab(tab.lab, window.new_page(), tab.name)
    told: list[str] = []
    theirs.page.on(
        "websocket", lambda socket: socket.on("framesent", lambda m: told.append(str(m)))
    )
    theirs.load()
    theirs.page.evaluate(OPEN_PANEL)
    theirs.run(0, 1)
    theirs.until(lambda: theirs.cells[1]["count"], "their data")
    ask_in_the_panel_and_in_a_cell(theirs, model)
    stop_one_and_edit_one(theirs, model)
    theirs.until(lambda: [m for m in told if '"edited"' in m and "# mine" in m], "word of the edit")
    model.will(act(f"print('more')\n{gate.code}'done'"), say("All of it is done."))
    theirs.task("Go on while I am away")
    theirs.until(lambda: "more" in outputs(theirs.cell("action 1")), "the output")
    theirs.page.close()  # and nothing was saved by hand
    gate.open()
    tab.until_file(lambda cells: sum(end_of(cell) == "answered" for cell in cells) == 3)
    tab.open()
    tab.until_ended(4)
    assert [end_of(cell) for cell in tab.cells if end_of(cell)] == ENDS
    edited = next(cell for cell in tab.cells if cell["source"].startswith(TOTALS))
    assert edited["source"] == f"{TOTALS}\n# mine", "their text is there"
    assert any("image/png" in each.get("data", {}) for c in tab.cells for each in c["outputs"])
    exported(tab)


def sent_by(page: Any) -> list[str]:
    """What a page sends through its sockets."""
    sent: list[str] = []

    def listen(socket: Any) -> None:
        socket.on("framesent", lambda payload: sent.append(str(payload)))

    page.on("websocket", listen)
    return sent


def ask_in_the_panel_and_in_a_cell(theirs: Tab, model: ScriptedModel) -> None:
    wrong = act("orders.groupby('area')['amount'].sum()", "I add up by area.")
    answer = say("**North** sold 252.0 in all.")
    model.will(wrong, act(TOTALS, "It is called region."), act(PLOTS), answer)
    theirs.task("Which region sold most? Plot it.")
    theirs.until_ended()
    assert theirs.cell("action 1")["folded"], "what a later step corrected"
    theirs.page.locator(".codeact-Figure", has_text="252.0").click()
    expect(theirs.page.locator(".jp-CodeCell.jp-mod-active")).to_contain_text("region")
    model.will(act("(totals['North'] / totals['South'] - 1) * 100"), say("By 62.6 percent."))
    theirs.run(2)
    theirs.until_ended(2)
    said = str(model.requests[0]["messages"])
    assert "Which region" in said and "DataFrame" in said, "one conversation, about their data"


def stop_one_and_edit_one(theirs: Tab, model: ScriptedModel) -> None:
    model.will(act(SLEEPS))
    theirs.task("Simulate")
    theirs.page.get_by_role("button", name="Interrupt the cell").click()
    theirs.until_ended(3)
    expect(theirs.page.locator(".codeact-Trouble")).to_contain_text("variables are kept")
    theirs.edit("action 2", "# mine")


def exported(tab: Tab) -> None:
    strip = tab.page.locator(".codeact-Rebuild")
    expect(tab.page.locator(".codeact-Facts").last).to_be_visible()
    expect(strip).to_have_count(0)  # the kernel is the one that they left
    tab.page.get_by_role("button", name="Export the conversation").click()
    with tab.page.expect_download() as downloading:
        tab.page.get_by_role("menuitem", name="Web Page").click()
    page = Path(downloading.value.path()).read_text("utf-8")
    assert "All of it is done." in page and "image/png" in page
