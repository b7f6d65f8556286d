"""Fifty runs at once on one server: how late its event loop is, and that no run hears another."""

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
from tests.frontends.server.front_ends import Follower, all_text
from tests.frontends.server.live_server import OTHERS, LiveNotebook, LiveServer, serving
from tests.loopback import ScriptedTurn

from . import server_lag

RUNS = 50
AT_REST_SECONDS = 5.0
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


def _measured(server: LiveServer) -> tuple[tuple[float, float], tuple[float, float]]:
    """Open the notebooks, rest, and run in all of them; gives when it rested and when it ran."""
    server.api("status")  # as a panel that opens: what a first run imports, it imports now
    notebooks = [LiveNotebook(server, f"n{number}.ipynb") for number in range(RUNS)]
    tabs = [notebook.follow() for notebook in notebooks]
    time.sleep(AT_REST_SECONDS)  # the kernels are up by then
    resting = time.time(), time.time() + AT_REST_SECONDS
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
    return resting, (began, ended)


def _turn(request: dict[str, Any]) -> ScriptedTurn:
    """The next action of the task that the request is about, streamed as a model does."""
    number = TASK.findall(all_text(request["messages"][0]))[-1]
    step = sum(message["role"] == "assistant" for message in request["messages"])
    done = step >= len(STEPS)
    turn = say(f"Done with {number}. " * 10) if done else act(STEPS[step].format(n=number), "So.")
    return ScriptedTurn(turn.content, latency=0.3, delay=0.02)


def _assert_heard_nobody_else(number: int, tab: Follower, run: str) -> None:
    assert {frame["run"] for frame in tab.frames} == {run}
    printed = all_text([cell.get("outputs", []) for cell in tab.cells(run).values()])
    assert f"corrected {number} " in printed and f"10000 {number}\n" in printed
    assert printed.count("corrected ") == 1


def _report(file: Path, *times: tuple[float, float]) -> None:
    samples = [json.loads(line) for line in file.read_text().splitlines()]
    print(f"{'':28}{'samples':>9}{'median':>9}{'p99':>9}{'most':>9}")
    for name, (began, ended) in zip(("at rest", "fifty runs"), times, strict=True):
        within = [sample for sample in samples if began <= sample[0] <= ended]
        for column, what in ((1, "late"), (2, "longest callback")):
            lag = _lag([sample[column] for sample in within])
            row = f"{lag.median:9.1f}{lag.p99:9.1f}{lag.most:9.1f}"
            print(f"{f'{name}, {what}':28}{lag.samples:9}{row}")


def _lag(values: list[float]) -> Lag:
    values = sorted(values)
    return Lag(len(values), values[len(values) // 2], values[len(values) * 99 // 100], values[-1])
