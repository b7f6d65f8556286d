"""Our agent as the magic runs it: the SDK, an IPython shell in this process, the whole record."""

import asyncio
import os
import sys
import time
from contextlib import redirect_stdout

started = time.perf_counter()
import anthropic  # noqa: F401 - as the others: before the clock of the steps starts
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.shell import ShellEnvironment
from codeact_jupyter.safety.gate import Gate
from codeact_jupyter.session import Session
from codeact_jupyter.settings import load_settings

imported = time.perf_counter() - started
from report import report

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 60


async def main():
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    flags = {
        "base_url": os.environ["URL"],
        "profile": "claude",
        "max_steps": steps,
        "max_tokens": "none",
        "max_cost": "none",
        "context_tokens": 10**9,
    }
    settings = load_settings(flags)
    environment = ShellEnvironment(shell)
    environment.cells.watch()
    session = Session(settings, environment, Gate("risky"))
    with open(os.devnull, "w") as silent, redirect_stdout(silent):  # what the cells print
        async for _ in session.run("Do the fifty steps."):
            pass
    assert session.turn.state == "answered", session.turn.reason


asyncio.run(main())
report(imported)
