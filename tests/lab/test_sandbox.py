"""A sandboxed kernel in a real page: its scripts do not run, a plain kernel's do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from codeact_jupyter.sandbox import kernelspec
from tests.sandbox.conftest import require_bubblewrap
from tests.sandbox.kernels import write_spec

from .browsing import Lab, running_lab, write_notebook
from .conftest import require_browser
from .opening import open_again, run_all

SHOWS = """\
from IPython.display import display, HTML, Javascript, Markdown, SVG
ACT = "globalThis.escaped = (globalThis.escaped || 0) + 1"
display(Javascript(ACT))
display(HTML(f"<img src=x onerror='{ACT}'>"))
display(HTML(f"<script>{ACT}</script>"))
display(Markdown(f"<img src=x onerror='{ACT}'>"))
display(SVG(f"<svg xmlns='http://www.w3.org/2000/svg'><script>{ACT}</script></svg>"))
display(HTML("<table class='dataframe'><tr><td>the end</td></tr></table>"))
"""
ENDED = "() => document.querySelector('.jp-OutputArea td')?.innerText === 'the end'"


@pytest.fixture(scope="module")
def walled_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab whose person has installed the sandbox."""
    require_browser()
    require_bubblewrap()
    root = tmp_path_factory.mktemp("walled")
    write_spec(root / "home" / "share", kernelspec.NAME)
    with running_lab(root) as lab:
        yield lab


@pytest.mark.parametrize(
    ("kernel", "escapes"), [(kernelspec.NAME, False), ("python3", True)], ids=["sandbox", "plain"]
)
def test_no_script_of_a_sandboxed_kernel_runs_in_the_page(
    walled_lab: Lab, page: Any, kernel: str, escapes: bool
) -> None:
    name = f"{kernel}.ipynb"
    write_notebook(walled_lab.notebooks / name, SHOWS, kernel=kernel)
    open_again(walled_lab, page, name)
    run_all(page)
    page.wait_for_function(ENDED)
    if escapes:
        page.wait_for_function("globalThis.escaped")
    page.wait_for_timeout(1000)
    assert bool(page.evaluate("globalThis.escaped")) is escapes
