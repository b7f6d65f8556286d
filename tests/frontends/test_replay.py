"""`codeact replay`: a recorded notebook is run again without a model, and compared."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.engine.trajectory import Error, Observation, Result, Step, Stream
from codeact_jupyter.frontends.cli import run_command
from codeact_jupyter.notebook.document import Document
from tests.loopback import LoopbackModel
from tests.notebook.stories import conversation, step, story

from .command import Finished, act, codeact, environment, install_toy_kernel, one_line, say

READ = "import pandas as pd\nsales = pd.read_csv('revenue.csv')\nsales.head()"
TOTAL = (
    "sales['revenue'] = sales['revenue'].str.replace(',', '').astype(float)\nsales['revenue'].sum()"
)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's notebook."""
    work = tmp_path_factory.mktemp("demo")
    assert codeact("demo", cwd=work).returncode == 0
    return work / "codeact-demo.ipynb"


@pytest.fixture
def replay(capsys: Any, monkeypatch: Any) -> Callable[..., Finished]:
    """The command in this process: what it prints and returns."""

    def run(*arguments: str | Path) -> Finished:
        words = ["replay", *map(str, arguments)]
        monkeypatch.setenv("COLUMNS", "100")
        code = run_command(words)
        said = capsys.readouterr()
        return Finished(words, code, said.out, said.err)

    return run


def recorded(work: Path, *codes: str) -> Path:
    """A notebook with a run of these actions, by `codeact run`, in a folder of its own."""
    path = work / "run.ipynb"
    with LoopbackModel([*map(act, codes), say()]) as model:
        env = environment(work, model, CODEACT_APPROVE="never")
        done = codeact("run", "try", "--notebook", path, cwd=work, env=env)
    assert done.returncode == 0, done
    return path


def states(finished: Finished) -> dict[str, str]:
    """By cell, the states in the table that was printed."""
    rows = (line.split("  ") for line in finished.stdout.splitlines())
    found = {
        row[0].strip(): next(filter(None, row[1:]), "").strip() for row in rows if len(row) > 1
    }
    found.pop("cell", None)
    return {name: state for name, state in found.items() if name and name[0] in "0123456789I"}


def notebook(path: Path, steps: tuple[Step, ...]) -> Path:
    """A notebook with a run of these steps, written without running any."""
    Document(path).show(conversation(replace(story(), steps=steps)))
    return path


def test_the_demo_comes_out_the_same_in_a_clean_kernel(demo: Path) -> None:
    before = demo.read_bytes()
    finished = codeact("replay", demo.name, cwd=demo.parent)
    assert (finished.returncode, finished.stderr) == (0, ""), finished
    assert states(finished) == {f"1.{number}": "same" for number in range(1, 6)}
    assert "5 same" in finished.stdout
    assert demo.read_bytes() == before


def test_a_report_is_written_beside_the_notebook_and_none_is_overwritten(
    demo: Path, replay: Callable[..., Finished]
) -> None:
    for name in ("codeact-demo-replay.ipynb", "codeact-demo-replay-2.ipynb"):
        target = demo.with_name(name)
        if not target.exists():
            assert replay(demo).returncode == 0
        report = nbformat.read(target, as_version=4)
        nbformat.validate(report)
        assert "addresses in memory" in report.cells[0].source
        codes = [cell for cell in report.cells if cell.cell_type == "code"]
        assert [cell.metadata.tags for cell in codes] == [["replay-same"]] * 5
        assert any("image/png" in output.get("data", {}) for output in codes[-1].outputs)
        assert not Document(target).trajectory.turns, "a report is no run of its own"
    assert (replay(demo, "-o", target).returncode, target.exists()) == (2, True)


def test_a_changed_data_file_shows_as_changed(
    tmp_path: Path, replay: Callable[..., Finished]
) -> None:
    data = tmp_path / "revenue.csv"
    shutil.copy(str(files("codeact_jupyter.demo") / "revenue.csv"), data)
    path = recorded(tmp_path, READ, TOTAL)
    assert replay(path).returncode == 0
    head, first, *rest = data.read_text().splitlines()
    changed = first.translate(str.maketrans("12346789", "21437698"))
    data.write_text("\n".join([head, changed, *rest]))
    finished = replay(path)
    assert finished.returncode == 1
    assert states(finished) == {"1.1": "changed", "1.2": "changed"}
    assert "row 2, column" in finished.stdout
    report = nbformat.read(tmp_path / "run-replay-2.ipynb", as_version=4)
    first_code = next(cell for cell in report.cells if cell.cell_type == "code")
    words = [output.get("data", {}).get("text/plain") for output in first_code.outputs]
    assert (words[0], words[2]) == ("As recorded:", "Now:")


def test_effects_are_skipped_with_what_needs_them_unless_they_are_allowed(
    tmp_path: Path, replay: Callable[..., Finished]
) -> None:
    path = notebook(
        tmp_path / "effects.ipynb",
        (
            step(1, "open('out.txt', 'w').write('1'); kept = 1"),
            step(2, "import os\nos.remove('out.txt')\ngone = True"),
            step(3, "gone and kept", Result({"text/plain": "1"})),
            step(4, "gone = 2\ngone", Result({"text/plain": "2"})),
        ),
    )
    (tmp_path / "out.txt").write_text("mine")
    finished = replay(path)
    skipped = dict.fromkeys(("1.1", "1.2", "1.3"), "skipped")
    assert (finished.returncode, states(finished)) == (1, {**skipped, "1.4": "same"})
    assert (tmp_path / "out.txt").read_text() == "mine"
    words = " ".join(finished.stdout.split())
    assert "needs gone, kept, which 1.2, 1.1 would have made" in words
    assert "--allow delete --allow overwrite-file" in words and "in a copy of the folder" in words
    allowed = replay(path, "--allow", "delete,overwrite-file")
    assert (allowed.returncode, "4 same" in allowed.stdout) == (0, True), allowed
    assert not (tmp_path / "out.txt").exists()


def test_a_run_that_writes_over_its_own_files_is_replayed_in_a_copy(
    tmp_path: Path, replay: Callable[..., Finished]
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "data.csv").write_text("x\n1\n2\n")
    path = recorded(
        work,
        "from pathlib import Path\nlines = Path('data.csv').read_text()\nPath('out.txt').exists()",
        "Path('out.txt').write_text(lines)",
        "with open('out.txt', 'a') as file: file.write('!')\nPath('out.txt').read_text()",
        "Path('out.txt').write_text('again')",
        "Path('data.csv').write_text('theirs')",
    )
    (work / "out.txt").write_text("mine, since")
    (work / "data.csv").write_text("x\n1\n2\n")
    finished = replay(path)
    assert (finished.returncode, "5 same" in finished.stdout) == (0, True), finished
    assert "in a copy of" in finished.stdout and "out.txt, data.csv" in finished.stdout
    assert (work / "out.txt").read_text() == "mine, since"
    assert (work / "data.csv").read_text() == "x\n1\n2\n"
    assert [each.name for each in tmp_path.iterdir()] == ["work"], "the copy is gone"


def test_streams_displays_and_failures_are_the_same_again(
    tmp_path: Path, replay: Callable[..., Finished]
) -> None:
    path = recorded(
        tmp_path,
        "import sys, time\nfor n in range(3):\n    print(n, flush=True)\n"
        "    print('!', n, file=sys.stderr, flush=True)\n    time.sleep(0.01)",
        "handle = display('first', display_id=True)",
        "handle.update('later')\nobject()",
        "from IPython.display import clear_output\nprint('a')\nclear_output()\nprint('b')",
        "half = 1\n{}['missing']",
        "half",
    )
    finished = replay(path)
    assert finished.returncode == 0, finished
    assert "6 same" in finished.stdout


def test_the_persons_own_cells_are_run_on_request_where_they_stand(
    tmp_path: Path, replay: Callable[..., Finished]
) -> None:
    path = tmp_path / "own.ipynb"
    shown = nbformat.v4.new_output("execute_result", {"text/plain": "3"}, execution_count=1)
    own = [
        nbformat.v4.new_code_cell("base = 3\nbase", execution_count=1, outputs=[shown]),
        nbformat.v4.new_code_cell("never_ran = 1"),
        nbformat.v4.new_code_cell("%%codeact\nadd up", execution_count=2),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=own), path)
    notebook(path, (step(1, "base", Result({"text/plain": "3"})),))
    without = replay(path)
    assert (without.returncode, states(without)) == (1, {"1.1": "changed"})
    assert "--with-own-cells" in without.stdout
    finished = replay(path, "--with-own-cells")
    assert states(finished) == {"In [1] (own)": "same", "1.1": "same"}, finished
    assert finished.returncode == 0


def test_every_cell_that_does_not_end_has_a_named_state_and_a_word_on_it(
    tmp_path: Path, replay: Callable[..., Finished]
) -> None:
    rejected = step(1, "print('rejected')", status="rejected")
    unknown = replace(step(2, "x = 1"), observation=Observation("unknown", lost="lost"))
    failed = Error("NameError", "name 'x' is not defined")
    steps = (
        rejected,
        unknown,
        step(3, "x", failed, status="error"),
        step(4, "__import__('not_there_at_all.deep')"),  # which no reading of imports finds
        step(5, "import time\ntime.sleep(60)\nlate = 1"),
        step(6, "late"),
        step(7, "half = 1\n{}['a']", Error("KeyError", "'a'"), status="error"),
        step(8, "half\nprint('hello')", Stream("hello\n")),
        step(9, "import ctypes\nctypes.string_at(0)"),
        step(10, "2"),
    )
    finished = replay(notebook(tmp_path / "never.ipynb", steps), "--timeout", "2", "--allow", "all")
    assert finished.returncode == 1
    assert states(finished) == {
        "1.2": "no end",
        "1.3": "same",
        "1.4": "new",
        "1.5": "timeout",
        "1.6": "skipped",
        "1.7": "same",
        "1.8": "same",
        "1.9": "died",
        "1.10": "not run",
    }
    words = " ".join(finished.stdout.split())
    for said in (
        "never run again",
        "pip install not_there_at_all",
        "longer than 2 s",
        "lost in 1.9",
    ):
        assert said in words


def test_a_step_without_an_end_in_the_record_is_no_difference(
    tmp_path: Path, replay: Callable[..., Finished]
) -> None:
    lost = replace(
        step(1, "import time\nlate = 1"), observation=Observation("unknown", lost="lost")
    )
    steps = (lost, step(2, "late = 2"), step(3, "late", Result({"text/plain": "2"})))
    finished = replay(notebook(tmp_path / "lost.ipynb", steps))
    assert states(finished) == {"1.1": "no end", "1.2": "same", "1.3": "same"}
    assert (finished.returncode, "never run again" in finished.stdout) == (0, True)
    needing = replace(steps[1], action=replace(steps[1].action, code="late += 1"))
    finished = replay(notebook(tmp_path / "needed.ipynb", (lost, needing)))
    assert (finished.returncode, states(finished)["1.2"]) == (1, "skipped")


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:400])


def _foreign(path: Path) -> None:
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")]), path)


def _newer(path: Path) -> None:
    content: dict[str, Any] = json.loads(path.read_text())
    content["metadata"]["codeact"]["version"] = 99
    path.write_text(json.dumps(content))


def _broken(path: Path) -> None:
    content: dict[str, Any] = json.loads(path.read_text())
    for cell in content["cells"]:
        cell["metadata"]["codeact"].pop("record", None)
        cell["metadata"]["codeact"]["record"] = {"number": []}
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("harm", "flags", "says"),
    [
        (_truncated, (), "not a notebook"),
        (_foreign, (), "holds no run"),
        (_newer, (), "newer codeact"),
        (_broken, (), "cannot be read"),
        (None, ("--kernel", "nowhere"), "no kernel named 'nowhere'"),
        (None, ("--kernel", "toy"), "'toy'"),
        (None, ("--allow", "everything"), "everything"),
        (None, ("--ignore", "("), "regular expression"),
        (None, ("--cwd", "missing"), "missing"),
        (None, ("-o", "no/such/place.ipynb"), "place.ipynb"),
    ],
)
def test_bad_input_is_told_in_a_line_and_changes_nothing(
    tmp_path: Path,
    monkeypatch: Any,
    replay: Callable[..., Finished],
    harm: Any,
    flags: tuple[str, ...],
    says: str,
) -> None:
    path = notebook(tmp_path / "bad.ipynb", (step(1, "1"),))
    if harm:
        harm(path)
    (tmp_path / "toy").mkdir()
    for name, value in install_toy_kernel(tmp_path / "toy").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    before = {each: each.read_bytes() for each in tmp_path.glob("*.ipynb")}
    said = one_line(replay(path, *flags))
    assert says in said, said
    assert {each: each.read_bytes() for each in tmp_path.glob("*.ipynb")} == before
