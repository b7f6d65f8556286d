"""Fifty runs at once on one server: how late its event loop is, and that no run hears another.

Once with models that answer at once, so that fifty kernels want the cores at the same moments: on
few cores that measures the machine. Once with models that think for as long as real ones do: that
measures the server. And once so while all others stand back: the kernels, the model and the pages
that follow run at the lowest priority, so the server has a core when it wants one, as on a machine
with cores enough, and with models and browsers elsewhere. The control of each is the same code in
the same fifty kernels, through Jupyter's own sockets after the same waits, without us.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from tests.frontends.live import ScriptedModel, act, say
from tests.frontends.server.front_ends import Follower, Person, all_text
from tests.frontends.server.live_server import OTHERS, LiveNotebook, LiveServer, serving
from tests.loopback import ScriptedTurn

from . import server_lag

RUNS = 50
AT_REST_SECONDS = 5.0
DELAY, CHARACTERS = 0.02, 10  # of the model: after each piece of so many characters
TASK = re.compile(r"task number (\d+)")
STEPS = (
    "import random, time\nrows = [random.random() for _ in range(10_000)]\nprint(len(rows), {n})",
    "for i in range(200):\n    print('row', i, {n})\ntime.sleep(0.5)",
    "total = sum(rows)\nprint('total of', {n}, total)\n1 / 0",
    "print('corrected', {n}, round(total))",
)


@dataclass(frozen=True)
class Pace:
    """How long the model thinks before each of its replies: seconds, from and to."""

    name: str
    least: float
    most: float
    stand_back: bool = False  # all but the server do, once and for all

    def think(self, number: int, step: int) -> float:
        """How long it does before this step of this run: the same with us and without."""
        return random.Random(f"{number}-{step}").uniform(self.least, self.most)


PACES = (
    Pace("all at once", 0.3, 0.3),
    Pace("as models think", 1.0, 3.0),
    Pace("all others stand back", 1.0, 3.0, stand_back=True),
)
STAND_BACK = """\
import os
for thread in map(int, os.listdir("/proc/self/task")):
    os.setpriority(os.PRIO_PROCESS, thread, 19)
del os, thread"""  # of Linux: a thread's priority is its own, and that of what it starts
Time = tuple[float, float]


@dataclass(frozen=True)
class Lag:
    """Percentiles of the samples of a time, in milliseconds."""

    samples: int
    median: float
    p99: float
    most: float


def main() -> None:
    """milliseconds that a sleep of 10 ms on the server's loop ends late; fifty kernels, 2 cores"""
    own = get_context("spawn").Process(target=_measure)  # it stands back, and no other benchmark
    own.start()
    own.join()
    if own.exitcode:
        raise SystemExit(own.exitcode)


def _measure() -> None:
    with ScriptedModel() as model, tempfile.TemporaryDirectory() as folder:
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
            times = _measured(server, model)
        _report(lag_file, times)


def _measured(server: LiveServer, model: ScriptedModel) -> dict[str, Time]:
    """Open the notebooks, rest, and run in all of them, without us and with, at each pace.

    Gives from when to when it did each.
    """
    server.api("status")  # as a panel that opens: what a first run imports, it imports now
    notebooks = [_opened(server, f"n{number}.ipynb") for number in range(RUNS)]
    tabs = [notebook.follow() for notebook in notebooks]
    time.sleep(AT_REST_SECONDS)
    times = {"at rest": (time.time(), time.time() + AT_REST_SECONDS)}
    time.sleep(AT_REST_SECONDS)
    for pace in PACES:
        if pace.stand_back:
            for notebook in notebooks:
                notebook.person.run(STAND_BACK)
            exec(STAND_BACK, {})
        times[f"{pace.name}, without us"] = _without_us(notebooks, pace)
        time.sleep(AT_REST_SECONDS)
        model._next_turn = partial(_turn, pace)
        times[f"{pace.name}, fifty runs"] = _with_us(notebooks, tabs, pace)
        time.sleep(AT_REST_SECONDS)
    for tab in tabs:
        tab.close()
    return times


def _opened(server: LiveServer, name: str) -> LiveNotebook:
    """A notebook whose kernel is heard: of many that start at once, some take others' ports."""
    notebook = LiveNotebook(server, name)
    notebook.person.hears()
    return notebook


def _with_us(notebooks: list[LiveNotebook], tabs: list[Follower], pace: Pace) -> Time:
    began = time.time()
    with ThreadPoolExecutor(RUNS) as pool:
        tasks = [f"task number {number}" for number in range(RUNS)]
        runs = list(pool.map(LiveNotebook.start, notebooks, tasks))
        ends = list(pool.map(Follower.end, tabs, runs))
    ended = time.time()
    assert [end["state"] for end in ends] == ["answered"] * RUNS
    for number, (tab, run) in enumerate(zip(tabs, runs, strict=True)):
        _assert_heard_nobody_else(number, tab, run)
    queries = len(STEPS) + 1
    print(f"{pace.name}: {RUNS} runs of {queries} queries in {ended - began:.1f} s, no cross-talk")
    return began, ended


def _without_us(notebooks: list[LiveNotebook], pace: Pace) -> Time:
    """Run the same code in the same kernels, as fifty people would; gives from when to when."""

    def work(number: int, person: Person) -> None:
        for step, code in enumerate(STEPS):
            time.sleep(pace.think(number, step) + DELAY * len(code) / CHARACTERS)
            person.reply(person.begin(code.format(n=number)))
        time.sleep(pace.think(number, len(STEPS)))

    people = [Person(notebook.server, notebook.kernel) for notebook in notebooks]
    began = time.time()
    with ThreadPoolExecutor(RUNS) as pool:
        list(pool.map(work, range(RUNS), people))
    ended = time.time()
    for person in people:
        person.close()
    print(f"{pace.name}: the same code without us in {ended - began:.1f} s")
    return began, ended


def _turn(pace: Pace, request: dict[str, Any]) -> ScriptedTurn:
    """The next action of the task that the request is about, streamed as a model does."""
    number = int(TASK.findall(all_text(request["messages"][0]))[-1])
    step = sum(message["role"] == "assistant" for message in request["messages"])
    done = step >= len(STEPS)
    turn = say(f"Done with {number}. " * 10) if done else act(STEPS[step].format(n=number), "So.")
    return ScriptedTurn(turn.content, latency=pace.think(number, step), delay=DELAY)


def _assert_heard_nobody_else(number: int, tab: Follower, run: str) -> None:
    tasks = {frame["task"] for frame in tab.frames if frame["type"] == "run"}
    assert tasks == {f"task number {number}"}
    printed = all_text([cell.get("outputs", []) for cell in tab.cells(run).values()])
    assert f"corrected {number} " in printed and f"10000 {number}\n" in printed
    assert printed.count("corrected ") == 1


def _report(file: Path, times: dict[str, Time]) -> None:
    samples = [json.loads(line) for line in file.read_text().splitlines()]
    print(f"{'':46}{'samples':>9}{'median':>9}{'p99':>9}{'most':>9}")
    late: dict[str, Lag] = {}
    for name, (began, ended) in times.items():
        within = [sample for sample in samples if began <= sample[0] <= ended]
        for column, what in enumerate(("late", "longest callback", "computed"), 1):
            lag = _lag([sample[column] for sample in within])
            row = f"{lag.median:9.1f}{lag.p99:9.1f}{lag.most:9.1f}"
            print(f"{f'{name}, {what}':46}{lag.samples:9}{row}")
            late.setdefault(name, lag)
        print(f"{f'{name}, computed in all':46}{sum(each[3] for each in within) / 1000:9.1f} s")
    for pace in PACES:
        control, ours = (late[f"{pace.name}, {who}"] for who in ("without us", "fifty runs"))
        ratio = f"{ours.median / control.median:9.2f}{ours.p99 / control.p99:9.2f}"
        print(f"{f'{pace.name}: late, with us over without':55}{ratio}")


def _lag(values: list[float]) -> Lag:
    values = sorted(values)
    return Lag(len(values), values[len(values) // 2], values[len(values) * 99 // 100], values[-1])
