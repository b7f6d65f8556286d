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

from .command import CODEACT, SECONDS, Finished, act, codeact, environment, start

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
    assert content.cells[-1].source.startswith("**Interrupted** by the person")


def begun(process: subprocess.Popen[str]) -> None:
    """Wait until the code that runs put something out; the command prints JSON."""
    assert process.stdout is not None
    assert any('"output-produced"' in line for line in iter(process.stdout.readline, ""))


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_what_tells_the_command_to_end_interrupts_the_run_and_leaves_nothing_behind(
    tmp_path: Path, told: signal.Signals
) -> None:
    code = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"
    with LoopbackModel([act(code)]) as model:
        process = start("run", "sleep", "--json", cwd=tmp_path, env=environment(tmp_path, model))
        begun(process)
        process.send_signal(told)
        process.send_signal(told)  # as a terminal that is closed does
        _, said = process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + told
    assert "Traceback" not in said
    (turn,) = Document(tmp_path / "codeact.ipynb").trajectory.turns
    assert (turn.state, turn.steps[0].state) == ("interrupted", "interrupted")
    assert not list(tmp_path.glob(".*.lock"))
    assert turn.steps[0].observation is not None
    output = turn.steps[0].observation.outputs[0]
    assert isinstance(output, Stream)
    with pytest.raises(ProcessLookupError):
        os.kill(int(output.text), 0)


def test_a_second_interrupt_kills_a_kernel_that_ignores_the_first(tmp_path: Path) -> None:
    code = (
        "import time\nprint('begun', flush=True)\nwhile True:\n"
        "    try: time.sleep(60)\n    except KeyboardInterrupt: print('no', flush=True)"
    )
    with LoopbackModel([act(code)]) as model:
        process = start("run", "spin", "--json", cwd=tmp_path, env=environment(tmp_path, model))
        begun(process)
        process.send_signal(signal.SIGINT)
        begun(process)
        done = interrupted(process)
    assert (done.returncode, done.stderr.count("Traceback")) == (130, 0)
    (turn,) = Document(tmp_path / "codeact.ipynb").trajectory.turns
    assert (turn.state, turn.steps[0].state) == ("interrupted", "unknown")
    assert turn.steps[0].observation is not None
    assert "the kernel was killed" in turn.steps[0].observation.lost


def test_a_kernel_that_dies_is_a_failure_to_a_script(tmp_path: Path) -> None:
    with LoopbackModel([act("import os\nos._exit(1)")]) as model:
        env = environment(tmp_path, model)
        done = codeact("run", "die", "--approve", "never", cwd=tmp_path, env=env)
    assert done.returncode == 4
    assert "the kernel died" in done.stdout
    assert Document(tmp_path / "codeact.ipynb").trajectory.turns[0].state == "interrupted"


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
    (turn,) = Document(tmp_path / "codeact-demo.ipynb").trajectory.turns
    assert turn.state in ("stopped", "interrupted")
