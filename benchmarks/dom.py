"""From a kernel's print to the page: in a cell of a run, over a cell that JupyterLab ran itself.

The model writes as models do, after a while and in pieces, so that its cell is seen being typed.
"""

from __future__ import annotations

import statistics

from tests.frontends.live import act, say
from tests.lab.tabs import LOAD, MAGIC, PANEL, Tab
from tests.loopback import ScriptedTurn

from .lab_page import PRINTS, SECONDS, WatchedPage, can_show_lab, watched_page

NOTEBOOKS = 3  # each with a kernel of its own: none gets long
WARM_UP, TIMES = 2, 11
PAUSE = 150  # milliseconds in which what a run still has to do is done
PLAIN = "JupyterLab"
RUN_NEW_CELL = f"""async ([path, source, pause]) => {{
    const {{ model, content }} = {PANEL};
    model.sharedModel.insertCell(2, {{ cell_type: 'code', source }});
    content.activeCellIndex = 2;
    await new Promise(done => setTimeout(done, pause));
    void jupyterapp.commands.execute('notebook:run-cell');
}}"""
ENDED = f"""([path, runs]) => {PANEL}.content.widgets.filter(
    ({{ model }}) => model.getMetadata('codeact')?.state === 'answered'
).length === runs"""
TYPED = ScriptedTurn(act(PRINTS).content, latency=0.3, delay=0.01)
Prints = dict[str, list[tuple[float, float]]]


def main() -> None:
    """milliseconds from a kernel's print to the page, in cells of JupyterLab's and of runs"""
    if not can_show_lab():
        return
    took: Prints = {}
    with watched_page() as watched:
        for number in range(NOTEBOOKS):
            ways = (PLAIN, "panel", "magic")
            for way, times in printed(watched, f"prints{number}.ipynb", ways).items():
                took.setdefault(way, []).extend(times)
    _report("an action's first print", {way: [first for first, _ in took[way]] for way in took})
    _report("one 0.3 s later", {way: [later for _, later in took[way]] for way in took})


def printed(watched: WatchedPage, name: str, ways: tuple[str, ...], *others: str) -> Prints:
    """Run the same code in each way, in turn; how long each first and later print took.

    `others` are the codes of cells that the notebook has besides.
    """
    tab = Tab(watched.lab, watched.page, name)
    tab.write(LOAD, f"{MAGIC}print the time", *others)
    tab.run(0)
    took: Prints = {way: [] for way in ways}
    runs = 0
    for _ in range(WARM_UP + TIMES):
        for way in ways:
            watched.model.will(TYPED, say())
            _begin(tab, way)
            took[way].append(watched.next_prints())
            runs += way != PLAIN
            tab.page.wait_for_function(ENDED, arg=[name, runs], timeout=SECONDS * 1000)
            tab.page.wait_for_timeout(PAUSE)
    tab.shut_down()
    return {way: times[WARM_UP:] for way, times in took.items()}


def _begin(tab: Tab, way: str) -> None:
    if way == PLAIN:
        tab.page.evaluate(RUN_NEW_CELL, [tab.name, PRINTS, PAUSE])
    elif way == "panel":
        tab.task("print the time")
    else:
        tab.run(1)


def _report(what: str, took: dict[str, list[float]]) -> None:
    print(f"{what:24}{'times':>8}{'p50':>8}{'p95':>8}{'over':>9}{'p95':>7}")
    plain = took[PLAIN]
    for way, times in took.items():
        middle, high = statistics.median(times), _p95(times)
        ratios = f"{middle / statistics.median(plain):9.2f}{high / _p95(plain):7.2f}"
        print(f"  {way:22}{len(times):8}{middle:8.1f}{high:8.1f}{ratios}")


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]
