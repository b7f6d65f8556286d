"""Opens a notebook with the panel beside it, as a person does."""

from __future__ import annotations

from typing import Any

from .browsing import Lab, write_notebook

READY = """async () => {
    const { sessionContext } = jupyterapp.shell.currentWidget;
    await sessionContext.ready;
    await sessionContext.session.kernel.info;
}"""
OPEN_PANEL = """async () => {
    await jupyterapp.restored;
    await jupyterapp.commands.execute('codeact:open-panel');
}"""


def open_notebook(lab: Lab, page: Any, name: str, *codes: str) -> None:
    """Write a notebook, open it, and wait for its kernel and the panel."""
    write_notebook(lab.notebooks / name, *codes)
    open_again(lab, page, name)


def open_again(lab: Lab, page: Any, name: str) -> None:
    """Open a notebook that is there, as after closing the tab."""
    page.goto(f"{lab.address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_selector("#jupyterlab-splash", state="detached")
    page.evaluate(READY)
    page.evaluate("jupyterapp.commands.execute('codeact:open-panel')")
    page.wait_for_selector(".codeact-Composer")


def send(page: Any, task: str) -> None:
    """Write a task and send it with Enter."""
    field = page.get_by_role("combobox", name="Task for the agent")
    field.fill(task)
    field.press("Enter")


def run_all(page: Any) -> None:
    """Begin to run all cells of the notebook."""
    page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
