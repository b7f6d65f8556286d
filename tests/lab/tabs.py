"""One notebook open in a page: what a person sees of its cells, and what they do to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat

from tests.frontends.server.front_ends import all_text

from .browsing import Lab, write_notebook
from .opening import send

SECONDS = 60.0  # a browser, a server and a kernel share two cores with others
LOAD = "%load_ext codeact_jupyter"
MAGIC = "%%codeact\n"
HELD = "import os, time\nwhile not os.path.exists({!r}):\n    time.sleep(0.02)\n"
ENDED = ("answered", "stopped", "limit", "failed", "interrupted")
GOES_ON = ("typing", "waiting", "running")
PANEL = "[...jupyterapp.shell.widgets('main')].find(one => one.context?.localPath === path)"
CELLS = f"""path => {PANEL}.content.widgets.map(({{
    model, node, rendered, inputHidden, outputHidden
}}) => ({{
    id: model.id,
    type: model.type,
    source: model.sharedModel.getSource(),
    count: model.executionCount ?? null,
    outputs: model.outputs?.toJSON() ?? [],
    metadata: model.metadata,
    rendered: rendered ?? null,
    folded: inputHidden === true && outputHidden === true,
    state: node.dataset.codeactState ?? '',
    note: node.dataset.codeactNote ?? '',
}}))"""
OPEN = f"""async path => {{
    await jupyterapp.commands.execute('docmanager:open', {{ path, factory: 'Notebook' }});
    const {{ context, sessionContext }} = {PANEL};
    await context.ready;
    await sessionContext.ready;
}}"""
CLOSE = f"""async path => {{
    const panel = {PANEL};
    if (!panel) return;
    await panel.context.save();
    panel.dispose();
}}"""
WRITES = f"path => {PANEL}.content.activeCell?.editor?.hasFocus() ?? false"
KERNEL = f"async path => void await {PANEL}.sessionContext.session.kernel.info"
SHUT_DOWN = f"""async path => {{
    const panel = {PANEL};
    await panel?.sessionContext.shutdown();
    panel?.dispose();
}}"""
Cell = dict[str, Any]


class Gate:
    """Code that waits in the kernel until it is let go."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.code = HELD.format(str(file))

    def open(self) -> None:
        """Let it go."""
        self._file.touch()

    def close(self) -> None:
        """Hold what comes next."""
        self._file.unlink()


class Tab:
    """A notebook that is open in a page of JupyterLab; `page` may show others too."""

    def __init__(self, lab: Lab, page: Any, name: str) -> None:
        self.lab, self.page, self.name = lab, page, name
        self.file: Path = lab.notebooks / name

    def write(self, *codes: str) -> None:
        """Make the notebook, open it, and wait for its kernel."""
        write_notebook(self.file, *codes)
        self.open()
        self.page.evaluate(KERNEL, self.name)

    def open(self) -> None:
        """Open the notebook that is there, in the page that is there; its kernel may be busy."""
        self.page.evaluate(OPEN, self.name)

    def load(self) -> None:
        """Load the whole page anew, with this notebook in it."""
        self.page.goto(f"{self.lab.address}/lab/tree/{self.name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_selector("#jupyterlab-splash", state="detached")
        self.open()

    def close(self) -> None:
        """Save and close the notebook; its kernel goes on."""
        self.page.evaluate(CLOSE, self.name)

    def shut_down(self) -> None:
        """Close the notebook and end its kernel."""
        self.page.evaluate(SHUT_DOWN, self.name)

    def save(self) -> None:
        """Save the notebook."""
        self.page.evaluate(f"path => {PANEL}.context.save()", self.name)

    def run(self, *indices: int) -> None:
        """Begin to run these cells, or all."""
        if not indices:
            self.page.evaluate("() => void jupyterapp.commands.execute('notebook:run-all-cells')")
        for index in indices:
            self.select(index)
            self.page.evaluate("() => void jupyterapp.commands.execute('notebook:run-cell')")

    def select(self, index: int) -> None:
        """Make this cell the active one, in command mode."""
        self.page.evaluate(
            f"([path, at]) => {{ const {{ content }} = {PANEL};"
            " content.deselectAll(); content.activeCellIndex = at; content.mode = 'command';"
            " content.activate(); }",
            [self.name, index],
        )

    def edit(self, name: str, line: str) -> None:
        """Type a line at the end of this cell."""
        self.select(self.index(name))
        self.page.keyboard.press("Enter")
        self.page.wait_for_function(WRITES, arg=self.name)  # it may have to come into sight first
        self.page.keyboard.press("Control+End")
        self.page.keyboard.press("Enter")
        self.page.keyboard.type(line)
        self.page.keyboard.press("Escape")

    def delete(self, name: str) -> None:
        """Delete this cell; not by two presses, which may come too far apart to be one command."""
        self.select(self.index(name))
        self.page.evaluate("jupyterapp.commands.execute('notebook:delete-cell')")

    def task(self, task: str) -> None:
        """Send a task in the panel."""
        send(self.page, task)

    @property
    def cells(self) -> list[Cell]:
        """All cells, as the page has them."""
        cells: list[Cell] = self.page.evaluate(CELLS, self.name)
        return cells

    @property
    def ours(self) -> list[Cell]:
        """The cells of runs."""
        return [cell for cell in self.cells if "codeact" in cell["metadata"]]

    @property
    def whole(self) -> list[tuple[Any, ...]]:
        """What the cells of runs hold."""
        kept = ("id", "source", "count", "outputs")
        return [tuple(cell[key] for key in kept) for cell in self.ours]

    @property
    def roles(self) -> list[str]:
        """What the cells are, in order: a role of a run's cell and its step, or the person's."""
        return [role(cell) for cell in self.cells]

    def cell(self, name: str) -> Cell:
        """The newest cell of this role and step."""
        return [cell for cell in self.cells if role(cell) == name][-1]

    def index(self, name: str) -> int:
        """Where the first cell of this role and step is, once it is there."""
        roles: list[str] = self.until(lambda: name in (now := self.roles) and now, name)
        return roles.index(name)

    def until(self, wanted: Callable[[], Any], what: str = "") -> Any:
        """Wait until something is as wanted; gives it."""
        deadline = time.monotonic() + SECONDS
        while not (found := wanted()):
            if time.monotonic() > deadline:
                seen = [(role(cell), cell["state"], cell["source"][:60]) for cell in self.cells]
                raise AssertionError(f"never came: {what}; the cells are {seen}")
            self.page.wait_for_timeout(50)
        return found

    def until_state(self, name: str, state: str) -> Cell:
        """Wait until the cell of this role and step is shown in this state; gives it."""

        def found() -> Cell | None:
            cells = (cell for cell in self.cells if role(cell) == name and cell["state"] == state)
            return next(cells, None)

        cell: Cell = self.until(found, f"{name} {state}")
        return cell

    def until_ended(self, runs: int = 1) -> Cell:
        """Wait until so many runs have ended; gives the last one's last cell.

        The end of the last action may come after the answer: they come by two sockets.
        """

        def ended() -> Cell | None:
            cells = self.cells
            ends = [cell for cell in cells if end_of(cell) in ENDED]
            settled = not any(cell["state"] in GOES_ON for cell in cells)
            return ends[-1] if len(ends) >= runs and settled else None

        cell: Cell = self.until(ended, "the end of the run")
        return cell

    def until_file(self, wanted: Callable[[list[Cell]], bool]) -> None:
        """Wait until the cells in the file are as wanted."""
        deadline = time.monotonic() + SECONDS
        while not wanted(cells := self.saved()):
            if time.monotonic() > deadline:
                raise AssertionError(f"never saved: {[role(cell) for cell in cells]}")
            self.page.wait_for_timeout(50)

    def saved(self) -> list[Cell]:
        """The cells in the file, once nobody is in the midst of writing it."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return [dict(cell) for cell in nbformat.read(self.file, as_version=4).cells]
            except nbformat.reader.NotJSONError:
                if time.monotonic() > deadline:
                    raise
            self.page.wait_for_timeout(50)


def role(cell: Cell) -> str:
    """`action 2` and the like for a cell of a run, its source's first line for the person's."""
    mark = cell["metadata"].get("codeact")
    first: str = (cell["source"].splitlines() or [""])[0]
    return f"{mark['role']} {mark['step']}" if mark else first


def end_of(cell: Cell) -> str:
    """How the run of this cell ended, in its answer."""
    mark = cell["metadata"].get("codeact", {})
    return str(mark.get("state", "")) if mark.get("role") == "answer" else ""


def outputs(cell: Cell) -> str:
    """All text of a cell's outputs."""
    return all_text(cell["outputs"])
