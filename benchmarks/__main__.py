"""Runs the benchmarks that are named, or all of them, and prints their tables."""

from __future__ import annotations

import sys

from . import (
    dom,
    faults,
    gate_cost,
    journal_cost,
    lab_start,
    large_notebook,
    long_run,
    peers_run,
    replay_cost,
    sandbox_cost,
    server_runs,
    start,
    step_cost,
    undo_cost,
)

BENCHMARKS = {
    "peers": peers_run.main,
    "step": step_cost.main,
    "gate": gate_cost.main,
    "undo": undo_cost.main,
    "start": start.main,
    "long": long_run.main,
    "journal": journal_cost.main,
    "faults": faults.main,
    "replay": replay_cost.main,
    "server": server_runs.main,
    "sandbox": sandbox_cost.main,
    "dom": dom.main,
    "lab_start": lab_start.main,
    "large_notebook": large_notebook.main,
}

if __name__ == "__main__":
    names = sys.argv[1:] or list(BENCHMARKS)
    for unknown in set(names) - set(BENCHMARKS):
        sys.exit(f"there is no benchmark {unknown!r}; choose from: {', '.join(BENCHMARKS)}")
    for name in names:
        print(f"\n== {name}: {BENCHMARKS[name].__doc__}", flush=True)
        BENCHMARKS[name]()
