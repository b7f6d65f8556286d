"""Our agent in an IPython shell of this process: the SDK, the gate, the record in memory.

With `kept` also what makes a run of the magic outlive it: the journal on disk, and the record in
the displays of its cell. With `notebook`, what the command keeps: the journal and the notebook.
"""

import asyncio
import os
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

started = time.perf_counter()
import anthropic  # noqa: F401 - as the others: before the clock of the steps starts
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.engine.events import QueryStarted
from codeact_jupyter.environments.shell import ShellEnvironment
from codeact_jupyter.frontends.inline import InlineView
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.record.journal import Journal
from codeact_jupyter.safety.gate import Gate
from codeact_jupyter.session import Session
from codeact_jupyter.settings import load_settings

imported = time.perf_counter() - started
from report import mark, report

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 60
folder = Path("kept").resolve()


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
    journal = Journal(folder) if "kept" in sys.argv or "notebook" in sys.argv else None
    document = Document(folder.with_suffix(".ipynb")) if "notebook" in sys.argv else None
    view = InlineView(shell) if "kept" in sys.argv else None
    parts = {"journal": journal, "document": document}
    session = Session(settings, environment, Gate("risky"), **parts)
    with open(os.devnull, "w") as silent, redirect_stdout(silent):  # what the cells print
        async for event in session.run("Do the fifty steps."):
            if view is not None:
                view.show(event, session.trajectory)
            if isinstance(event, QueryStarted):
                mark()
    assert session.turn.state == "answered", session.turn.reason


# As in a kernel; `asyncio.run` sets a signal handler whose text is made for each action.
asyncio.new_event_loop().run_until_complete(main())
report(imported)
