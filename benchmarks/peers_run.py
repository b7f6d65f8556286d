"""Ours, a bare loop and smolagents, each told the same story over the same loopback server."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.loopback import ScriptedTurn

from .driving import ROOT, Taken, drive
from .story import text_turn, tool_turn

PEERS = Path(__file__).parent / "peers"
SMOLAGENTS = ROOT / ".venv-smolagents"
PINNED = ("smolagents[litellm]==1.26.0", "litellm==1.106.2", "pandas")
REPETITIONS = 3


def main() -> None:
    """milliseconds a step without the model, dollars at one price list, bytes, growth, memory"""
    smolagents = _smolagents()
    runs: dict[str, Callable[[], Taken]] = {
        "ours": lambda: drive(PEERS / "ours.py", tool_turn),
        "bare loop": lambda: drive(PEERS / "bare.py", tool_turn),
        "bare, cached": lambda: drive(PEERS / "bare.py", tool_turn, "cached"),
    }
    if smolagents:
        script = PEERS / "smolagents_agent.py"
        runs["smolagents"] = lambda: drive(script, _text, python=smolagents)
    taken: dict[str, list[Taken]] = {name: [] for name in runs}
    for _ in range(REPETITIONS):  # in turn, so that a busy minute hits all alike
        for name, run in runs.items():
            taken[name].append(run())
    _print(taken)


def _text(step: int) -> ScriptedTurn:
    return text_turn(step)


def _print(taken: dict[str, list[Taken]]) -> None:
    heads = ("ms/step", 9), ("$", 9), ("kB sent", 9), ("growth", 8), ("MiB", 6), ("CPU s", 7)
    print(" " * 14 + "".join(f"{head:>{width}}" for head, width in heads) + " import s")
    medians = {}
    for name, runs in taken.items():
        medians[name] = statistics.median(run.median for run in runs)
        run = runs[-1]
        print(
            f"{name:14}{medians[name]:9.1f}{run.dollars:9.4f}{run.request_bytes / 1000:9.0f}"
            f"{run.growth:8.1f}{statistics.median(r.peak_mib for r in runs):6.0f}"
            f"{statistics.median(r.cpu_seconds for r in runs):7.1f}"
            f"{statistics.median(r.import_seconds for r in runs):9.1f}"
        )
    for name in list(taken)[1:]:
        time = medians["ours"] / medians[name]
        bill = taken["ours"][-1].dollars / taken[name][-1].dollars
        print(f"ours over {name}: {time:.2f} of its time a step, {bill:.3f} of its bill")


def _smolagents() -> str:
    """The Python of a virtual environment with the pinned peer; empty when it cannot be made."""
    python = SMOLAGENTS / "bin" / "python"
    if not python.exists():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(SMOLAGENTS)], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *PINNED]
            subprocess.run(install, check=True, timeout=900)
        except (subprocess.SubprocessError, OSError) as error:
            print(f"smolagents could not be installed and is left out: {error}")
            return ""
    return str(python)
