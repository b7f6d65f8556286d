"""`%codeact undo` and `redo` in a real kernel: names, objects in place, files, and a preview."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .live import LiveKernel, ScriptedModel, act, say

MADE = (
    "import os, pathlib\n"
    "pathlib.Path('kept.txt').write_text('old')\n"
    "pathlib.Path('lost.txt').write_text('lost')\n"
    "items = [1, 2]; alias = items; count = 1; gone = 'x'; gen = (n for n in 'ab')\n"
)
RUN = (
    "items.append(3); count = 2; new = 5; del gone\n"
    "pathlib.Path('kept.txt').write_text('changed'); os.remove('lost.txt')\n"
    "os.makedirs('out'); pathlib.Path('out/made.csv').write_text('made')\n"
    "next(gen)\n"
)
SHOWS = (
    "print(items, alias is items, count, 'new' in dir(), 'gone' in dir(), "
    "sorted(str(p) + '=' + p.read_text() for p in pathlib.Path().rglob('*.*') if p.is_file()))"
)
BEFORE = "[1, 2] True 1 False True ['kept.txt=old', 'lost.txt=lost']\n"
AFTER = "[1, 2, 3] True 2 True False ['kept.txt=changed', 'out/made.csv=made']\n"


@pytest.fixture
def folder(kernel: LiveKernel, tmp_path: Path) -> Path:
    kernel.run(f"import os; os.chdir({str(tmp_path)!r})")
    return tmp_path


def do(kernel: LiveKernel, model: ScriptedModel, *codes: str) -> str:
    model.will(*(act(code) for code in codes), say())
    ran = kernel.task("change things", "--approve never")
    assert not ran.failed, ran.error
    return ran.text


def test_a_run_is_taken_back_all_together_and_brought_again(kernel, model, folder):
    kernel.run(MADE)
    said = do(kernel, model, RUN)
    assert "gen (generator)" in said
    assert kernel.run(SHOWS).stdout == AFTER
    ran = kernel.run("%codeact undo", answers=["y"])
    for words in (
        "removed: new",
        "as before: count",
        "there again: gone",
        "items (list)",
        "out/made.csv",
        "lost.txt",
        "gen: generator",
        "Never taken back",
    ):
        assert words in ran.stdout, ran.stdout
    assert kernel.run(SHOWS).stdout == BEFORE
    kernel.run("%codeact redo --yes")
    assert kernel.run(SHOWS).stdout == AFTER
    kernel.run("%codeact undo --yes")
    assert kernel.run(SHOWS).stdout == BEFORE
    do(kernel, model, "'seen'")
    assert "The person undid your run for the task 'change things'" in str(model.requests[0])


@pytest.mark.parametrize(("answer", "seen"), [("n", "[1, 2, 'me'] [1] me\n"), ("y", "[1] [1] 1\n")])
def test_what_the_person_changed_since_is_put_back_only_when_they_say_so(
    kernel, model, folder, answer, seen
):
    kernel.run("mine = [1]; theirs = [1]; name = 1")
    do(kernel, model, "mine.append(2); theirs.append(2); name = 2")
    kernel.run("mine.append('me'); name = 'me'")
    ran = kernel.run("%codeact undo", answers=["y", answer])
    assert "Changed again since, so left alone unless you say so: name, mine\n" in ran.stdout
    assert ("Left as they are" in ran.stdout) is (answer == "n")
    assert kernel.run("print(mine, theirs, name)").stdout == seen


STEPS = (
    "log = ['one']; pathlib.Path('a.txt').write_text('1')",
    "log.append('two'); pathlib.Path('a.txt').write_text('22'); pathlib.Path('b.txt').touch()",
    "log.append('three'); os.remove('a.txt'); pathlib.Path('b.txt').write_text('333')",
)
SEES = (
    "print('log' in dir() and log, "
    "sorted(p.name + p.read_text() for p in pathlib.Path().glob('*')))"
)
AT = (
    "False []\n",
    "['one'] ['a.txt1']\n",
    "['one', 'two'] ['a.txt22', 'b.txt']\n",
    "['one', 'two', 'three'] ['b.txt333']\n",
)


def test_a_step_is_taken_back_with_all_after_it_and_brought_again(kernel, model, folder):
    kernel.run("import os, pathlib")
    do(kernel, model, *STEPS)
    do(kernel, model, "log.append('next'); pathlib.Path('c.txt').touch()")
    last = kernel.run(SEES).stdout
    ran = kernel.run("%codeact undo 1.3", answers=["n"])
    assert "did from its step 3 on, and of the 1 run after it" in ran.stdout, ran.text
    assert "Nothing was changed" in ran.stdout and kernel.run(SEES).stdout == last
    kernel.run("%codeact undo 1.3 --yes")
    assert kernel.run(SEES).stdout == AT[2]
    kernel.run("%codeact undo 1.2 --yes")
    assert kernel.run(SEES).stdout == AT[1]
    kernel.run("%codeact undo --yes")
    assert kernel.run(SEES).stdout == AT[0]
    for seen in (AT[1], AT[2], last):
        kernel.run("%codeact redo --yes")
        assert kernel.run(SEES).stdout == seen
    assert "nothing to redo" in str(kernel.run("%codeact redo --yes").error)
    kernel.run("%codeact undo 1.2 --yes")
    do(kernel, model, "log.append('other')")
    assert "The person undid your run for the task" in str(model.requests[0])
    assert "from its step 2 on" in str(model.requests[0])
    assert "nothing to redo" in str(kernel.run("%codeact redo --yes").error)
    kernel.run("%codeact undo --yes")
    assert kernel.run(SEES).stdout == AT[1]


@pytest.mark.parametrize(("thinks", "rows"), [(0, 300_000), (4, 3)])
def test_a_steps_state_is_kept_only_where_the_model_takes_longer_to_answer(
    kernel, model, folder, thinks, rows
):
    kernel.run("import os; os.environ['CODEACT_UNDO_SECONDS'] = '8'")
    do(kernel, model, "'what is imported for a run takes its time at the first'")
    kernel.run(f"log, rows = [], [[n] for n in range({rows})]\n%codeact new")
    model.will(after(thinks, act("log.append(1)")), act("log.append(2)"), say())
    ran = kernel.task("change things", "--approve never")
    assert not ran.failed, ran.error
    ran = kernel.run("%codeact undo 1.2 --yes")
    assert ("no state is kept between its steps 1 and 2" in ran.stdout) is (not thinks)
    assert kernel.run("log").text == ("[1]" if thinks else "[]")
    kernel.run("%codeact redo --yes; del rows; os.environ['CODEACT_UNDO_SECONDS'] = '1000'")


def after(seconds, turn):
    """The model says this some time after it was asked."""

    def late(request):
        time.sleep(seconds)
        return turn

    return late


def test_a_file_that_somebody_wrote_while_no_code_of_the_run_ran_is_left_alone(
    kernel, model, folder
):
    made = "import pathlib; pathlib.Path('runs.txt').write_text('run'); log = []"

    def meanwhile(request):
        (folder / "mine.txt").write_text("mine")
        time.sleep(0.2)  # a file's times are not exact
        return act("log.append(1)")

    model.will(act(made), meanwhile, say())
    assert not kernel.task("write", "--approve never").failed
    ran = kernel.run("%codeact undo", answers=["y", ""])
    assert "runs.txt" in ran.stdout
    assert "mine.txt" not in ran.stdout or "maybe yours" in ran.stdout
    assert sorted(p.name for p in folder.glob("*.txt")) == ["mine.txt"]


def test_what_cannot_be_undone_is_said_with_what_can(kernel, model, folder):
    do(kernel, model, "a = 1")
    for step in ("7.1", "1.9", "1.0"):
        said = str(kernel.run(f"%codeact undo {step}").error)
        assert f"there is no step '{step}'; the steps are 1.1" in said
    assert "known are" in str(kernel.run("%codeact undo nosuchrun").error)
    assert "nothing to redo" in str(kernel.run("%codeact redo").error)
