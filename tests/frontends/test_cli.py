"""`codeact run` and `codeact demo` as a person runs them: what is shown, written and returned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.engine import events
from codeact_jupyter.notebook.document import Document
from tests.canary import KEY
from tests.loopback import LoopbackModel, ScriptedTurn

from .command import (
    Finished,
    act,
    codeact,
    environment,
    events_of,
    say,
    told,
)


@dataclass(frozen=True)
class Demo:
    """Two runs of the demo in one folder."""

    first: Finished
    again: Finished
    path: Path

    @property
    def cells(self) -> list[Any]:
        content = nbformat.read(self.path, as_version=4)
        nbformat.validate(content)
        cells: list[Any] = content.cells
        return cells


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    work = tmp_path_factory.mktemp("demo")
    first = codeact("demo", cwd=work)
    return Demo(first, codeact("demo", "--json", cwd=work), work / "codeact-demo.ipynb")


def test_the_demo_shows_the_whole_story_and_ends_with_its_facts(demo: Demo) -> None:
    assert (demo.first.returncode, demo.first.stderr) == (0, "")
    shown = demo.first.stdout
    for words in ("words are recorded", "Task  Load", "pd.read_csv", "AttributeError", "image/png"):
        assert words in shown
    assert shown.index("step 2 · error") < shown.index("step 3 · ok")
    assert "\x1b" not in shown, "no colours where there is no terminal"
    last = shown.strip().splitlines()[-1]
    assert re.fullmatch(
        r"answered · 5 steps · [\d,]+ tokens · \$0 · [\d.]+ s · codeact-demo\.ipynb", last
    )


def test_the_demos_notebook_holds_the_plot_the_failed_step_and_its_correction(demo: Demo) -> None:
    codes = [cell for cell in demo.cells if cell.cell_type == "code"]
    kinds = [{output.output_type for output in cell.outputs} for cell in codes]
    assert kinds[1] == {"error"}
    assert codes[1].metadata.jupyter == {"outputs_hidden": True, "source_hidden": True}
    assert "to_datetime" in codes[2].source
    pictures = [
        out.data["image/png"] for out in codes[4].outputs if "image/png" in out.get("data", {})
    ]
    assert len(pictures) == 1
    assert [cell.execution_count for cell in codes] == [1, 2, 3, 4, 5]
    assert demo.cells[-1].source.startswith("**Revenue grew")


def test_a_second_demo_writes_its_own_notebook_anew(demo: Demo) -> None:
    assert demo.again.returncode == 0
    assert len(Document(demo.path).trajectory.turns) == 1


def test_json_is_one_event_a_line_and_reads_back(demo: Demo) -> None:
    happened = events_of(demo.again)
    assert isinstance(happened[0], events.RunStarted)
    assert isinstance(happened[-1], events.RunFinished)
    kinds = {event.kind for event in happened}
    assert {"query-started", "streamed", "step-started", "output-produced"} <= kinds
    turn = Document(demo.path).trajectory.turns[0]
    assert [e.step for e in happened if isinstance(e, events.StepFinished)] == list(turn.steps)
    assert happened[-1].answer == turn.answer
    assert demo.again.stderr.strip().endswith("codeact-demo.ipynb")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def two_runs(work: Path) -> Iterator[tuple[LoopbackModel, Finished, Finished]]:
    """A run on a person's notebook, their edits of it, and a second run that continues it."""
    path, place = work / "mine.ipynb", work / "place"
    place.mkdir()
    own = nbformat.v4.new_code_cell("rate = 0.19  # the person's", id="own")
    own.outputs = [nbformat.v4.new_output("stream", text="kept")]
    nbformat.write(nbformat.v4.new_notebook(cells=[own]), path)
    script = [
        act("import os; net = 100\nprint(os.path.basename(os.getcwd()), sorted(os.environ))"),
        say("The net is 100."),
        act("net"),
        act("input('name? ')"),
        say("It is gone."),
    ]
    with LoopbackModel(script) as model:
        env = environment(work, model)
        common = ("--notebook", path, "--cwd", place, "--approve", "never")
        first = codeact("run", "net of it", *common, cwd=work, env=env)
        content = nbformat.read(path, as_version=4)
        content.cells[3].source += "\n# edited by the person"
        content.cells.append(nbformat.v4.new_code_cell("below = 1", id="below"))
        nbformat.write(content, path)
        more = ("--kernel", "python3", "--max-steps", "9", "--max-cost", "none", "--json")
        second = codeact("run", "and now?", *common, *more, cwd=work, env=env)
        yield model, first, second


def test_a_run_answers_in_the_directory_it_was_given_and_keeps_the_key_to_itself(
    two_runs: tuple[LoopbackModel, Finished, Finished], work: Path
) -> None:
    model, first, _ = two_runs
    assert (first.returncode, first.stderr) == (0, "")
    assert "The net is 100." in first.stdout
    seen = told(model.requests[1])
    assert "place" in seen
    assert "ANTHROPIC_API_KEY" not in seen
    assert KEY not in (work / "mine.ipynb").read_text("utf-8")


def test_a_second_run_continues_the_conversation_and_appends(
    two_runs: tuple[LoopbackModel, Finished, Finished], work: Path
) -> None:
    model, _, second = two_runs
    assert second.returncode == 0
    begun = model.requests[1]["messages"]
    assert model.requests[2]["messages"][: len(begun)] == begun
    content = nbformat.read(work / "mine.ipynb", as_version=4)
    nbformat.validate(content)
    assert content.cells[0].source == "rate = 0.19  # the person's"
    assert content.cells[0].outputs[0].text == "kept"
    names = [cell.id for cell in content.cells]
    assert names[5] == "below"
    assert [name.split("-", 1)[1] for name in names[6:]] == [
        *("0-task", "1-thought", "1-action", "2-thought", "2-action", "3-answer"),
    ]
    turns = Document(work / "mine.ipynb").trajectory.turns
    assert [turn.task for turn in turns] == ["net of it", "and now?"]
    assert [turn.state for turn in turns] == ["answered", "answered"]


def test_a_second_run_tells_the_model_what_the_person_has_in_the_notebook(
    two_runs: tuple[LoopbackModel, Finished, Finished],
) -> None:
    model, *_ = two_runs
    news = told(model.requests[2])
    for words in ("new kernel", "rate = 0.19", "below = 1", "# edited by the person"):
        assert words in news
    assert "NameError" in told(model.requests[3]), "the new kernel has no variables of the old"
    assert "StdinNotImplementedError" in told(model.requests[4]), "nobody can type here"


def run(work: Path, *script: ScriptedTurn, flags: tuple[str, ...] = ()) -> tuple[Finished, Any]:
    """A run of this script; what the command did, and the turn in its notebook."""
    with LoopbackModel(script) as model:
        done = codeact("run", "do it", *flags, cwd=work, env=environment(work, model))
        (turn,) = Document(work / "codeact.ipynb").trajectory.turns
        return done, (turn, model)


def test_a_limit_ends_with_code_3_and_says_what_was_reached(tmp_path: Path) -> None:
    done, (turn, _) = run(tmp_path, act("1"), act("2"), flags=("--max-steps", "1"))
    assert done.returncode == 3
    assert "limit: 1 of 1 steps are used" in done.stdout
    assert "limit · 1 step · " in done.stdout.splitlines()[-1]
    assert (turn.state, len(turn.steps)) == ("limit", 1)


def test_a_failure_ends_with_code_4_and_its_reason(tmp_path: Path) -> None:
    done, (turn, _) = run(tmp_path, act("1 +"), act("1 +"), act("1 +"))
    assert done.returncode == 4
    assert "not run" in done.stdout
    assert "failed: 3 times in a row, syntax error" in done.stdout
    assert turn.state == "failed"


def test_what_asks_is_refused_without_a_terminal_and_the_model_is_told(tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("x")
    done, (turn, model) = run(tmp_path, act("import os; os.remove('kept.txt')"), say("A pity."))
    assert done.returncode == 0
    assert kept.exists()
    assert turn.steps[0].state == "rejected"
    assert "nobody can be asked here" in told(model.requests[1])
    assert "nobody can be asked here" in done.stdout


def test_never_asks_with_approve_never_and_the_record_says_so(tmp_path: Path) -> None:
    (tmp_path / "gone.txt").write_text("x")
    flags = ("--approve", "never")
    done, (turn, _) = run(tmp_path, act("import os; os.remove('gone.txt')"), say(), flags=flags)
    assert turn.steps[0].approval.reasons == ("nothing is asked in the mode `never`",)
    assert (done.returncode, turn.steps[0].state) == (0, "ok")
    assert not (tmp_path / "gone.txt").exists()


def test_output_that_a_terminal_would_obey_is_shown_as_text(tmp_path: Path) -> None:
    code = r"print('\x1b]0;title\x07\x1b[2J[/red] \ud83d \x1b[31mred')"
    done, (turn, _) = run(tmp_path, act(code), say("[/bold] \x1b[2J done"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "[/red]" in done.stdout
    assert "[/bold]" in done.stdout
    assert "\x1b" not in done.stdout
    assert turn.state == "answered"


def test_names_without_a_notebook_flag_are_free_ones(tmp_path: Path) -> None:
    (tmp_path / "codeact.ipynb").write_text("taken", "utf-8")
    done = codeact("run", "hello", "--model", "demo", "--max-steps", "1", cwd=tmp_path)
    assert done.stdout.strip().endswith("codeact1.ipynb")
    assert (tmp_path / "codeact.ipynb").read_text("utf-8") == "taken"
