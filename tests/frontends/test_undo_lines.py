"""`%codeact undo` and `redo` in a real kernel: names, objects in place, files, and a preview."""

from __future__ import annotations

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


def test_a_step_alone_is_not_undone_but_there_is_a_way(kernel):
    ran = kernel.run("%codeact undo 1.2")
    assert "only whole runs are undone" in str(ran.error) and "%codeact fork 1.2" in str(ran.error)
