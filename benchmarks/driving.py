"""Runs a peer as a child process against the loopback model and reads what it took."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.loopback import LoopbackModel, ScriptedTurn

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Taken:
    """What one run of a peer took; milliseconds between a reply's end and the next request."""

    gaps: tuple[float, ...]
    import_seconds: float
    cpu_seconds: float
    peak_mib: float
    request_bytes: int
    prompt_tokens: tuple[int, ...]
    dollars: Decimal
    requests: int

    @property
    def median(self) -> float:
        return statistics.median(self.gaps)

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
    """Run `script` with the model's address in URL; it prints IMPORT=seconds first."""
    count = iter(range(1, 1_000_000))
    with LoopbackModel(lambda request: turn(next(count))) as model:
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
            cwd=ROOT,
        )
        try:
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
            facts["peak"],
            sum(len(body) for body in model.bodies),
            tuple(_prompt(usage) for usage in model.usages),
            sum((_dollars(usage) for usage in model.usages), Decimal(0)),
            len(model.requests),
        )


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
