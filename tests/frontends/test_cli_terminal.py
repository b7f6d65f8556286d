"""The command in a real terminal: it asks, it takes answers, and it shows that it is alive."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.trajectory import Stream, Turn
from codeact_jupyter.notebook.document import Document
from tests.loopback import LoopbackModel, ScriptedTurn

from .command import CODEACT, SECONDS, act, environment, say, told

if sys.platform == "win32":
    pytest.skip("a terminal of POSIX", allow_module_level=True)

import pexpect

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class Terminal:
    """A run in a terminal of 100 columns, with a person at it."""

    def __init__(self, work: Path, model: LoopbackModel, *flags: str) -> None:
        env: Any = environment(work, model)
        self.child = pexpect.spawn(
            CODEACT,
            ["run", "do it", *flags],
            cwd=str(work),
            env=env,
            encoding="utf-8",
            dimensions=(50, 100),
            timeout=SECONDS,
        )
        self.path = work / "codeact.ipynb"
        self.seen = ""

    def expect(self, words: str) -> None:
        self.child.expect_exact(words)
        self.seen += self.child.before + self.child.after

    def finish(self) -> int | None:
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before
        self.child.close()
        return self.child.exitstatus  # type: ignore[no-any-return]

    @property
    def text(self) -> str:
        return ANSI.sub("", self.seen)

    @property
    def turn(self) -> Turn:
        return Document(self.path).trajectory.turns[-1]


@contextmanager
def terminal(
    work: Path, *script: ScriptedTurn, flags: tuple[str, ...] = ()
) -> Iterator[tuple[Terminal, LoopbackModel]]:
    with LoopbackModel(script) as model:
        opened = Terminal(work, model, *flags)
        try:
            yield opened, model
        finally:
            opened.child.close(force=True)


def test_a_person_is_asked_and_yes_no_and_a_word_are_understood(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).touch()
    script = [act(f"import os; os.remove({name!r})") for name in "abc"]
    with terminal(tmp_path, *script, say()) as (person, model):
        for answer in ("y", "n", "use pathlib"):
            person.expect("asks because it")
            person.expect("say what to do instead: ")
            person.child.sendline(answer)
        assert person.finish() == 0
        assert "the person said no: use pathlib" in told(model.requests[3])
    states = [step.state for step in person.turn.steps]
    assert states == ["ok", "rejected", "rejected"]
    assert [(tmp_path / name).exists() for name in "abc"] == [False, True, True]
    approvals = [step.approval for step in person.turn.steps]
    assert [(a.decision, a.by) for a in approvals if a] == [
        ("allowed", "person"),
        ("rejected", "person"),
        ("rejected", "person"),
    ]


def test_the_code_asks_and_the_person_types(tmp_path: Path) -> None:
    asks = "import getpass\nname, word = input('name? '), getpass.getpass('word? ')\n"
    code = f"{asks}print(name.upper(), len(word))"
    with terminal(tmp_path, act(code), act("input('more? ')"), say()) as (person, _):
        person.expect("the code asks: name? ")
        person.child.sendline("ada")
        person.expect("the code asks: word? ")
        person.child.waitnoecho()
        person.child.sendline("not to be told")
        person.expect("the code asks: more? ")
        person.child.sendeof()
        assert person.finish() == 0
    first, second = (step.observation for step in person.turn.steps)
    assert first is not None
    assert second is not None
    assert first.outputs[-1] == Stream("ADA 14\n")
    assert second.status == "error", "the end of the input is an EOFError"
    assert "not to be told" not in person.text
    assert "not to be told" not in repr(person.turn)


def test_an_interrupt_at_a_question_ends_the_run_at_once(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with terminal(tmp_path, act("import os; os.remove('a')")) as (person, _):
        person.expect("say what to do instead: ")
        person.child.sendintr()
        assert person.finish() == 130
    assert (tmp_path / "a").exists()
    assert person.turn.state == "stopped"


def test_an_interrupt_while_the_code_asks_ends_the_run_at_once(tmp_path: Path) -> None:
    with terminal(tmp_path, act("input('name? ')")) as (person, _):
        person.expect("the code asks: name? ")
        person.child.sendintr()
        assert person.finish() == 130
    assert person.turn.state == "interrupted"


def test_a_terminal_that_is_closed_interrupts_the_run(tmp_path: Path) -> None:
    code = "import time\nprint('be' + 'gun', flush=True)\ntime.sleep(60)"
    with terminal(tmp_path, act(code), flags=("--approve", "never")) as (person, _):
        person.expect("begun")
        person.child.ptyproc.fileobj.close()
        assert person.child.ptyproc.wait() == 129
        person.child.closed = person.child.ptyproc.closed = True
    assert person.turn.state == "interrupted"
    assert not list(tmp_path.glob(".*.lock"))


def test_the_terminal_shows_what_is_going_on_while_it_goes_on(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    waits = (
        "import pathlib, time\nprint('half way', flush=True)\n"
        f"while not pathlib.Path({str(mark)!r}).exists(): time.sleep(0.01)\nprint('whole')"
    )
    slow = ScriptedTurn(act(waits).content, delay=0.05)
    with terminal(tmp_path, slow, say("**All done**")) as (person, _):
        person.expect("starting the kernel")
        person.expect("step 1 · thinking")
        person.expect("writing code")
        person.expect("half way")
        person.expect("step 1 · running")
        mark.touch()
        assert person.finish() == 0
    lines = [line.rstrip() for line in person.text.splitlines()]
    assert any(re.search(r"tokens · \$0\.0\d+ · \d+ s", line) for line in lines)
    assert lines[-1].startswith("answered · 1 step · ")
    assert "\x1b[1mAll done" in person.seen, "Markdown is rendered"
    assert re.search(r"\x1b\[\d+m(import|while)", person.seen), "code is highlighted"


def test_an_answer_to_a_question_is_never_what_was_typed_before_it(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    script = (act("import time; time.sleep(1); 1"), act("import os; os.remove('a')"), say())
    with terminal(tmp_path, *script) as (person, _):
        person.expect("running")
        person.child.sendline("y")
        person.expect("say what to do instead: ")
        assert (tmp_path / "a").exists()
        person.child.sendline("n")
        assert person.finish() == 0
    assert (tmp_path / "a").exists()
    assert json.loads(person.path.read_text("utf-8"))["nbformat"] == 4
