"""The magic goes on: after its kernel died, and with the conversation of another notebook."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.inline import trajectory_of

from .live import SECONDS, LiveKernel, Ran, ScriptedModel, act, live, say


def counted(path: Path) -> str:
    return f"with open({str(path)!r}, 'a') as file:\n    file.write('once\\n')\n"


@contextmanager
def kernel_of(path: Path, model: ScriptedModel) -> Iterator[LiveKernel]:
    """A kernel that was started for this notebook, as Jupyter Server starts it."""
    with live(model, str(path.parent), JPY_SESSION_NAME=str(path)) as kernel:
        yield kernel


def killed(kernel: LiveKernel, task: str) -> None:
    """Run a task that takes the kernel down."""
    kernel.client.execute(f"%%codeact --approve never\n{task}")
    deadline = time.monotonic() + SECONDS
    while kernel.manager.is_alive():
        assert time.monotonic() < deadline, "the kernel did not die"
        time.sleep(0.02)


def saved(*ran: Ran) -> Trajectory:
    """What a notebook holds, once these cells are saved in it."""
    cells = [nbformat.v4.new_code_cell(each.code, outputs=each.outputs) for each in ran]
    return trajectory_of([json.loads(json.dumps(cell)) for cell in cells], None)


def sent(request: Mapping[str, Any]) -> Any:
    """The messages of a request, without the marks of what is to be cached."""
    said = json.dumps(request["messages"])
    return json.loads(said.replace(', "cache_control": {"type": "ephemeral"}', ""))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize("used", ["%codeact status", "%%codeact\nand now?"])
def test_a_run_whose_kernel_was_killed_is_found_at_the_next_use_of_the_magic(
    model: ScriptedModel, tmp_path: Path, used: str
) -> None:
    path, done = tmp_path / "work.ipynb", tmp_path / "done"
    deadly = f"{counted(done)}import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    model.will(act("x = 1\nprint('one')\nx", "I begin."), act(deadly))
    with kernel_of(path, model) as kernel:
        killed(kernel, "count")
    asked = sent(model.requests[-1])
    with kernel_of(path, model) as kernel:
        model.will(say("I go on."))
        first = kernel.run(used)
        assert not first.failed, first.error
        assert "what step 2 did is unknown, and it was not run again" in first.text
        assert "one\n" in first.text
        ran = [first] if used.startswith("%%") else [first, kernel.task("and now?")]
        assert not ran[-1].failed, ran[-1].error
    assert sent(model.requests[0])[: len(asked)] == asked
    assert "outcome unknown" in model.told
    assert "those exist that are listed here" in model.told
    before, after = saved(*ran).turns
    assert (before.state, [step.state for step in before.steps]) == (
        *("interrupted", ["ok", "unknown"]),
    )
    assert before.steps[0].observation is not None
    assert [output.kind for output in before.steps[0].observation.outputs] == ["stream", "result"]
    assert after.state == "answered"
    assert done.read_text() == "once\n"


def test_what_the_saved_notebook_holds_of_a_broken_run_is_not_shown_again(
    model: ScriptedModel, tmp_path: Path
) -> None:
    path = tmp_path / "work.ipynb"
    model.will(act("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    with kernel_of(path, model) as kernel:
        killed(kernel, "count")
    with kernel_of(path, model) as kernel:
        found = kernel.run("%codeact status")
        assert "Recovered the run" in found.text
        assert "Recovered" not in kernel.run("%codeact status").text, "once in a kernel"
        cell = nbformat.v4.new_code_cell(found.code, outputs=found.outputs)
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    with kernel_of(path, model) as kernel:
        assert "Recovered" not in kernel.run("%codeact status").text


def test_the_conversation_of_another_notebook_is_loaded_and_gone_on_with(
    kernel: LiveKernel, model: ScriptedModel, tmp_path: Path
) -> None:
    model.will(act("x = 1\nprint('one')\nx", "I begin."), say("One."))
    ran = kernel.task("count")
    path = tmp_path / "other.ipynb"
    cell = nbformat.v4.new_code_cell(ran.code, outputs=ran.outputs)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    held, before = Document(path).trajectory, sent(model.requests[-1])
    with kernel_of(tmp_path / "mine.ipynb", model) as other:
        loaded = other.run(f"%codeact load {path}")
        assert not loaded.failed, loaded.error
        assert "Loaded 1 task with 1 step from" in loaded.text
        assert "1. answered" in other.run("%codeact status").text
        model.will(say("Two."))
        went_on = other.task("and now?")
        assert sent(model.requests[0])[: len(before)] == before
        assert "those exist that are listed here" in model.told
    mine = saved(loaded, went_on)
    assert mine.turns[:1] == held.turns, "this notebook holds all of the conversation now"
    assert (mine.system, mine.tools) == (held.system, held.tools)
    assert [turn.task for turn in mine.turns] == ["count", "and now?"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("", None, "needs a notebook with a run in it"),
        ("no.ipynb", None, r"no notebook 'no\.ipynb'"),
        ("empty.ipynb", nbformat.writes(nbformat.v4.new_notebook()), "holds no run of codeact"),
        ("cut.ipynb", '{"cells": [', "left as it is"),
    ],
)
def test_what_cannot_be_loaded_is_named_and_left_alone(
    kernel: LiveKernel, name: str, content: str | None, words: str
) -> None:
    cwd = Path(kernel.value("__import__('os').getcwd()").strip("'"))
    if content is not None:
        (cwd / name).write_text(content)
    ran = kernel.run(f"%codeact load {name}")
    assert ran.failed
    assert len(ran.reply["content"]["traceback"]) == 1, "no traceback"
    assert re.search(words, ran.error), ran.error
    if content is not None:
        assert (cwd / name).read_text() == content
