"""Ours, a bare loop and two agent frameworks, told the same story over the same loopback server."""

from __future__ import annotations

import statistics
from collections.abc import Callable

from .driving import PEERS, Taken, drive
from .installed import python_with
from .story import PLAIN, Story

REPETITIONS = 5


def main() -> None:
    """milliseconds a step without the model, dollars at one price list, bytes, growth, memory"""
    smolagents, pydantic_ai = python_with("smolagents"), python_with("pydantic-ai")
    print("a story that all can follow, without pandas:")
    _compare(_runs(Story(table=PLAIN), smolagents, pydantic_ai))
    print("the same with a pandas frame, which pydantic-ai's interpreter cannot make:")
    _compare(_runs(Story(), smolagents, ""))


def _runs(story: Story, smolagents: str, pydantic_ai: str) -> dict[str, Callable[[], Taken]]:
    """How to run each peer once; a peer without a Python is left out."""
    tools = story.tool_turn
    runs: dict[str, Callable[[], Taken]] = {
        "ours": lambda: drive(PEERS / "ours.py", tools),
        "ours, kept": lambda: drive(PEERS / "ours.py", tools, "60", "kept"),
        "ours, notebook": lambda: drive(PEERS / "ours.py", tools, "60", "notebook"),
        "bare loop": lambda: drive(PEERS / "bare.py", tools),
        "bare, async": lambda: drive(PEERS / "bare_async.py", tools),
        "bare, cached": lambda: drive(PEERS / "bare.py", tools, "cached"),
    }
    if smolagents:
        script = PEERS / "smolagents_agent.py"
        runs["smolagents"] = lambda: drive(script, story.text_turn, python=smolagents)
    if pydantic_ai:
        agent, turn = PEERS / "pydantic_ai_agent.py", story.code_mode_turn
        runs["pydantic-ai"] = lambda: drive(agent, turn, python=pydantic_ai)
        runs["pydantic-ai, cached"] = lambda: drive(agent, turn, "cached", python=pydantic_ai)
    return runs


def _compare(runs: dict[str, Callable[[], Taken]]) -> None:
    taken: dict[str, list[Taken]] = {name: [] for name in runs}
    for _ in range(REPETITIONS):  # in turn, so that a busy minute hits all alike
        for name, run in runs.items():
            taken[name].append(run())
    _print(taken)


def _print(taken: dict[str, list[Taken]]) -> None:
    heads = ("ms/step", 9), ("CPU ms", 8), ("$", 9), ("kB sent", 9), ("growth", 8), ("MiB", 6)
    print(" " * 19 + "".join(f"{head:>{width}}" for head, width in heads) + "  CPU s import s")
    for name, runs in taken.items():
        run = runs[-1]
        print(
            f"{name:19}{statistics.median(r.median for r in runs):9.1f}"
            f"{statistics.median(r.cpu_median for r in runs):8.1f}"
            f"{run.dollars:9.4f}{run.request_bytes / 1000:9.0f}"
            f"{run.growth:8.1f}{statistics.median(r.peak_mib for r in runs):6.0f}"
            f"{statistics.median(r.cpu_seconds for r in runs):7.1f}"
            f"{statistics.median(r.import_seconds for r in runs):9.1f}"
        )
    for way in [name for name in taken if name.startswith("ours")]:
        for peer in [name for name in taken if not name.startswith("ours")]:
            _say_ratio(way, taken[way], peer, taken[peer])


def _say_ratio(way: str, ours: list[Taken], peer: str, theirs: list[Taken]) -> None:
    pairs = list(zip(ours, theirs, strict=True))  # of one minute: alike disturbed
    wall = statistics.median(one.median / other.median for one, other in pairs)
    cpu = statistics.median(one.cpu_median / other.cpu_median for one, other in pairs)
    bill = ours[-1].dollars / theirs[-1].dollars
    print(
        f"{way} over {peer}: {wall:.2f} of its time a step, {cpu:.2f} of its CPU, "
        f"{bill:.3f} of its bill"
    )
