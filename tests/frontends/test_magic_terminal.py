"""`%%codeact` in IPython's own terminal, through a pseudo-terminal."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .live import ScriptedModel, act, say, with_model

pexpect = pytest.importorskip("pexpect", exc_type=ImportError)
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal"),
]
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][A-Z0-9]|\x1b[=>]|\r")


class Terminal:
    """IPython in a terminal: type a cell, read until the next prompt."""

    def __init__(self, model: ScriptedModel, folder: str) -> None:
        environ = {**os.environ, **with_model(model), "TERM": "dumb", "IPYTHONDIR": folder}
        command = "--simple-prompt --no-banner --no-confirm-exit --colors=NoColor"
        self.child = pexpect.spawn(
            sys.executable, ["-m", "IPython", *command.split()], env=environ, cwd=folder,
            encoding="utf-8", timeout=60, dimensions=(50, 200),
        )  # fmt: skip
        self.wait()

    def wait(self) -> str:
        self.child.expect(r"In \[(\d+)\]: ")
        return ANSI.sub("", str(self.child.before))

    @property
    def number(self) -> int:
        """The number of the prompt that is shown."""
        return int(self.child.match.group(1))

    def run(self, line: str) -> str:
        self.child.sendline(line)
        return self.wait()

    def begin(self, task: str, flags: str = "") -> None:
        """Type a `%%codeact` cell, to its empty last lines."""
        for line in (f"%%codeact {flags}", task, ""):
            self.child.sendline(line)
            self.child.expect(r"\.\.\.: ")
        self.child.sendline("")

    def task(self, task: str, flags: str = "--approve never") -> str:
        self.begin(task, flags)
        return self.wait()

    def interrupt_at(self, words: str) -> str:
        self.child.expect(words)
        self.child.sendintr()
        return self.wait()


@pytest.fixture
def terminal(shared_model: ScriptedModel, tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(shared_model, str(tmp_path))
    terminal.run("%load_ext codeact_jupyter")
    yield terminal
    terminal.child.close(force=True)


def test_a_run_is_shown_as_text(terminal, model):
    model.will(
        act("print('once', 1)", "I **think** so."),
        act("1 + 1"),
        act("!echo from the shell"),
        act("import asyncio\nawait asyncio.sleep(0)\n1/0"),
        say("All done."),
    )
    number = terminal.number
    shown = terminal.task("show me")
    for words in ("I think so.", "print('once', 1)", "once 1", "ZeroDivisionError", "All done."):
        assert words in shown, shown
    assert shown.count("\nonce 1\n") == 1 and shown.count("All done.") == 1
    assert "answered · 4 steps" in shown and "Out[" not in shown
    assert "[value] 2" in model.results()[1] and "from the shell" in model.results()[2]
    assert terminal.number == number + 1
    history = terminal.run("%history -n")
    assert "print('once', 1)" not in history and history.count("show me") >= 1


def test_numbers_and_last_values(terminal, model):
    terminal.run("'mine'")
    model.will(act("1 + 1"), act("2 + 2"), say())
    before = terminal.number
    terminal.task("count")
    assert terminal.number == before + 1
    assert "(4, 2)" in terminal.run("(_, __)")


def test_the_persons_cells_are_told(terminal, model):
    terminal.run("def half(x): return x / 0\n")
    terminal.run("half(7)")
    model.will(say())
    terminal.task("fix this")
    told = model.told
    assert "half(7)" in told and "ZeroDivisionError" in told


@pytest.mark.parametrize(
    "code",
    ["import time; print('be' + 'gun')\nwhile True: time.sleep(1)",
     "import asyncio; print('be' + 'gun'); await asyncio.sleep(60)"],
    ids=["sleep", "await"],
)  # fmt: skip
def test_ctrl_c_interrupts_running_code(terminal, model, code):
    for _ in range(2):
        model.will(act(code), say("not reached"))
        terminal.begin("do it", "--approve never")
        shown = terminal.interrupt_at("begun")
        assert (
            "the run ended interrupted" in shown and "Traceback" not in shown.split("RunFailed")[-1]
        )
        assert "stopping.py" not in shown
    model.will(act("'still ' + 'here'"), say("Went on."))
    assert "Went on." in terminal.task("go on")
    assert sum("interrupted by the person" in result for result in model.results()) == 2


def test_ctrl_c_stops_thinking(terminal, model):
    from tests.loopback import ScriptedTurn, Text

    model.will(ScriptedTurn([Text("thinking about it " * 100)], latency=30))
    terminal.begin("do it")
    assert model.wait_for_requests(1, timeout=30)
    terminal.child.sendintr()
    assert "the run ended stopped" in terminal.wait()
    model.will(say("Went on."))
    assert "Went on." in terminal.task("go on")


def test_risky_code_asks_at_the_terminal(terminal, model):
    model.will(act("import os\nos.remove('x')"), act("2 + 3"), say("Ended."))
    terminal.begin("remove it")
    terminal.child.expect(r"Run it\?")
    assert "asks because" in terminal.child.before
    terminal.child.sendline("n")
    assert "Ended." in terminal.wait() and "the person said no" in model.results()[0]
    model.will(act("import os\nos.remove('x')"), say("not reached"))
    terminal.begin("remove it")
    terminal.child.expect(r"Run it\?")
    terminal.child.sendintr()
    assert "the run ended stopped" in terminal.wait()


def test_the_code_may_ask_at_the_terminal(terminal, model):
    model.will(act("print('hello', input('name? '))"), say("Ended."))
    terminal.begin("ask", "--approve never")
    terminal.child.expect(r"name\? $")
    terminal.child.sendline("Ada")
    assert "hello Ada" in terminal.wait()
    assert "hello Ada" in model.told


def test_a_value_before_a_semicolon_is_not_shown(terminal: Terminal, model: ScriptedModel) -> None:
    model.will(act("'one' + 'two';"), act("'three' + 'four'"), say("All done."))
    shown = terminal.task("show me")
    assert "onetwo" not in shown + str(model.requests) and "threefour" in shown
    assert "threefour" in model.told


def test_ipythons_full_prompt_shows_a_run_and_interrupts_one(
    shared_model: ScriptedModel, model: ScriptedModel, tmp_path: Path
) -> None:
    environ = {**os.environ, **with_model(shared_model), "IPYTHONDIR": str(tmp_path)}
    environ |= {"TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1"}
    child = pexpect.spawn(
        sys.executable, ["-m", "IPython", "--no-banner", "--no-confirm-exit"],
        env=environ, cwd=str(tmp_path), encoding="utf-8", timeout=60, dimensions=(50, 200),
    )  # fmt: skip

    def until_prompt(number: int) -> None:
        child.expect(rf"In \[[^ ]*m{number}\x1b[^ ]*: ")

    def begin(task: str) -> None:
        for line in ("%%codeact --approve never", task):
            child.send(f"{line}\r")
        child.send("\x1b\r")  # Alt+Enter: run the cell

    until_prompt(1)
    child.send("%load_ext codeact_jupyter\r")
    until_prompt(2)
    model.will(act("print('on' + 'ce')"), say("All done."))
    begin("show me")
    for words in ("once", "All done", "answered"):
        child.expect(words)
    until_prompt(3)
    model.will(act("import time\nprint('fast a' + 'sleep')\ntime.sleep(60)"), say("never"))
    begin("sleep")
    child.expect("fast asleep")
    child.sendintr()
    child.expect("the run ended interrupted")
    until_prompt(4)
    child.send("print(20 + 3)\r")
    child.expect(r"\D23\D")
    child.close(force=True)
