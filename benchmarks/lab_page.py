"""JupyterLab in a real browser, with a scripted model and a page that notes when prints are seen.

What the kernel prints is the time at which it did; the page's clock is that of the same machine.
Each action prints twice: at once, while its cell is made in the page, and when that has long been.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.frontends.live import ScriptedModel, with_model
from tests.lab.browsing import SIZE, Lab, a_browser, is_shown_here, running_lab
from tests.lab.opening import OPEN_PANEL

PRINTS = """\
import time
for pause in (0.3, 0):
    print(f'printed={time.time()};', flush=True)
    time.sleep(pause)"""
SECONDS = 30.0
NOTES = r"""
globalThis.seenPrints = [];
const known = new Set();
const look = node => {
    const element = node instanceof Element ? node : node.parentElement;
    if (!element?.closest('.jp-OutputArea') && !element?.querySelector('.jp-OutputArea')) return;
    for (const [, printed] of element.textContent.matchAll(/printed=(\d+\.\d+);/g)) {
        if (known.has(printed)) continue;
        known.add(printed);
        seenPrints.push(performance.timeOrigin + performance.now() - 1000 * printed);
    }
};
const observer = new MutationObserver(records => records.forEach(({ target, addedNodes }) => {
    addedNodes.forEach(look);
    if (target instanceof Text) look(target);
}));
observer.observe(document, { childList: true, characterData: true, subtree: true });
"""


@dataclass(frozen=True)
class WatchedPage:
    """A page of JupyterLab with the panel open, and the model that its agent asks."""

    lab: Lab
    model: ScriptedModel
    page: Any

    def next_prints(self) -> tuple[float, float]:
        """Wait for both prints of an action; how many milliseconds each took to the page."""
        both = "seenPrints.length >= 2"
        self.page.wait_for_function(both, polling=20, timeout=SECONDS * 1000)
        first, second = self.page.evaluate("seenPrints.splice(0, 2)")
        return first, second


@contextmanager
def watched_page() -> Iterator[WatchedPage]:
    """A JupyterLab of its own, whose agent asks for no approval and knows no limit of steps."""
    environ = {"CODEACT_APPROVE": "never", "CODEACT_MAX_STEPS": "none"}
    with tempfile.TemporaryDirectory() as folder, ScriptedModel() as model:
        environ |= with_model(model)
        with running_lab(Path(folder), model="", environ=environ) as lab, a_browser() as browser:
            page = browser.new_context(viewport=SIZE).new_page()
            page.add_init_script(NOTES)
            page.goto(f"{lab.address}/lab?reset")
            page.wait_for_function("globalThis.jupyterapp")
            page.evaluate(OPEN_PANEL)
            yield WatchedPage(lab, model, page)


def can_show_lab() -> bool:
    """Whether there is a browser and a labextension; says so where there is not."""
    if is_shown_here():
        return True
    print("left out: it needs Chromium on the PATH and the labextension, `make labextension`")
    return False
