"""A run of a thousand steps: does a step cost more at the end than at the start?"""

from __future__ import annotations

import statistics

from .driving import PEERS, Taken, drive
from .story import Story

STEPS = 1_000
WINDOW = 100


def main() -> None:
    """milliseconds a step without the model, first and last hundred, and peak memory"""
    ours, bare = PEERS / "ours.py", PEERS / "bare.py"
    short = drive(ours, Story().tool_turn)  # first: a child's peak counts its parent's at the start
    taken = drive(ours, Story(STEPS).tool_turn, str(STEPS + 1), seconds=900)
    _say("ours", taken)
    _say("bare loop", drive(bare, Story(STEPS).tool_turn, seconds=900))
    print(f"peak memory: {taken.peak_mib:.0f} MiB, of a run of 50 steps: {short.peak_mib:.0f} MiB")


def _say(name: str, taken: Taken) -> None:
    first = statistics.median(taken.gaps[:WINDOW])
    last = statistics.median(taken.gaps[-WINDOW:])
    steps = f"first {WINDOW}: {first:.1f} ms, last {WINDOW}: {last:.1f} ms"
    print(f"{name}: {steps}, ratio {last / first:.2f}")
