"""The cells of runs in JupyterLab: a real server, kernels, browser, and a model on loopback."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, say
from tests.frontends.server.front_ends import all_text
from tests.loopback import Fault, ScriptedTurn, Text, ToolUse

from .tabs import LOAD, MAGIC, Gate, Tab, outputs

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);"
OUTPUT_WIDGET = """\
from ipywidgets import Output
out = Output()
display(out)
with out:
    print("inside")"""

CHANGING = """\
import pandas as pd
from IPython.display import clear_output
print("gone")
clear_output()
half = display("half", display_id=True)
half.update("all")
pd.DataFrame({"quarter": [1]})"""


def test_a_magics_cells_come_below_it_with_all_that_cells_show(
    tab: Tab, model: ScriptedModel
) -> None:
    model.will(
        act("print('hello')\n6 * 7", "I *begin*:\n\n- one\n- two\n- three"),
        act("1/0"),
        act(PLOT),
        say("**Done**: 42."),
    )
    tab.write(LOAD, f"{MAGIC}show me", "'after'")
    tab.run()
    tab.until_ended()
    steps = ["task 0", "thought 1", "action 1", "action 2", "action 3", "answer 4"]
    assert tab.roles == [LOAD, "%%codeact", *steps, "'after'"]
    tab.until(lambda: tab.cell("'after'")["count"], "the cell after")
    code = [cell for cell in tab.cells if cell["type"] == "code"]
    assert [cell["count"] for cell in code] == [1, 2, 3, 4, 5, 6]
    first, failed, plot = (tab.cell(f"action {step}") for step in (1, 2, 3))
    kinds = [output["output_type"] for output in first["outputs"]]
    assert kinds == ["stream", "execute_result"]
    assert "hello" in outputs(first) and "42" in outputs(first)
    assert failed["outputs"][0]["ename"] == "ZeroDivisionError"
    assert "image/png" in plot["outputs"][-1]["data"]
    assert [cell["state"] for cell in (first, failed, plot)] == ["ok", "error", "ok"]
    assert [cell["folded"] for cell in (first, failed, plot)] == [False, True, False]
    words = [cell for cell in tab.cells if cell["type"] == "markdown"]
    assert all(cell["rendered"] for cell in words)
    expect(tab.page.locator(".jp-MarkdownCell strong", has_text="Done")).to_be_visible()
    folded_thoughts_show_a_line(tab)
    mark = tab.page.get_by_role("button", name="step 2: ended with an error. Show in the panel")
    step = tab.page.get_by_role("region", name="Step 2: error")
    tab.page.evaluate("jupyterapp.shell.collapseRight()")
    expect(step).not_to_be_visible()
    mark.click()
    expect(step).to_be_in_viewport()
    tab.save()
    assert [cell["id"] for cell in tab.saved()] == [cell["id"] for cell in tab.cells]
    assert "codeact_client" not in all_text([list(cell["metadata"]) for cell in tab.saved()])


def folded_thoughts_show_a_line(tab: Tab) -> None:
    tab.select(0)
    thought = tab.page.locator(".jp-MarkdownCell .jp-MarkdownOutput", has_text="I begin")
    whole = thought.bounding_box()["height"]
    tab.page.evaluate("jupyterapp.commands.execute('codeact:fold-thoughts')")
    tab.until(lambda: thought.bounding_box()["height"] < whole, "a line of it")
    tab.page.evaluate("jupyterapp.commands.execute('codeact:fold-thoughts')")
    tab.until(lambda: thought.bounding_box()["height"] == whole, "all of it")


def test_the_panels_cells_come_at_the_end_beside_the_persons(
    tab: Tab, model: ScriptedModel
) -> None:
    model.will(act("x = 2\nx", "I set it."), act("1/0"), act("x + 1"), say("Three."))
    tab.write("1 + 1")
    tab.run()
    tab.task("Set x")
    tab.until_ended()
    steps = ["task 0", "thought 1", "action 1", "action 2", "action 3", "answer 4"]
    assert tab.roles == ["1 + 1", *steps]
    code = [cell for cell in tab.cells if cell["type"] == "code"]
    assert [cell["count"] for cell in code] == [1, 2, 3, 4]
    assert outputs(tab.cell("action 3")).split("\n").count("3") == 1
    assert tab.cell("action 2")["folded"]
    assert all(cell["rendered"] for cell in tab.cells if cell["type"] == "markdown")


def test_code_is_seen_being_typed_and_marked_as_not_run(tab: Tab, model: ScriptedModel) -> None:
    code = "\n".join(f"value_{number} = {number}" for number in range(9))
    typing = [Text("I set values."), ToolUse("python", {"code": code})]
    model.will(ScriptedTurn(typing, fault=Fault(kind="stall", after=14, seconds=4)), say())
    tab.write("1 + 1")
    tab.task("Set values")
    typed = tab.until(lambda: half_typed(tab, code), "half of the code")
    assert typed["note"] == "being written, not run yet"
    assert typed["count"] is None and typed["outputs"] == []
    thought = tab.page.locator(".jp-MarkdownCell", has_text="I set values.")
    expect(thought).to_be_visible()
    tab.until_ended()
    done = tab.cell("action 1")
    assert (done["source"], done["note"], done["state"]) == (code, "", "ok")


def half_typed(tab: Tab, code: str) -> Any:
    """The cell into which a part of the code has been typed."""
    cells = (cell for cell in tab.cells if cell["state"] == "typing")
    return next((c for c in cells if c["source"] and code.startswith(c["source"])), None)


def test_the_persons_edit_wins_what_they_deleted_stays_away_and_the_model_is_told(
    tab: Tab, model: ScriptedModel, gate: Gate, sent: list[str]
) -> None:
    model.will(act("a = 1", "I begin."), act(f"{gate.code}b = 2"), act("c = 3"), say())
    tab.write("1 + 1")
    tab.task("work")
    tab.until_state("action 2", "running")
    tab.edit("action 1", "# mine")
    tab.edit("action 2", "# mine too")
    tab.delete("thought 1")
    edits = ("b = 2\\n# mine too", "a = 1\\n# mine")
    tab.until(lambda: all(any(edit in said for said in sent) for edit in edits), "telling of it")
    gate.open()
    tab.until_ended()
    assert tab.roles == ["1 + 1", "task 0", "action 1", "action 2", "action 3", "answer 4"]
    assert tab.cell("action 1")["source"] == "a = 1\n# mine"
    assert tab.cell("action 2")["source"].endswith("b = 2\n# mine too")
    model.will(say("I see."))
    tab.task("go on")
    tab.until_ended(2)
    assert "# mine" in model.told and "# mine too" in model.told
    assert "deleted" in model.told
    assert "thought 1" not in tab.roles


def test_undo_takes_back_one_inserted_cell(tab: Tab, model: ScriptedModel) -> None:
    model.will(act("a = 1"), act("b = 2"), say())
    tab.write("1 + 1")
    tab.task("work")
    tab.until_ended()
    whole = tab.roles
    tab.select(0)
    tab.page.keyboard.press("z")
    tab.until(lambda: len(tab.roles) != len(whole), "an undo")
    assert tab.roles == whole[:-1]
    tab.page.keyboard.press("Shift+z")
    tab.until(lambda: len(tab.roles) != len(whole) - 1, "a redo")
    assert tab.roles == whole


def test_widgets_and_what_is_cleared_or_changed_later_live_in_inserted_cells(
    tab: Tab, model: ScriptedModel
) -> None:
    model.will(
        act("from tqdm.notebook import tqdm\nfor _ in tqdm(range(5)): pass"),
        act("from ipywidgets import IntProgress\nbar = IntProgress(value=1, max=4)\nbar"),
        act("bar.value = 3"),
        act(OUTPUT_WIDGET),
        act(CHANGING),
        say(),
    )
    tab.write(LOAD, f"{MAGIC}show widgets")
    tab.run()
    tab.until_ended()
    shown = tab.page.locator(".jp-CodeCell .jp-OutputArea")
    expect(shown.get_by_text("5/5")).to_be_visible()
    bars = shown.locator(".progress-bar")
    expect(bars).to_have_count(2)
    expect(bars.last).to_have_attribute("style", re.compile("width: 75%"))
    expect(shown.locator(".widget-output", has_text="inside")).to_be_visible()
    assert "stream" not in [each["output_type"] for each in tab.cell("action 4")["outputs"]]
    expect(shown.locator("table.dataframe")).to_contain_text("quarter")
    assert [each["data"]["text/plain"] for each in tab.cell("action 5")["outputs"]][:1] == ["'all'"]
    assert "gone" not in outputs(tab.cell("action 5"))
