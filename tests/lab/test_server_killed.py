"""A server that is killed in the middle of a step: the page that stayed open says what is known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.frontends.live import ScriptedModel, act, with_model

from .browsing import running_lab
from .conftest import require_browser
from .opening import open_notebook
from .tabs import Tab, outputs

NEW_KERNEL = """async () => {
    const { sessionContext } = jupyterapp.shell.currentWidget;
    const start = () => sessionContext.changeKernel({ name: 'python3' });
    while (!(await start().catch(() => null))) { // JupyterLab learns late that its session is gone
        await new Promise(done => setTimeout(done, 500));
    }
}"""


def test_the_page_shows_a_run_whose_server_was_killed(
    served_model: ScriptedModel, tmp_path: Path, page: Any
) -> None:
    require_browser()
    served_model.will(
        act("x = 1\nx", "I begin."),
        act("print('begun', flush=True)\nimport time\ntime.sleep(60)"),
    )
    environ = {**with_model(served_model), "CODEACT_APPROVE": "never"}
    with running_lab(tmp_path, model="", environ=environ) as lab:
        open_notebook(lab, page, "work.ipynb", "rate = 0.19")
        tab = Tab(lab, page, "work.ipynb")
        tab.task("count")
        tab.until_state("action 2", "running")
        tab.until(lambda: "begun" in outputs(tab.cell("action 2")), "the second action")
        lab.process.kill()
        lab.process.wait()
    port = int(lab.address.rpartition(":")[2])
    with running_lab(tmp_path, model="", environ=environ, port=port):
        trouble = page.locator('.codeact-Trouble[data-state="interrupted"]')
        expect(trouble).to_contain_text("Broken off", timeout=60_000)
        expect(trouble).to_contain_text("How far its last cell came is not known")
        tab.until_state("action 2", "unknown")
        shown = outputs(tab.cell("action 2"))
        assert re.search(r"begun.*Outcome unknown", shown, re.S), shown
        assert tab.roles[1:] == ["task 0", "thought 1", "action 1", "action 2", "answer 3"]
        page.evaluate(NEW_KERNEL)
        expect(page.locator(".codeact-Rebuild")).to_contain_text("The kernel is a new one")
        expect(page.locator(".codeact-Trouble.codeact-mod-foot")).to_have_count(0)
