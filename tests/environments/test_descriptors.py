"""What reaches a terminal past Python's streams is seen, and the terminal is as it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pexpect = pytest.importorskip("pexpect", exc_type=ImportError)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

PROGRAM = """
import asyncio, os, sys, time
from IPython.core.interactiveshell import InteractiveShell
from codeact_jupyter.engine.trajectory import Action, Stream
from codeact_jupyter.environments.shell import ShellEnvironment

environment = ShellEnvironment(InteractiveShell.instance())

def state():
    files = [os.fstat(fd)[:3] for fd in (1, 2)]
    replaced = {"fileno", "flush", "isatty", "write"} & {*vars(sys.stdout), *vars(sys.stderr)}
    return (files, replaced), len(os.listdir("/dev/fd"))

async def run(code):
    before = state()
    seen = await environment.execute(Action(code, "r-1-action"), on_output=lambda output: None)
    for _ in range(200):  # the thread may be about to close its end
        after = state()
        if same := after[0] == before[0] and after[1] <= before[1]:
            break
        time.sleep(0.01)
    text = "".join(each.text for each in seen.outputs if isinstance(each, Stream))
    print("SEEN", seen.status, repr(text), seen.lost, same or (before, after), "END")

while code := sys.stdin.readline():
    asyncio.run(run(code.strip().replace(";;", "\\n")))
"""


class Terminal:
    """A shell in a terminal: run code, and read what was on the screen and what was seen of it."""

    def __init__(self, folder: Path) -> None:
        program = folder / "program.py"
        program.write_text(PROGRAM)
        self.child = pexpect.spawn(sys.executable, [str(program)], encoding="utf-8", timeout=30,
                                   cwd=str(folder), echo=False, dimensions=(40, 150))  # fmt: skip

    def begin(self, code: str) -> None:
        self.child.sendline(code.replace("\n", ";;"))

    def ended(self) -> tuple[str, str]:
        # what a child writes meanwhile may stand in the middle of a long line
        self.child.expect(r"(?s)SEEN (.*?) END\r\n")
        return str(self.child.before).replace("\r\n", "\n"), self.child.match.group(1)

    def run(self, code: str) -> tuple[str, str]:
        self.begin(code)
        return self.ended()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Any]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.child.close(force=True)


def test_children_libraries_and_forks_are_seen_in_order_and_shown_once(terminal):
    code = (
        "import ctypes, os, sys\nprint('a')\nos.system('echo b')\nprint('c')\nos.write(2, b'd\\n')"
        "\nsys.stdout.flush()\nsys.stdout.buffer.write(b'e\\n')\nsys.stdout.flush()\nctypes.CDLL(None).puts(b'f')"
        "\nfrom multiprocessing import get_context"
        "\nworker = get_context('fork').Process(target=print, args=('g',))"
        "\nworker.start()\nworker.join()\nworker.close()"
    )
    shown, seen = terminal.run(code)
    assert shown == "a\nb\nc\nd\ne\nf\ng\n"
    assert seen == r"ok 'a\nb\nc\nd\ne\nf\ng\n'  True"


def test_the_terminal_is_a_terminal_to_python_as_before(terminal):
    code = (
        "import os, sys\nprint(sys.stdout.isatty(), sys.stderr.isatty(), "
        "os.get_terminal_size(sys.__stdout__.fileno()).columns)"
    )
    assert terminal.run(code)[1] == r"ok 'True True 150\n'  True"
    terminal.begin("print('hello', input('name? '))")
    terminal.child.expect(r"name\? ")
    terminal.child.sendline("Ada")
    assert "hello Ada" in terminal.ended()[1]
    terminal.begin("import subprocess\nsubprocess.run('read x; echo got $x', shell=True)")
    terminal.child.sendline("typed")
    assert r"got typed\n" in terminal.ended()[1]


def test_an_interrupt_and_an_error_leave_the_terminal_as_it_was(terminal):
    terminal.begin("import os, time\nos.system('echo first')\nprint('be' 'gun')\ntime.sleep(60)")
    terminal.child.expect("begun")
    terminal.child.sendintr()
    assert terminal.ended()[1] == r"interrupted 'first\nbegun\n'  True"
    terminal.begin("import subprocess\nsubprocess.run('echo be''gun; sleep 60', shell=True)")
    terminal.child.expect("begun")
    terminal.child.sendintr()
    assert terminal.ended()[1].startswith(r"interrupted 'begun\n'")
    assert terminal.run("os.system('echo x')\n1/0")[1].startswith(r"error 'x\n'")
    assert terminal.run("os.system('echo still here')")[1] == r"ok 'still here\n'  True"


def test_what_a_child_writes_after_its_action_is_shown_and_told_with_the_next(terminal):
    code = "import subprocess\nwaiting = subprocess.Popen('read x < go; echo later', shell=True)"
    terminal.run("import os, time\nos.mkfifo('go')")
    assert terminal.run(code)[1].startswith("ok ''")
    shown, seen = terminal.run("with open('go', 'w') as go: go.write('x\\n')\nwaiting.wait()")
    assert "later\n" in shown and r"'later\n'" in seen


def test_threads_that_print_while_children_write_lose_nothing(terminal):
    code = (
        "import os, threading\nwork = lambda: [print('p') or os.system('echo c') for _ in range(9)]"
        "\nthreads = [threading.Thread(target=work) for _ in range(4)]"
        "\nfor each in threads: each.start()\n\nfor each in threads: each.join()"
    )
    seen = terminal.run(code)[1]
    assert seen.startswith("ok ") and (seen.count("p"), seen.count("c")) == (36, 36)


def test_a_child_that_goes_on_writing_keeps_no_action_from_its_end(terminal):
    endless = "endless = subprocess.Popen('while sleep 0.01; do echo on; done', shell=True)"
    assert terminal.run(f"import subprocess\n{endless}")[1].startswith("ok ")
    terminal.run("endless.kill()\nendless.wait()")
    assert terminal.run("print('quiet')")[1].startswith("ok ")
