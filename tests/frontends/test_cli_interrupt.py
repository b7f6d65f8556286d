"""Ctrl-C at any moment, and a reader that leaves: the command ends, the notebook is whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import nbformat
import pytest

from codeact_jupyter.engine.trajectory import Stream
from codeact_jupyter.notebook.document import Document
from tests.loopback import LoopbackModel, ScriptedTurn, Text

from .command import CODEACT, SECONDS, Finished, act, environment, start

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")


def interrupted(process: subprocess.Popen[str]) -> Finished:
    """Press Ctrl-C once; what came of it."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=SECONDS)
    return subprocess.CompletedProcess(CODEACT, process.returncode, out, err)


def test_an_interrupt_while_the_model_thinks_stops_and_leaves_a_whole_notebook(
    tmp_path: Path,
) -> None:
    slow = ScriptedTurn([Text("thinking " * 50)], delay=0.5)
    with LoopbackModel([slow]) as model:
        process = start("run", "think", cwd=tmp_path, env=environment(tmp_path, model))
        assert model.wait_for_requests(timeout=SECONDS)
        done = interrupted(process)
        assert model.wait_for_abandoned()
    assert (done.returncode, done.stderr) == (130, "")
    assert "stopped by the person" in done.stdout
    assert Document(tmp_path / "codeact.ipynb").trajectory.turns[0].state == "stopped"


def test_an_interrupt_while_code_runs_interrupts_it_and_keeps_what_it_printed(
    tmp_path: Path,
) -> None:
    code = "import time\nprint('begun', flush=True)\nopen('mark', 'w').close()\ntime.sleep(60)"
    with LoopbackModel([act(code)]) as model:
        process = start("run", "sleep", "--json", cwd=tmp_path, env=environment(tmp_path, model))
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any('"output-produced"' in line for line in lines)
        done = interrupted(process)
    assert (done.returncode, done.stderr.count("Traceback")) == (130, 0)
    (step,) = Document(tmp_path / "codeact.ipynb").trajectory.turns[0].steps
    assert step.observation is not None
    assert (step.state, step.observation.outputs[0]) == ("interrupted", Stream("begun\n"))
    content = nbformat.read(tmp_path / "codeact.ipynb", as_version=4)
    nbformat.validate(content)
    assert content.cells[-1].source.startswith("**Interrupted.**")


def test_a_reader_that_leaves_ends_the_run_without_a_traceback(tmp_path: Path) -> None:
    env = environment(tmp_path)
    with subprocess.Popen(
        [CODEACT, "demo", "--json"],
        cwd=tmp_path,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["kind"] == "run-started"
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 141
    assert "Traceback" not in said
