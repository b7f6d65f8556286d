"""`%codeact rebuild` and `fork`: after a restart the kernel is as the conversation left it."""

from __future__ import annotations

import json
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.notebook.document import Document
from tests.notebook.stories import conversation, step, story

from .live import SECONDS, LiveKernel, ScriptedModel, act, say

SLOW = "import time\nopen({!r}, 'w').close()\ntime.sleep(60)"


def restart(kernel: LiveKernel) -> None:
    """The kernel as after `Restart Kernel`, with the extension loaded again."""
    kernel.manager.restart_kernel(now=True)
    kernel.client.wait_for_ready(timeout=SECONDS)
    assert not kernel.run("%load_ext codeact_jupyter").failed


@pytest.fixture
def saved(kernel: LiveKernel, model: ScriptedModel, tmp_path: Path) -> Path:
    """A run of three steps in the kernel, and the notebook of it."""
    codes = ("data = [1, 2, 3]\nprint('loaded')", "missing_name", "total = sum(data)\ntotal")
    model.will(*map(act, codes), say("Six."))
    assert not kernel.task("add up", "--approve never").failed
    path = tmp_path / "saved.ipynb"
    assert not kernel.run(f"%codeact export {path}").failed
    content = nbformat.read(path, as_version=4)
    mine = nbformat.v4.new_code_cell("factor = 10", execution_count=1)
    content.cells.insert(0, mine)
    nbformat.write(content, path)
    return path


def test_a_restarted_kernel_is_rebuilt_and_the_conversation_goes_on(
    kernel: LiveKernel, model: ScriptedModel, saved: Path
) -> None:
    before = saved.read_bytes()
    restart(kernel)
    ran = kernel.run(f"%codeact rebuild {saved}")
    assert not ran.failed and ran.stdout.strip() == "Rebuilt: 4 same.", ran.text
    assert "loaded" not in ran.text, "what was run again shows nothing: the record has it"
    assert kernel.value("(total, factor)") == "(6, 10)"
    assert saved.read_bytes() == before
    model.will(act("total * factor"), say("60."))
    kernel.task("times ten", "--approve never")
    first = json.dumps(model.requests[0]["messages"])
    assert "add up" in first and "was rebuilt" in first and "came out as before" in first
    assert "[value] 60" in model.results()[-1]


def test_what_differs_and_what_was_not_run_is_told_to_both(
    kernel: LiveKernel, model: ScriptedModel, tmp_path: Path
) -> None:
    steps = (
        step(1, "print('now')"),
        step(2, "import shutil\nshutil.rmtree('away')\ngone = 1"),
        step(3, "gone"),
    )
    path = tmp_path / "differs.ipynb"
    turn = story()
    Document(path).show(conversation(replace(turn, steps=steps)))
    restart(kernel)
    ran = kernel.run(f"# again\n%codeact rebuild {path} --without-own-cells")
    said = ran.stdout
    told = [each["content"]["data"] for each in ran.messages if "display" in each["msg_type"]]
    words = [f"Running again {number} of 3: 1.{number}" for number in (1, 2, 3)]
    assert [data["text/plain"] for data in told] == words
    assert "1.1 new" in said and "1.3 skipped: needs gone, which 1.2" in said
    assert "--allow delete" in said
    model.will(say())
    kernel.task("go on")
    told = json.dumps(model.requests[0]["messages"][-1])
    assert "1.2: skipped" in told and "does not exist now" in told


def test_a_locked_name_that_the_kernel_holds_is_left_alone(
    kernel: LiveKernel, tmp_path: Path
) -> None:
    steps = (step(1, "kept.append(1)"), step(2, "made = [1]\nmade.append(2)"))
    path = tmp_path / "locked.ipynb"
    Document(path).show(conversation(replace(story(), steps=steps)))
    restart(kernel)
    kernel.run("kept = [0]")
    kernel.run("%codeact protect kept made")
    said = kernel.run(f"%codeact rebuild {path} --without-own-cells").stdout
    assert "1.1 skipped" in said and "kept, which you locked" in said, said
    assert kernel.value("(kept, made)") == "([0], [1, 2])"


def test_an_interrupt_ends_the_rebuilding_and_leaves_the_kernel_alone(
    kernel: LiveKernel, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    steps = (step(1, "early = 1"), step(2, SLOW.format(str(begun))), step(3, "late = 1"))
    path = tmp_path / "slow.ipynb"
    Document(path).show(conversation(replace(story(), steps=steps)))
    restart(kernel)

    def interrupt() -> None:
        while not begun.exists():
            threading.Event().wait(0.05)
        os.kill(process, signal.SIGINT)

    process = int(kernel.value("__import__('os').getpid()"))
    waiting = threading.Thread(target=interrupt, daemon=True)
    waiting.start()
    said = kernel.run(f"%codeact rebuild {path} --allow all").stdout
    assert "1.2 interrupted" in said and "1.3 not run" in said
    assert kernel.value("early") == "1"


def test_a_step_is_forked_into_a_notebook_of_its_own(
    kernel: LiveKernel, model: ScriptedModel, tmp_path: Path
) -> None:
    model.will(act("a = 1"), act("a = 2"), say())
    kernel.task("try", "--approve never")
    target = tmp_path / "fork.ipynb"
    said = kernel.run(f"%codeact fork 1.1 {target}")
    assert not said.failed and "%codeact rebuild" in said.stdout
    (turn,) = Document(target).trajectory.turns
    assert [each.action.code for each in turn.steps if each.action] == ["a = 1"]
    assert kernel.value("a") == "2"
    assert "exists" in kernel.run(f"%codeact fork 1.1 {target}").error


def test_in_a_new_kernel_the_fork_is_rebuilt_to_its_step_and_goes_on_from_there(
    kernel: LiveKernel, model: ScriptedModel, tmp_path: Path
) -> None:
    model.will(act("a = 1"), act("a = 2"), say())
    kernel.task("try", "--approve never")
    target = tmp_path / "fork.ipynb"
    kernel.run(f"%codeact fork 1.1 {target}")
    restart(kernel)
    assert "1 same" in kernel.run(f"%codeact rebuild {target}").stdout
    model.will(act("b = a + 10"), say())
    assert not kernel.task("go on", "--approve never").failed
    assert kernel.value("(a, b)") == "(1, 11)"
    told = json.dumps(model.requests[0]["messages"])
    assert "a = 1" in told and "a = 2" not in told


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("%codeact rebuild", "nothing to rebuild"),
        ("%codeact rebuild nowhere.ipynb", "nowhere.ipynb"),
        ("%codeact rebuild --all", "--all"),
        ("%codeact rebuild --allow much", "much"),
        ("x = 1\n%codeact rebuild", "only line"),
        ("%codeact fork", "2.3"),
        ("%codeact fork 1.1", "no run"),
    ],
)
def test_what_cannot_be_meant_is_told_in_a_word(kernel: LiveKernel, line: str, says: str) -> None:
    ran: Any = kernel.run(line)
    assert ran.failed and says in ran.error and "Traceback" not in ran.error, ran.error
