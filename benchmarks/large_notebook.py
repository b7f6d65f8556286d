"""What a step costs in a notebook of 10,000 cells, over one of 10: without a page, and in one."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat

from tests.frontends.command import codeact, environment
from tests.frontends.live import ScriptedModel, act, say
from tests.frontends.server.live_server import LiveNotebook, serving

from .dom import PLAIN, printed
from .lab_page import can_show_lab, watched_page

FEW, MANY = 10, 10_000
STEPS = 30
REPETITIONS = 2
SAVED_SECONDS = 60.0
TASK = "count"
CODE = "rows = {n}\nprint('row', rows)"
TURNS = [*(act(CODE.format(n=step), "I go on.") for step in range(STEPS)), say()]


@dataclass(frozen=True)
class Cost:
    """What the steps of a run took without the model, and its end, in milliseconds."""

    steps: tuple[float, ...]
    end: float = 0.0


def main() -> None:
    """milliseconds of a step without the model, in a notebook of 10,000 cells and in one of 10"""
    with tempfile.TemporaryDirectory() as folder, ScriptedModel() as model:
        _say("the server, no page open", _in_server(model, Path(folder) / "server"))
        _say("codeact run --notebook", _by_command(model, Path(folder) / "command"))
    if can_show_lab():
        for what, costs in _in_page().items():
            _say(what, costs)


def _in_server(model: ScriptedModel, root: Path) -> dict[int, Cost]:
    """Runs that the server saves, because nobody has the notebook open."""
    costs: dict[int, list[Cost]] = {FEW: [], MANY: []}
    with serving(model, root) as server:
        for number in range(REPETITIONS):
            for count in costs:
                cells = _cells(count)
                notebook = LiveNotebook(server, f"n{number}-{count}.ipynb", *cells)
                sent = [{**cell, "outputs": []} for cell in cells]  # as the panel sends them
                model.will(*TURNS)
                notebook.start(TASK, cells=sent, options={"approve": "never"})
                assert model.wait_for_requests(STEPS + 1, timeout=SAVED_SECONDS)
                _wait_until_saved(server.files / notebook.path)
                costs[count].append(_cost(model))
                notebook.close()
    return {count: _together(several) for count, several in costs.items()}


def _by_command(model: ScriptedModel, root: Path) -> dict[int, Cost]:
    """Runs of the command, which writes the notebook itself after each step."""
    root.mkdir()
    costs: dict[int, list[Cost]] = {FEW: [], MANY: []}
    for number in range(REPETITIONS):
        for count in costs:
            file = root / f"n{number}-{count}.ipynb"
            nbformat.write(nbformat.v4.new_notebook(cells=_cells(count)), file)
            model.will(*TURNS)
            options = ["--notebook", file, "--approve", "never"]
            done = codeact("run", TASK, *options, cwd=root, env=environment(root, model))
            assert done.returncode == 0, done.stderr
            costs[count].append(_cost(model))
    return {count: _together(several) for count, several in costs.items()}


def _in_page() -> dict[str, dict[int, Cost]]:
    """What a print takes to the page that has the notebook open, at the top, where it is looked at.

    JupyterLab puts the cells of a long notebook into the page one by one, for minutes.
    """
    costs: dict[str, dict[int, Cost]] = {}
    with watched_page() as watched:
        for count in (FEW, MANY):
            codes = [CODE.format(n=number) for number in range(count)]
            took = printed(watched, f"n{count}.ipynb", (PLAIN, "magic"), *codes)
            for way, prints in took.items():
                for which, times in zip(("first", "later"), zip(*prints, strict=True), strict=True):
                    costs.setdefault(f"in a page, {way}: {which} print", {})[count] = Cost(times)
    return costs


def _cells(count: int) -> list[dict]:
    printed = [nbformat.v4.new_output("stream", text=f"row {number}\n") for number in range(count)]
    return [
        nbformat.v4.new_code_cell(CODE.format(n=number), execution_count=1, outputs=[output])
        for number, output in enumerate(printed)
    ]


def _wait_until_saved(file: Path) -> None:
    deadline = time.monotonic() + SAVED_SECONDS
    while b'"answered"' not in file.read_bytes():
        assert time.monotonic() < deadline, f"{file.name} was not saved"
        time.sleep(0.02)


def _cost(model: ScriptedModel) -> Cost:
    """From the end of each reply to the next request; and from the end of the last until now."""
    gaps = zip(model.completions, model.arrivals[1:], strict=False)
    end = (time.perf_counter() - model.completions[STEPS]) * 1000
    return Cost(tuple((arrival - done) * 1000 for done, arrival in gaps), end)


def _together(costs: list[Cost]) -> Cost:
    steps = tuple(step for cost in costs for step in cost.steps)
    return Cost(steps, statistics.median(cost.end for cost in costs))


def _say(what: str, costs: dict[int, Cost]) -> None:
    print(f"{what:48}{'median':>9}{'mean':>9}{'most':>9}{'end':>9}")
    for count, cost in costs.items():
        median, mean = statistics.median(cost.steps), statistics.fmean(cost.steps)
        end = f"{cost.end:9.0f}" if cost.end else ""
        print(f"  {f'{count:,} cells':46}{median:9.1f}{mean:9.1f}{max(cost.steps):9.1f}{end}")
    few, many = (costs[count].steps for count in (FEW, MANY))
    median = statistics.median(many) / statistics.median(few)
    print(f"  ratio{median:50.2f}{statistics.fmean(many) / statistics.fmean(few):9.2f}")
