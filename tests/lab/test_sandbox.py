"""A sandboxed kernel in a real page: what a person sees of it, and that its scripts do not run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from codeact_jupyter.sandbox import kernelspec
from tests.frontends.live import ScriptedModel, act, say, with_model
from tests.sandbox.conftest import require_bubblewrap
from tests.sandbox.kernels import write_spec

from .browsing import Lab, running_lab, write_notebook
from .conftest import require_browser
from .opening import READY, open_again, run_all, send

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
MARK, PANEL_MARK = ".jp-Toolbar .codeact-SandboxMark", ".codeact-Header .codeact-SandboxMark"
ENDED = "() => document.querySelector('.jp-OutputArea td')?.innerText === 'the end'"


@pytest.fixture(scope="module")
def walled_lab(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """JupyterLab whose person has installed the sandbox."""
    require_browser()
    require_bubblewrap()
    root = tmp_path_factory.mktemp("walled")
    write_spec(root / "home" / "share", kernelspec.NAME)
    environ = {**with_model(served_model), "CODEACT_APPROVE": "never"}
    with running_lab(root, model="", environ=environ) as lab:
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


def test_what_a_run_changed_on_disk_is_in_the_panel_and_restored_there(
    walled_lab: Lab, page: Any, model: ScriptedModel, tmp_path: Path
) -> None:
    work = walled_lab.notebooks / "disk"
    work.mkdir()
    (work / "data.csv").write_text("a,b\n1,2\n")
    write_notebook(work / "walled.ipynb", "1", kernel=kernelspec.NAME)
    code = "open('data.csv', 'a').write('3,4\\n'); open('.envrc', 'w').write('x=1\\n')"
    model.will(act(code), say("Done."))
    open_again(walled_lab, page, "disk/walled.ipynb")
    send(page, "change it")
    summary = page.get_by_text("Changed on disk: 2 files")
    expect(summary).to_be_visible()
    summary.click()
    expect(page.get_by_text("your own programs obey this file")).to_be_visible()
    expect(page.get_by_label("How data.csv differs")).to_contain_text("+3,4")
    page.screenshot(path=str(tmp_path / "disk.png"))
    page.get_by_role("button", name="Restore data.csv").click()
    expect(page.get_by_role("button", name="Bring back data.csv")).to_be_visible()
    assert (work / "data.csv").read_text() == "a,b\n1,2\n"
    page.get_by_role("button", name="Restore .envrc").click()
    expect(page.get_by_role("button", name="Bring back .envrc")).to_be_visible()
    assert not (work / ".envrc").exists()


def test_why_the_walls_ended_a_kernel_is_said_in_the_page_and_in_the_run(
    walled_lab: Lab, page: Any, model: ScriptedModel, tmp_path: Path
) -> None:
    write_spec(walled_lab.notebooks.parent / "home" / "share", "small", limits={"memory": 500})
    uses = "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        "
    uses += "held = os.urandom(1 << 20) * 120; time.sleep(60)\ntime.sleep(60)"
    write_notebook(walled_lab.notebooks / "small.ipynb", uses, kernel="small")
    open_again(walled_lab, page, "small.ipynb")
    expect(page.locator(MARK)).to_be_visible()
    run_all(page)
    said = page.get_by_text("and may use 500")
    expect(said).to_be_visible(timeout=60_000)
    page.screenshot(path=str(tmp_path / "ended.png"))
    page.get_by_role("button", name="Ok", exact=True).click()
    page.evaluate(READY)
    model.will(act(uses), say("It was too much."))
    send(page, "use memory")
    expect(page.get_by_text("the sandbox ended it").nth(1)).to_be_visible(timeout=60_000)


def test_the_marks_say_which_walls_stand_and_how_far_what_is_inside_is_trusted(
    walled_lab: Lab, page: Any, tmp_path: Path
) -> None:
    name = "marked.ipynb"
    write_notebook(walled_lab.notebooks / name, SHOWS, kernel=kernelspec.NAME)
    open_again(walled_lab, page, name)
    both = [page.locator(each) for each in (MARK, PANEL_MARK)]
    for mark in both:
        expect(mark).to_have_text("Sandbox")
        assert "no network" in mark.get_attribute("title")
    both[1].click()
    expect(page.get_by_text("they can open a terminal of this server")).to_be_visible()
    page.get_by_role("button", name="Trust scripts").click()
    for mark in both:
        expect(mark).to_have_text("Sandbox, scripts trusted")
    page.screenshot(path=str(tmp_path / "trusted.png"))
    run_all(page)
    page.wait_for_function("globalThis.escaped")
    page.wait_for_function(ENDED)
    page.wait_for_function("[...document.images].every(each => each.complete)")  # what they began
    both[0].click()
    page.get_by_role("button", name="Filter scripts again").click()
    for mark in both:
        expect(mark).to_have_text("Sandbox")
    page.evaluate("globalThis.escaped = undefined")
    run_all(page)
    page.wait_for_function("jupyterapp.shell.currentWidget.content.widgets[0].prompt === '2'")
    page.wait_for_function(ENDED)
    assert not page.evaluate("globalThis.escaped")


def test_weak_walls_are_marked_as_such(walled_lab: Lab, page: Any) -> None:
    write_spec(walled_lab.notebooks.parent / "home" / "share", "weak", backend="landlock")
    write_notebook(walled_lab.notebooks / "weak.ipynb", "1", kernel="weak")
    open_again(walled_lab, page, "weak.ipynb")
    for each in (MARK, PANEL_MARK):
        mark = page.locator(each)
        expect(mark).to_have_text("Weak sandbox")
        assert "weaker than bubblewrap" in mark.get_attribute("title")
