"""Runs and the tabs that show them: closed, reloaded, and more than one."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.frontends.live import ScriptedModel, act, say
from tests.frontends.server.front_ends import all_text
from tests.frontends.server.test_conversation import assert_goes_on

from .opening import OPEN_PANEL
from .tabs import LOAD, MAGIC, Gate, Tab, end_of, outputs

HALF_WAY = "bar = display('half way', display_id=True)\nprint('one')\n"
ALL_THE_WAY = "bar.update('all the way')\nprint('two')\n"


@pytest.mark.parametrize("front_end", ["panel", "magic"])
def test_a_reload_and_a_second_tab_show_each_cell_once(
    tab: Tab, model: ScriptedModel, window: Any, gate: Gate, front_end: str
) -> None:
    model.will(act("print('one')"), act(f"print('two')\n{gate.code}print('three')\n'four'"), say())
    tab.write(LOAD, f"{MAGIC}work")
    if front_end == "magic":
        tab.run()
    else:
        tab.task("work")
    tab.until(lambda: "two" in outputs(tab.until_state("action 2", "running")), "the output")
    page = window.new_page()
    page.on("dialog", lambda dialog: dialog.accept())  # a reload leaves what is not saved
    other = Tab(tab.lab, page, tab.name)
    for _ in range(2 if front_end == "panel" else 1):  # as a second tab, and reloaded
        other.load()
        other.until_state("action 2", "running")
    gate.open()
    tab.until_ended()
    other.until_ended()
    assert other.roles == tab.roles
    assert len(set(tab.roles)) == len(tab.roles)
    tab.until(lambda: tab.whole == other.whole, "the same in both tabs")
    printed, result = tab.cell("action 2")["outputs"]
    assert printed["text"].split() == ["two", "three"] and "four" in all_text(result)
    page.close()


@pytest.mark.parametrize("front_end", ["panel", "magic"])
def test_what_a_cell_printed_before_a_reload_and_after_it_is_shown_while_it_runs(
    tab: Tab, model: ScriptedModel, gate: Gate, front_end: str
) -> None:
    end = Gate(tab.file.with_suffix(".end"))
    model.will(act(f"{HALF_WAY}{gate.code}{ALL_THE_WAY}{end.code}'three'"), say())
    tab.write(LOAD, f"{MAGIC}work")
    if front_end == "magic":
        tab.run()
    else:
        tab.task("work")
    tab.until(lambda: "one" in outputs(tab.until_state("action 1", "running")), "the output")
    tab.load()
    tab.until_state("action 1", "running")
    tab.until(lambda: "one" in outputs(tab.cell("action 1")), "the output before the reload")
    assert "half way" in outputs(tab.cell("action 1"))
    gate.open()
    tab.until(lambda: "two" in outputs(tab.cell("action 1")), "the output after the reload")
    assert_all_the_way(tab)
    end.open()
    tab.until_ended()
    _, printed, result = tab.cell("action 1")["outputs"]
    assert printed["text"].split() == ["one", "two"] and "three" in all_text(result)
    tab.page.evaluate(OPEN_PANEL)


def assert_all_the_way(tab: Tab) -> None:
    """See that the display was updated, that each line is there once, and that the cell runs."""
    shown, printed = tab.cell("action 1")["outputs"]
    assert "all the way" in all_text(shown) and printed["text"].split() == ["one", "two"]
    assert tab.cell("action 1")["state"] == "running"


def test_what_a_cell_puts_out_while_a_page_connects_to_the_kernel_is_shown(
    tab: Tab, model: ScriptedModel, window: Any, gate: Gate
) -> None:
    end = Gate(tab.file.with_suffix(".end"))
    model.will(act(f"{HALF_WAY}{gate.code}{ALL_THE_WAY}{end.code}"), say())
    tab.write(LOAD)
    tab.task("work")
    tab.until(lambda: "one" in outputs(tab.until_state("action 1", "running")), "the output")
    tab.close()

    def connect_late(socket: Any) -> None:
        time.sleep(3)  # the server has told what the cell put out before
        gate.open()
        time.sleep(1)
        socket.connect_to_server()

    page = window.new_page()
    page.route_web_socket(re.compile(r"/api/kernels/.*/channels"), connect_late)
    theirs = Tab(tab.lab, page, tab.name)
    theirs.load()
    theirs.until(lambda: "two" in outputs(theirs.cell("action 1")), "the output meanwhile")
    assert_all_the_way(theirs)
    end.open()
    theirs.until_ended()
    theirs.close()
    page.close()
    tab.open()


@pytest.mark.parametrize("front_end", ["panel", "magic"])
def test_a_run_whose_tab_was_closed_is_finished_saved_and_gone_on_with(
    tab: Tab, model: ScriptedModel, gate: Gate, front_end: str
) -> None:
    model.will(act(f"print('one')\n{gate.code}'two'", "I wait."), act("1/0"), say("All done."))
    tab.write(LOAD, f"{MAGIC}work")
    if front_end == "magic":
        tab.run()
    else:
        tab.run(0)
        tab.task("work")
    tab.until(lambda: "one" in outputs(tab.until_state("action 1", "running")), "the output")
    tab.close()
    gate.open()
    tab.until_file(lambda cells: any(end_of(cell) == "answered" for cell in cells))
    saved, before = tab.saved(), model.requests[-1]
    tab.open()
    tab.until_ended()
    steps = ["task 0", "thought 1", "action 1", "action 2", "answer 3"]
    assert tab.roles == [LOAD, "%%codeact", *steps]
    for shown, kept in zip(tab.ours, saved[2:], strict=True):
        assert (shown["id"], shown["source"]) == (kept["id"], kept["source"])
        assert shown["outputs"] == kept.get("outputs", [])
        assert shown["count"] == kept.get("execution_count")
    result = saved[4]["outputs"][-1]
    assert result["execution_count"] == saved[4]["execution_count"]
    model.will(say("More."))
    tab.task("go on")
    tab.until_ended(2)
    assert_goes_on(before, model.requests[0])


def test_the_panel_and_the_magic_go_on_with_each_others_conversation(
    tab: Tab, model: ScriptedModel
) -> None:
    tab.write(LOAD, f"{MAGIC}first", f"{MAGIC}third")
    model.will(act("a = 1\na", "I set a."), act("1/0"), say("One."))
    tab.run(0, 1)
    tab.until_ended()
    first = model.requests[-1]
    model.will(act("print(a)"), say("Two."))
    tab.task("second")
    tab.until_ended(2)
    assert_goes_on(first, model.requests[0])
    second = model.requests[-1]
    model.will(act("a + 1"), say("Three."))
    tab.run(tab.roles.index("%%codeact", 2))
    tab.until_ended(3)
    assert_goes_on(second, model.requests[0])
