"""`codeact run` that is killed: the next one finds out what happened, and repeats nothing."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from pathlib import Path

import pytest

from codeact_jupyter.notebook.document import Document
from tests.loopback import LoopbackModel
from tests.notebook.stories import conversation, running, story
from tests.record.runs import journal_in, record

from .command import SECONDS, act, codeact, environment, one_line, say, start, told

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
COUNTED = "with open('done', 'a') as file:\n    file.write('once\\n')\n"


def until_done(path: Path) -> None:
    """Wait until the action has done what can be counted."""
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.02)


def test_a_command_that_is_killed_in_the_middle_of_a_step_is_recovered_by_the_next(
    tmp_path: Path,
) -> None:
    done, path = tmp_path / "done", tmp_path / "work.ipynb"
    script = [act("x = 1"), act(f"{COUNTED}import time; time.sleep(60)"), say("I go on.")]
    with LoopbackModel(script) as model:
        env = environment(tmp_path, model)
        common = ("--notebook", path, "--approve", "never")
        run = start("run", "count", *common, cwd=tmp_path, env=env)
        until_done(done)
        os.killpg(run.pid, signal.SIGKILL)
        run.communicate()
        listed = codeact("runs", cwd=tmp_path, env=env)
        assert "broke off" in listed.stdout and str(path) in listed.stdout
        asked = model.requests[-1]["messages"]
        second = codeact("run", "and now?", *common, cwd=tmp_path, env=env)
        assert second.returncode == 0
        assert "Recovered the run" in second.stderr
        assert "what step 2 did is unknown, and it was not run again" in second.stderr
        assert model.requests[-1]["messages"][: len(asked)] == asked
        assert "outcome unknown" in told(model.requests[-1])
    first, _ = Document(path).trajectory.turns
    assert (first.state, [step.state for step in first.steps]) == ("interrupted", ["ok", "unknown"])
    assert done.read_text() == "once\n"


def test_a_notebook_gets_back_what_a_killed_run_did_without_running_anything(
    tmp_path: Path,
) -> None:
    env, path = environment(tmp_path, JUPYTER_DATA_DIR=str(tmp_path)), tmp_path / "work.ipynb"
    turn = running(conversation(story()), 2).turns[0]
    record(journal_in(tmp_path), conversation(turn), str(path))
    by_hand = sqlite3.connect(tmp_path / "codeact" / "journal.sqlite3")
    by_hand.execute("UPDATE runs SET owner = 'ended.lock'")  # as if its process had ended
    by_hand.commit()
    by_hand.close()
    got_back = codeact("recover", path, cwd=tmp_path, env=env)
    assert "steps 1, 2 put back from the journal" in got_back.stdout
    assert Document(path).trajectory.turns[0].steps == turn.steps
    again = codeact("recover", path, cwd=tmp_path, env=env)
    assert "Nothing to recover" in again.stdout
    assert "interrupted" in codeact("runs", cwd=tmp_path, env=env).stdout
    assert "no.ipynb" in one_line(codeact("recover", "no.ipynb", cwd=tmp_path, env=env))


def test_a_journal_that_cannot_be_kept_is_said_and_nothing_is_run(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file, and no folder")
    with LoopbackModel([act(COUNTED), say()]) as model:
        env = environment(tmp_path, model, JUPYTER_DATA_DIR=str(tmp_path / "data"))
        env["TMPDIR"] = str(tmp_path / "nowhere")
        refused = codeact("run", "count", cwd=tmp_path, env=env)
        assert model.requests == []
    assert "set JUPYTER_DATA_DIR to a folder that can be written" in one_line(refused)
    assert not (tmp_path / "codeact.ipynb").exists()
    assert not (tmp_path / "done").exists()
