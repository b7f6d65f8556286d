"""A run of a thousand steps: does a step cost more at the end than at the start?"""

from __future__ import annotations

import statistics
from pathlib import Path

from .driving import drive
from .story import Story

STEPS = 1_000
WINDOW = 100


def main() -> None:
    """milliseconds a step without the model, first and last hundred, and peak memory"""
    ours = Path(__file__).parent / "peers" / "ours.py"
    short = drive(ours, Story().tool_turn)  # first: a child's peak counts its parent's at the start
    taken = drive(ours, Story(STEPS).tool_turn, str(STEPS + 1), seconds=900)
    first = statistics.median(taken.gaps[:WINDOW])
    last = statistics.median(taken.gaps[-WINDOW:])
    print(f"first {WINDOW}: {first:.1f} ms, last {WINDOW}: {last:.1f} ms, ratio {last / first:.2f}")
    print(f"peak memory: {taken.peak_mib:.0f} MiB, of a run of 50 steps: {short.peak_mib:.0f} MiB")
