"""A server extension that measures how late the server's event loop is.

Each sample has the lateness of a short sleep, the longest that one callback computed meanwhile,
and what all of them computed. The lateness has in it what other processes took of a machine with
too few cores; the other two have not.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

PAUSE = 0.01
WHERE = "CODEACT_BENCHMARK_LAG"  # the file that the samples go to


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.io_loop.add_callback(_sample, Path(os.environ[WHERE]))


async def _sample(file: Path) -> None:
    longest = _watch_callbacks()
    with file.open("w") as kept:
        while True:
            longest[0], started, computed = 0.0, time.perf_counter(), time.thread_time()
            await asyncio.sleep(PAUSE)
            late = time.perf_counter() - started - PAUSE
            seconds = (late, longest[0], time.thread_time() - computed)
            kept.write(json.dumps([time.time(), *(each * 1000 for each in seconds)]) + "\n")
            kept.flush()


def _watch_callbacks() -> list[float]:
    """The longest CPU seconds of one callback since somebody set it to 0."""
    longest, run, last = [0.0], asyncio.Handle._run, time.thread_time()

    def timed(handle: asyncio.Handle) -> None:
        nonlocal last  # what the loop itself computes in between is little, and the clock costs too
        run(handle)
        now = time.thread_time()
        longest[0], last = max(longest[0], now - last), now

    asyncio.Handle._run = timed
    return longest
