"""What the environment of this process does beyond what every environment promises."""

from __future__ import annotations

from pathlib import Path

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
