"""A server extension that measures how late the server's event loop is.

Each sample has the lateness of a short sleep, and how much of it the loop itself computed: what
is left was spent by other processes on a machine with too few cores.
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
    with file.open("w") as kept:
        while True:
            computed, started = time.thread_time(), time.perf_counter()
            await asyncio.sleep(PAUSE)
            late = time.perf_counter() - started - PAUSE
            busy = time.thread_time() - computed
            kept.write(json.dumps([time.time(), late * 1000, busy * 1000]) + "\n")
            kept.flush()
