"""The notebook of `codeact run`: one run at a time, nothing left of a run that never began."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from codeact_jupyter.notebook.document import Document
from tests.loopback import LoopbackModel, ScriptedTurn, Text
from tests.loopback.server import WRONG_KEY

from .command import SECONDS, act, codeact, environment, one_line, say, start, told


def test_a_run_that_never_began_leaves_no_file_and_names_the_one_that_was_there(
    tmp_path: Path,
) -> None:
    with LoopbackModel([say("hello")]) as model:
        wrong = environment(tmp_path, model, ANTHROPIC_API_KEY=WRONG_KEY)
        line = one_line(codeact("run", "say hello", cwd=tmp_path, env=wrong), code=4)
        assert "refused the key" in line
        assert ".ipynb" not in line
        assert [found for found in os.listdir(tmp_path) if "ipynb" in found] == []
        right = environment(tmp_path, model)
        assert codeact("run", "say hello", cwd=tmp_path, env=right).returncode == 0
        again = ("run", "go on", "--notebook", "codeact.ipynb")
        line = one_line(codeact(*again, cwd=tmp_path, env=wrong), code=4)
    assert line.endswith(" · codeact.ipynb")
    assert WRONG_KEY not in (tmp_path / "codeact.ipynb").read_text("utf-8")
    states = [turn.state for turn in Document(tmp_path / "codeact.ipynb").trajectory.turns]
    assert states == ["answered", "failed"]


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_a_second_run_on_a_notebook_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    slow = ScriptedTurn([Text("thinking " * 200)], delay=0.5)
    with LoopbackModel([slow, say("other"), say("mine now")]) as model:
        env = environment(tmp_path, model)
        first = start("run", "think", cwd=tmp_path, env=env)
        try:
            assert model.wait_for_requests(timeout=SECONDS)
            refused = codeact("run", "me too", "--notebook", "codeact.ipynb", cwd=tmp_path, env=env)
            line = one_line(refused)
            assert "another run of codeact is writing 'codeact.ipynb'" in line
            assert "--notebook" in line
            beside = codeact("run", "another", cwd=tmp_path, env=env)
            assert beside.stdout.strip().endswith("codeact1.ipynb"), "the first has its name"
        finally:
            first.send_signal(signal.SIGKILL)
            first.communicate()
        after = codeact("run", "now", "--notebook", "codeact.ipynb", cwd=tmp_path, env=env)
    assert after.returncode == 0, after
    (turn,) = Document(tmp_path / "codeact.ipynb").trajectory.turns
    assert turn.task == "now"
    assert not list(tmp_path.glob(".*.lock"))


def test_what_the_person_deleted_and_edited_is_told_to_the_run_that_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "work.ipynb"
    with LoopbackModel([act("x = 1"), act("y = 2"), say("Both."), say("I see.")]) as model:
        env = environment(tmp_path, model)
        assert codeact("run", "two", "--notebook", path, cwd=tmp_path, env=env).returncode == 0
        content = json.loads(path.read_text("utf-8"))
        content["cells"][2]["source"] = "x = 10"
        del content["cells"][4]
        path.write_text(json.dumps(content), "utf-8")
        assert codeact("run", "on", "--notebook", path, cwd=tmp_path, env=env).returncode == 0
        news = told(model.requests[-1])
    assert "edited your code of step 1 of task 1 ('two'); it now reads:\\nx = 10" in news
    assert "deleted your code of step 2 of task 1 ('two') from the notebook" in news
    again = Document(path)
    assert [len(turn.steps) for turn in again.trajectory.turns] == [1, 0]
    assert again.news(again.trajectory) == (), "it was told"


def test_what_native_code_did_to_a_file_is_said_below_the_cell_and_to_the_model(
    tmp_path: Path,
) -> None:
    (tmp_path / "data.csv").write_text("a\n1\n")
    hides = "import polars\nwrites = [polars.DataFrame({'a': [2]}).write_csv]"
    with LoopbackModel([act(hides), act("writes[0]('data.csv')"), say("Done.")]) as model:
        env = environment(tmp_path, model)
        assert codeact("run", "hide it", cwd=tmp_path, env=env).returncode == 0
        assert "it also changed data.csv, as its file shows" in told(model.requests[-1])
    shown = (tmp_path / "codeact.ipynb").read_text("utf-8")
    assert "It also changed data.csv, as its file shows" in shown
