"""`codeact fork` and `codeact run --rebuild`: going on with everything as it was at a step."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from codeact_jupyter.notebook.document import Document

from .command import act, codeact, environment, one_line, say, told
from .live import ScriptedModel


@pytest.fixture(scope="module")
def recorded(shared_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with a cell of the person's and a run of three steps."""
    work = tmp_path_factory.mktemp("recorded")
    path = work / "sales.ipynb"
    mine = nbformat.v4.new_code_cell("base = 40", execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[mine]), path)
    codes = ("base = 40\nx = base + 2", "x += 1\nx", "x = 'spoilt'")
    shared_model.will(*map(act, codes), say("Spoilt."))
    env = environment(work, shared_model, CODEACT_APPROVE="never")
    assert codeact("run", "try", "--notebook", path, cwd=work, env=env).returncode == 0
    return path


def test_a_run_goes_on_from_a_step_in_a_rebuilt_kernel_and_the_old_one_stays(
    recorded: Path, model: ScriptedModel
) -> None:
    before = recorded.read_bytes()
    model.will(act("print('x is', x, base)"), say("43."))
    env = environment(recorded.parent, model, CODEACT_APPROVE="never")
    done = codeact("fork", recorded, "--at", "1.2", "and x?", cwd=recorded.parent, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Rebuilt: 3 same" in done.stdout
    opening = told(model.requests[0])
    assert "and x?" in opening and "came out as before" in opening
    assert "spoilt" not in str(model.requests[0])
    assert "x is 43 40" in told(model.requests[1])
    assert recorded.read_bytes() == before
    fork = recorded.with_name("sales-fork-1-2.ipynb")
    turns = Document(fork).trajectory.turns
    assert [(len(turn.steps), turn.state) for turn in turns] == [(2, "stopped"), (1, "answered")]


def test_a_kernel_without_the_packages_runs_nothing_and_changes_nothing(
    shared_model: ScriptedModel, tmp_path: Path
) -> None:
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "gauges.py").write_text("mean = 4.5")
    (tmp_path / "work").mkdir()
    path = tmp_path / "work" / "run.ipynb"
    code = "open('made.txt', 'a').write('made')\nimport gauges\ngauges.mean"
    shared_model.will(act(code), say("4.5"), act(code), say("Again."))
    kept = {"CODEACT_APPROVE": "never"}
    env = environment(tmp_path, shared_model, **kept, PYTHONPATH=str(tmp_path / "installed"))
    there = {"cwd": path.parent, "env": env}
    assert codeact("run", "read it", "--notebook", path, **there).returncode == 0
    (path.parent / "made.txt").unlink()
    before, asked = path.read_bytes(), len(shared_model.requests)
    lacks = {"cwd": path.parent, "env": environment(tmp_path, shared_model, **kept)}
    for words in (
        ("replay", path, "--allow", "all"),
        ("run", "go on", "--notebook", path, "--rebuild", "--allow", "all"),
        ("fork", path, "--at", "1.1", "go on", "--allow", "all"),
        ("fork", path, "--at", "1.1", "go on", "--kernel", "no-such-kernel"),
    ):
        done = codeact(*words, **lacks)
        assert done.returncode == 2, done.stdout + done.stderr
        said = " ".join(done.stderr.split())
        assert ("lacks gauges" in said and "pip install" in said) or "no-such-kernel" in said, said
        assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before and len(shared_model.requests) == asked
    done = codeact("replay", path, "--allow", "all", **there)
    assert done.returncode == 0, done.stdout


def test_a_fork_without_a_task_is_written_and_never_over_another_file(
    recorded: Path, tmp_path: Path
) -> None:
    target = tmp_path / "mine.ipynb"
    done = codeact("fork", recorded, "--at", "1.1", "-o", target, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, str(target))
    kept = target.read_bytes()
    again = one_line(codeact("fork", recorded, "--at", "1.1", "-o", target, cwd=tmp_path))
    assert "exists" in again and target.read_bytes() == kept
    assert "1.1, 1.2, 1.3" in one_line(codeact("fork", recorded, "--at", "7.7", cwd=tmp_path))
    missing = one_line(codeact("fork", tmp_path / "no.ipynb", "--at", "1.1", cwd=tmp_path))
    assert "no.ipynb" in missing
    assert list(tmp_path.glob("*.ipynb")) == [target]
