"""What it costs to load us, against `import anthropic`, which must wait for the first query."""

from __future__ import annotations

import statistics
import subprocess
import sys

TIMES = 7
LOAD = (
    "import time; from IPython.core.interactiveshell import InteractiveShell as S; "
    "s = S.instance(); t = time.perf_counter(); s.run_line_magic('load_ext', 'codeact_jupyter')"
)
STARTS = {
    "import codeact_jupyter": "import time; t = time.perf_counter(); import codeact_jupyter",
    "%load_ext codeact_jupyter": LOAD,
    "import anthropic": "import time; t = time.perf_counter(); import anthropic",
}


def main() -> None:
    """milliseconds in a fresh process, median of seven"""
    medians = {}
    for name, code in STARTS.items():
        ending = "; print((time.perf_counter() - t) * 1000)"
        times = [_run(code + ending) for _ in range(TIMES)]
        medians[name] = statistics.median(times)
        print(f"{name:28}{medians[name]:8.1f} ms")
    for name in list(STARTS)[:2]:
        print(f"{name} over import anthropic: {medians[name] / medians['import anthropic']:.3f}")


def _run(code: str) -> float:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout.splitlines()[-1])
