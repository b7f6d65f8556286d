"""Fifty runs at once on one server: how late its event loop is, and that no run hears another.

The control is the same code in the same fifty kernels, through Jupyter's own sockets after the same
waits, without us: what remains there is the kernels' own share of the machine's cores.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.frontends.live import ScriptedModel, act, say
from tests.frontends.server.front_ends import Follower, Person, all_text
from tests.frontends.server.live_server import OTHERS, LiveNotebook, LiveServer, serving
from tests.loopback import ScriptedTurn

from . import server_lag

RUNS = 50
AT_REST_SECONDS = 5.0
LATENCY, DELAY, CHARACTERS = 0.3, 0.02, 10  # of the model: before its reply, and after each piece
TASK = re.compile(r"task number (\d+)")
STEPS = (
    "import random, time\nrows = [random.random() for _ in range(10_000)]\nprint(len(rows), {n})",
    "for i in range(200):\n    print('row', i, {n})\ntime.sleep(0.5)",
    "total = sum(rows)\nprint('total of', {n}, total)\n1 / 0",
    "print('corrected', {n}, round(total))",
)


@dataclass(frozen=True)
class Lag:
    """Percentiles of the samples of a time, in milliseconds."""

    samples: int
    median: float
    p99: float
    most: float


def main() -> None:
    """milliseconds that a sleep of 10 ms on the server's loop ends late; fifty kernels, 2 cores"""
    with ScriptedModel() as model, tempfile.TemporaryDirectory() as folder:
        model._next_turn = _turn
        lag_file = Path(folder) / "lag.jsonl"
        extensions = {**dict.fromkeys(OTHERS, False), "codeact_jupyter": True}
        extensions["benchmarks.server_lag"] = True
        with serving(
            model,
            Path(folder) / "server",
            config={"ServerApp": {"jpserver_extensions": extensions}},
            environ={
                server_lag.WHERE: str(lag_file),
                "PYTHONPATH": str(Path(__file__).parent.parent),
            },
        ) as server:
            times = _measured(server)
        _report(lag_file, *times)


Time = tuple[float, float]


def _measured(server: LiveServer) -> tuple[Time, Time, Time]:
    """Open the notebooks, rest, and run in all of them, without us and with.

    Gives from when to when it did each.
    """
    server.api("status")  # as a panel that opens: what a first run imports, it imports now
    notebooks = [LiveNotebook(server, f"n{number}.ipynb") for number in range(RUNS)]
    tabs = [notebook.follow() for notebook in notebooks]
    time.sleep(AT_REST_SECONDS)  # the kernels are up by then
    resting = time.time(), time.time() + AT_REST_SECONDS
    time.sleep(AT_REST_SECONDS)
    without = _without_us(notebooks)
    time.sleep(AT_REST_SECONDS)
    began = time.time()
    with ThreadPoolExecutor(RUNS) as pool:
        numbered = range(RUNS)
        tasks = [f"task number {number}" for number in numbered]
        runs = list(
            pool.map(lambda each: each[0].start(each[1]), zip(notebooks, tasks, strict=True))
        )
        ends = list(pool.map(lambda each: each[0].end(each[1]), zip(tabs, runs, strict=True)))
    ended = time.time()
    assert [end["state"] for end in ends] == ["answered"] * RUNS
    for number, tab, run in zip(numbered, tabs, runs, strict=True):
        _assert_heard_nobody_else(number, tab, run)
    print(f"{RUNS} runs of {len(STEPS) + 1} queries in {ended - began:.1f} s, without cross-talk")
    for tab in tabs:
        tab.close()
    return resting, without, (began, ended)


def _without_us(notebooks: list[LiveNotebook]) -> Time:
    """Run the same code in the same kernels, as fifty people would; gives from when to when."""

    def work(number: int, person: Person) -> None:
        for code in STEPS:
            time.sleep(LATENCY + DELAY * len(code) / CHARACTERS)
            person.reply(person.begin(code.format(n=number)))
        time.sleep(LATENCY)

    people = [notebook.person for notebook in notebooks]
    began = time.time()
    with ThreadPoolExecutor(RUNS) as pool:
        list(pool.map(work, range(RUNS), people))
    ended = time.time()
    for notebook in notebooks:
        notebook.leave()
    print(f"the same code without us in {ended - began:.1f} s")
    return began, ended


def _turn(request: dict[str, Any]) -> ScriptedTurn:
    """The next action of the task that the request is about, streamed as a model does."""
    number = TASK.findall(all_text(request["messages"][0]))[-1]
    step = sum(message["role"] == "assistant" for message in request["messages"])
    done = step >= len(STEPS)
    turn = say(f"Done with {number}. " * 10) if done else act(STEPS[step].format(n=number), "So.")
    return ScriptedTurn(turn.content, latency=LATENCY, delay=DELAY)


def _assert_heard_nobody_else(number: int, tab: Follower, run: str) -> None:
    assert {frame["run"] for frame in tab.frames} == {run}
    printed = all_text([cell.get("outputs", []) for cell in tab.cells(run).values()])
    assert f"corrected {number} " in printed and f"10000 {number}\n" in printed
    assert printed.count("corrected ") == 1


def _report(file: Path, *times: Time) -> None:
    samples = [json.loads(line) for line in file.read_text().splitlines()]
    print(f"{'':32}{'samples':>9}{'median':>9}{'p99':>9}{'most':>9}")
    late: list[Lag] = []
    for name, (began, ended) in zip(("at rest", "without us", "fifty runs"), times, strict=True):
        within = [sample for sample in samples if began <= sample[0] <= ended]
        for column, what in ((1, "late"), (2, "longest callback")):
            lag = _lag([sample[column] for sample in within])
            row = f"{lag.median:9.1f}{lag.p99:9.1f}{lag.most:9.1f}"
            print(f"{f'{name}, {what}':32}{lag.samples:9}{row}")
            late += [lag] * (column == 1)
    _, control, ours = late
    ratio = f"{ours.median / control.median:9.2f}{ours.p99 / control.p99:9.2f}"
    print(f"{'late, with us over without':41}{ratio}")


def _lag(values: list[float]) -> Lag:
    values = sorted(values)
    return Lag(len(values), values[len(values) // 2], values[len(values) * 99 // 100], values[-1])
