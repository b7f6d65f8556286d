"""What an undo takes: a checkpoint of a large namespace, over a plain step; undoing; memory.

The namespace has a table of 1e6 x 20 floats, 1e4 small names, and a forest that scikit-learn
fitted; the run fits it anew. What its trees hold is in Cython's memory: to change it in place is
named as not covered. It is measured in a virtual environment with scikit-learn.
"""

from __future__ import annotations

import os
import subprocess
import time
from typing import Any

import psutil

from .driving import ROOT
from .installed import python_with

MADE = """
import numpy as np, pandas as pd
df = pd.DataFrame(np.random.default_rng(1).random((1_000_000, 20)))
for number in range(10_000):
    globals()[f"name{number}"] = number if number % 2 else [number]
from sklearn.ensemble import RandomForestRegressor
model = RandomForestRegressor(random_state=1).fit(df.iloc[:5_000, 1:], df[0][:5_000])
"""
PREDICT = "told = model.predict(df.iloc[:100, 1:]).sum()"
STEP = "total = df[0].sum(); name1 = 5"
CHANGES = """
df.iloc[5, 3] = 9.0; name2.append(1); made = 1
model.set_params(n_estimators=7).fit(df.iloc[:500, 1:], df[1][:500])
"""
MOST = 512 << 20


def main() -> None:
    """a checkpoint of a large namespace over a plain step; undoing; memory"""
    if python := python_with("scikit-learn"):
        subprocess.run([python, "-m", "benchmarks.undo_cost"], cwd=ROOT, check=True)


def _measure() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    from codeact_jupyter.environments.undo import serving

    shell = InteractiveShell.instance()
    shell.run_cell(MADE).raise_error()
    shell.run_cell(PREDICT).raise_error()
    first = shell.user_ns.pop("told")
    plain = min(_seconds(lambda: shell.run_cell(STEP)) for _ in range(5))
    before = _memory()
    taking = [_seconds(lambda: serving.take(shell, "run", 1.0, MOST, "", ())) for _ in range(5)]
    held = _memory() - before
    shell.run_cell(CHANGES).raise_error()
    closing = _seconds(lambda: serving.close("run", True))
    undoing = _seconds(lambda: serving.put_back("run", False))
    assert shell.user_ns["name2"] == [2] and "made" not in shell.user_ns
    gaps = serving.look("run")["gaps"]
    serving.forget()
    shell.run_cell(PREDICT).raise_error()
    assert shell.user_ns["told"] == first, "the forest is not what it was"
    print(f"a plain step                      {plain * 1e3:8.1f} ms")
    print(f"a checkpoint, the median of 5     {_median(taking) * 1e3:8.1f} ms")
    print(f"  over the plain step             {_median(taking) / plain:8.1f} x")
    print(f"finding what a run changed        {closing * 1e3:8.1f} ms")
    print(f"undoing it                        {undoing * 1e3:8.1f} ms")
    print(f"memory that the checkpoint holds  {held / 1e6:8.1f} MB of a 160 MB table and the rest")
    print(f"named as not covered              {len(gaps):8d}")


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _memory() -> int:
    """What this process and its children hold, each page that they share counted once."""
    own = psutil.Process(os.getpid())
    family = [own, *own.children(recursive=True)]
    return sum(int(getattr(each.memory_full_info(), "pss", 0)) for each in family)


if __name__ == "__main__":
    _measure()
