"""Runs a peer as a child process against the loopback model and reads what it took."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.loopback import LoopbackModel, ScriptedTurn

ROOT = Path(__file__).parent.parent
PEERS = ROOT / "benchmarks" / "peers"
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class Taken:
    """What one run of a peer took; milliseconds between a reply's end and the next request.

    `cpu_gaps` are milliseconds of its own CPU from step to step, the wait for the model left out.
    Memory is that of the peer's process and of those it starts; CPU is of its process alone.
    """

    gaps: tuple[float, ...]
    import_seconds: float
    cpu_seconds: float
    cpu_gaps: tuple[float, ...]
    peak_mib: float
    request_bytes: int
    prompt_tokens: tuple[int, ...]
    dollars: Decimal
    requests: int

    @property
    def median(self) -> float:
        return statistics.median(self.gaps)

    @property
    def cpu_median(self) -> float:
        """CPU of a step, which a busy machine does not change much."""
        return statistics.median(self.cpu_gaps or [math.nan])

    @property
    def growth(self) -> float:
        """Tokens that the prompt grew by in a step."""
        return (self.prompt_tokens[-1] - self.prompt_tokens[0]) / (len(self.prompt_tokens) - 1)


def drive(
    script: Path,
    turn: Callable[[int], ScriptedTurn],
    *arguments: str,
    python: str = sys.executable,
    seconds: int = 300,
) -> Taken:
    """Run `script` in an empty folder with the model's address in URL; it reports when it ends."""
    count = iter(range(1, 1_000_000))
    with TemporaryDirectory() as folder, LoopbackModel(lambda _: turn(next(count))) as model:
        environ = {
            **os.environ,
            "URL": model.url,
            "ANTHROPIC_API_KEY": "sk-test",
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "PYTHONPATH": "",
        }
        child = subprocess.Popen(
            [python, str(script), *arguments],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
        try:
            with _descendants_peak(child.pid) as others:
                out, err = child.communicate(timeout=seconds)
        finally:
            child.kill()
        if child.returncode:
            raise RuntimeError(f"{script.name} failed:\n{err[-3000:]}")
        facts = json.loads(next(line for line in out.splitlines() if line.startswith("{")))
        gaps = zip(model.completions, model.arrivals[1:], strict=False)
        return Taken(
            tuple((arrival - end) * 1000 for end, arrival in gaps),
            facts["import"],
            facts["cpu"],
            tuple(1000 * (after - before) for before, after in pairwise(facts["cpu_marks"])),
            facts["peak"] + max(others) / 2**20,
            sum(len(body) for body in model.bodies),
            tuple(_prompt(usage) for usage in model.usages),
            sum((_dollars(usage) for usage in model.usages), Decimal(0)),
            len(model.requests),
        )


@contextmanager
def _descendants_peak(pid: int) -> Iterator[list[int]]:
    """Sample the bytes that the processes started by `pid` hold together: sandboxes, workers."""
    seen, over = [0], threading.Event()

    def watch() -> None:
        while not over.wait(LOOK_SECONDS):
            with suppress(psutil.Error):
                children = psutil.Process(pid).children(recursive=True)
                seen.append(sum(child.memory_info().rss for child in children))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _prompt(usage: dict) -> int:
    keys = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return sum(usage.get(key) or 0 for key in keys)


def _dollars(usage: dict) -> Decimal:
    """At one price list for all: what `genai-prices` has for claude-opus-5-5."""
    from codeact_jupyter.engine.trajectory import Usage
    from codeact_jupyter.models.prices import price

    counted = Usage(
        usage.get("input_tokens") or 0,
        usage.get("output_tokens") or 0,
        usage.get("cache_read_input_tokens") or 0,
        usage.get("cache_creation_input_tokens") or 0,
    )
    return price("claude-opus-5-5", counted) or Decimal(0)
