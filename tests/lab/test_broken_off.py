"""Runs that are broken off: by the person, and by the end of the kernel."""

from __future__ import annotations

import os
import re
import signal

import pytest
from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act

from .tabs import LOAD, MAGIC, Tab, end_of, outputs

SLEEPS = "import time\nfor _ in range(1200):\n    time.sleep(0.05)"


def test_interrupt_in_the_panel_ends_the_agents_cell_only(tab: Tab, model: ScriptedModel) -> None:
    model.will(act(SLEEPS))
    tab.write("print('mine', 1 + 1)")
    tab.task("sleep")
    tab.until_state("action 1", "running")
    tab.run(0)
    tab.page.get_by_role("button", name="Interrupt the cell").click()
    end = tab.until_ended()
    assert end_of(end) == "interrupted"
    stopped = tab.cell("action 1")
    assert stopped["state"] == "interrupted"
    assert "KeyboardInterrupt" in outputs(stopped)
    tab.until(lambda: "mine 2" in outputs(tab.cells[0]), "the person's cell")


@pytest.mark.parametrize("front_end", ["panel", "magic"])
def test_a_kernel_that_is_killed_ends_the_run_in_a_named_state(
    tab: Tab, model: ScriptedModel, front_end: str
) -> None:
    model.will(act(f"import os\nprint(os.getpid())\n{SLEEPS}"))
    tab.write(LOAD, f"{MAGIC}sleep")
    if front_end == "magic":
        tab.run()
    else:
        tab.task("sleep")
    tab.until_state("action 1", "running")
    found = tab.until(lambda: re.findall(r"\d+", outputs(tab.cell("action 1"))), "the pid")
    os.kill(int(found[0]), signal.SIGKILL)
    tab.page.locator(".jp-Dialog .jp-mod-accept").click()
    end = tab.until_ended()
    assert end_of(end) == "interrupted"
    assert "kernel" in end["source"]
    tab.until_state("action 1", "unknown")
    assert tab.roles[2:] == ["task 0", "action 1", "answer 2"]
    trouble = tab.page.locator(".codeact-Trouble")
    expect(trouble).to_contain_text("Broken off")
    expect(trouble).to_contain_text("kernel")
