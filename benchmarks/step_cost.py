"""What one action costs over a plain `run_cell` of the same code, in one process."""

from __future__ import annotations

import asyncio
import statistics
import time

CODES = {"pass": "pass", "print": "print('hello')", "value": "x = 3\nx"}
TIMES = 300


def main() -> None:
    """milliseconds of an action and of a plain run_cell, with few and with many names"""
    asyncio.run(_measure())


async def _measure() -> None:
    import os
    import sys

    from IPython.core.interactiveshell import InteractiveShell

    from codeact_jupyter.engine.trajectory import Action
    from codeact_jupyter.environments.shell import ShellEnvironment

    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    environment = ShellEnvironment(shell)
    await environment.news()
    out, silent = sys.stdout, open(os.devnull, "w")  # noqa: SIM115
    rows = []
    for names in (10, 1_000):
        shell.user_ns.update({f"name_{i}": i for i in range(names)})
        for label, code in CODES.items():
            plain, acted = [], []
            sys.stdout = silent
            for _ in range(TIMES):
                started = time.perf_counter()
                shell.run_cell(code)
                plain.append(time.perf_counter() - started)
                started = time.perf_counter()
                await environment.execute(Action(code, "run-1-action"), on_output=lambda _: None)
                acted.append(time.perf_counter() - started)
            sys.stdout = out
            rows.append((label, names, statistics.median(plain), statistics.median(acted)))
    for label, names, before, after in rows:
        print(
            f"{label:6} with {names:5} names: action {after * 1000:6.2f} ms, "
            f"run_cell {before * 1000:5.2f} ms, {(after - before) * 1000:6.2f} ms more"
        )
