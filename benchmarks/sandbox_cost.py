"""What a kernel behind walls costs over a plain one: its start, a trivial cell, and a megabyte."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROUNDS, CELLS = 5, 40
CODES = {"trivial cell": "1 + 1", "print 1 MB": "print('x' * 1_000_000)"}


def main() -> None:
    """milliseconds of a sandboxed kernel and of a plain one, started in turns; medians"""
    from codeact_jupyter.sandbox import kernelspec
    from codeact_jupyter.sandbox.backends import bubblewrap

    program, why = bubblewrap() if sys.platform == "linux" else ("", "it needs Linux")
    if not program:
        print(f"left out: {why}")
        return
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "kernels", kernelspec.NAME)
        spec.mkdir(parents=True)
        (spec / "kernel.json").write_text(json.dumps(kernelspec.specification({})))
        os.environ["JUPYTER_PATH"] = folder
        work = Path(folder, "work")
        work.mkdir()
        measured: dict[str, dict[str, list[float]]] = {}
        for _ in range(ROUNDS):
            for name in ("python3", kernelspec.NAME):
                for what, seconds in _measured(name, work).items():
                    measured.setdefault(what, {}).setdefault(name, []).append(seconds)
    print(f"{'':<14} {'plain ms':>9} {'sandbox ms':>11} {'ratio':>6}")
    for what, by_kernel in measured.items():
        plain = statistics.median(by_kernel["python3"]) * 1000
        walled = statistics.median(by_kernel[kernelspec.NAME]) * 1000
        print(f"{what:<14} {plain:>9.1f} {walled:>11.1f} {walled / plain:>6.2f}")


def _measured(name: str, work: Path) -> dict[str, float]:
    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name=name)
    started = time.perf_counter()
    manager.start_kernel(cwd=str(work))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    seconds = {"start": time.perf_counter() - started}
    for what, code in CODES.items():
        seconds[what] = statistics.median(_run(client, code) for _ in range(CELLS))
    client.stop_channels()
    started = time.perf_counter()
    manager.shutdown_kernel()
    seconds["shutdown"] = time.perf_counter() - started
    return seconds


def _run(client: Any, code: str) -> float:
    started = time.perf_counter()
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=30)
        about = message["parent_header"].get("msg_id") == request
        if about and message["content"].get("execution_state") == "idle":
            return time.perf_counter() - started
