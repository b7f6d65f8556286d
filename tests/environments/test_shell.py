"""What the environment of this process does beyond what every environment promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from .test_contract import Runner, interrupted, shell, text

# Figures are drawn there, once the action's own code is over.
DRAWING = """
import time
def draw():
    get_ipython().events.unregister('post_execute', draw)
    print('begun', flush=True)
    time.sleep(20)
    print('drawn')
get_ipython().events.register('post_execute', draw)
"""


async def test_an_interrupt_ends_the_drawing_of_figures_too(tmp_path: Path) -> None:
    async with shell(tmp_path) as environment:
        seen = await interrupted(environment, DRAWING)
        assert seen.status == "interrupted"
        assert "begun" in text(seen) and "drawn" not in text(seen)
        assert (await Runner(environment)("'alive'")).status == "ok"


CANCELLING = {
    "itself": "import asyncio\nasyncio.current_task().cancel()\nprint('done')",
    "all": "import asyncio\nfor task in asyncio.all_tasks():\n    task.cancel()\nprint('done')",
}


@pytest.mark.parametrize("which", CANCELLING)
async def test_code_that_cancels_the_task_it_runs_in_ends_as_in_a_cell(
    tmp_path: Path, which: str
) -> None:
    async with shell(tmp_path) as environment:
        run = Runner(environment)
        seen = await run(CANCELLING[which])
        assert (seen.status, text(seen)) == ("ok", "done\n")
        assert (await run("1 + 1")).status == "ok"


LOGGING = """
import sys
class Log:
    def __init__(self, stream):
        self.stream = stream
    def write(self, text):
        self.stream.write(text)
    def flush(self):
        pass
usual = sys.stdout, sys.stderr
sys.stdout, sys.stderr = map(Log, usual)
"""


async def test_streams_of_the_persons_own_need_only_what_print_needs(tmp_path: Path) -> None:
    async with shell(tmp_path) as environment:
        run = Runner(environment)
        for code in (LOGGING, "print('logged')", "sys.stdout, sys.stderr = usual"):
            seen = await run(code)
            assert seen.status == "ok", seen
        assert (await run("print('as usual')")).outputs
