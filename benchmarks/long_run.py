"""A run of a thousand steps: does a step cost more at the end than at the start?"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace

from tests.loopback import ScriptedTurn

from .driving import PEERS, Taken, drive
from .story import Story

STEPS = 1_000
WINDOW = 100
TABLE = 12
# Seconds that the model takes for each reply, first and last. Our server of it needs 3 ms for the
# tenth request and 130 for the thousandth, and after a longer wait the same step takes longer: what
# it works with has left the processor's caches.
LATENCY = 0.25


def main() -> None:
    """milliseconds a step without the model, first and last hundred, and peak memory"""
    ours, bare = PEERS / "ours.py", PEERS / "bare.py"
    short = drive(ours, _paced(Story()))
    taken = _ours()
    _say("ours", taken)
    _say("ours, kept", _ours("kept"))
    _say("ours, notebook", _ours("notebook"))
    _say("bare loop", drive(bare, _paced(Story(STEPS)), seconds=1_800))
    print(f"peak memory: {taken.peak_mib:.0f} MiB, of a run of 50 steps: {short.peak_mib:.0f} MiB")


def _ours(*words: str) -> Taken:
    turn = _paced(Story(STEPS))
    return drive(PEERS / "ours.py", turn, str(STEPS + 1), *words, seconds=1_800)


def _paced(story: Story) -> Callable[[int], ScriptedTurn]:
    """The story by a model that takes the same time for each reply."""
    return lambda step: replace(story.tool_turn(step), latency=LATENCY)


def _say(name: str, taken: Taken) -> None:
    """Both are of the steps after the tenth, which brings a table that is looked at ever after."""
    ways = ("", taken.gaps), (" of CPU", taken.cpu_gaps)
    for way, times in ways:
        first = statistics.median(times[TABLE : TABLE + WINDOW])
        last = statistics.median(times[-WINDOW:])
        steps = f"first {WINDOW}: {first:.1f} ms{way}, last {WINDOW}: {last:.1f} ms"
        print(f"{name}: {steps}, ratio {last / first:.2f}")
    print(f"{name}: peak memory {taken.peak_mib:.0f} MiB")
