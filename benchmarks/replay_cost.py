"""Replaying a run of a hundred steps: its seconds over those that its code took at first."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.frontends.rebuilding import unasked
from codeact_jupyter.record.recorded import Part
from codeact_jupyter.record.replaying import Replay

from .story import Story

STEPS = 100
WORK = "\n_ = sum(n * n for n in range(400_000))"


def main() -> None:
    """seconds of a run's code, of its replay in a new kernel with all comparing, and their ratio"""
    story = Story(STEPS + 1)
    _say("steps that do next to nothing", story.code)
    _say("steps that each compute a little", lambda step: story.code(step) + WORK)


def _say(name: str, code: Callable[[int], str]) -> None:
    with TemporaryDirectory() as folder:
        taken, replayed, same = asyncio.run(_measured(Path(folder), code))
    print(
        f"{name}: code {taken:.2f} s, replay {replayed:.2f} s, ratio {replayed / taken:.2f}; "
        f"{same} of {STEPS} the same"
    )


async def _measured(folder: Path, code: Callable[[int], str]) -> tuple[float, float, int]:
    parts = await _recorded(folder, [code(step) for step in range(1, STEPS + 1)])
    environment = await KernelEnvironment.start(workspace=folder)
    try:
        started = time.perf_counter()
        outcomes = await Replay(environment, unasked(frozenset())).run(parts)
        replayed = time.perf_counter() - started
    finally:
        await environment.close()
    same = sum(outcome.state == "same" for outcome in outcomes)
    return sum(part.seconds for part in parts), replayed, same


async def _recorded(folder: Path, codes: Sequence[str]) -> list[Part]:
    """The steps of a run of these codes, whose code took the seconds that their record says."""
    environment = await KernelEnvironment.start(workspace=folder)
    parts = []
    try:
        await environment.news()
        for number, code in enumerate(codes, 1):
            cell = f"0000cafe-{number}-action"
            seen = await environment.execute(Action(code, cell), on_output=lambda _: None)
            label = f"1.{number}"
            parts.append(Part(label, cell, code, seen.status, seen.outputs, seconds=seen.seconds))
    finally:
        await environment.close()
    return parts
