"""What an action was seen to do outside of the variables, in a shell and in a kernel."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from codeact_jupyter.engine.trajectory import Action, Observation, Touched
from codeact_jupyter.environments.probe_audit import Noting, noting

from .test_contract import kernel, shell

READS = "total = sum(range(10))\nfrom pathlib import Path\nPath('notes.txt').read_text()"
# Written in native code, past every audit hook.
PAST_HOOKS = """import polars
for name in ("table.parquet", ".hidden", "seen.ipynb"):
    polars.DataFrame({"a": [1]}).write_parquet(name)
"""
# What native code does to files that were there, past every audit hook.
LOSES_PAST_HOOKS = """import polars, sys
polars.DataFrame({"a": [1, 2]}).write_csv("old.csv")
if sys.platform == "linux":
    import ctypes
    ctypes.CDLL(None).unlink(b"lost.csv")
"""
# A file is written anew by way of another, as libraries do it.
WRITES_OVER = """open("over.csv", "w").close()
with open("new.tmp", "w") as file:
    file.write("x")
os.replace("new.tmp", "replaced.csv")
open("short.tmp", "w").close()
os.remove("short.tmp")
"""
# Where the folder that a kernel works in was deleted, code runs on.
LEAVES = """import os
home = os.getcwd()
os.mkdir("deep")
os.chdir("deep")
try:
    os.rmdir(os.path.join(home, "deep"))
except OSError:
    assert os.name == "nt"
"""
ACTIONS = (
    "import os\nfunctions = [os.remove]",
    "functions[0]('gone.txt')",
    "open('made.txt', 'w').close()",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])",
    "import socket\nnear = socket.socket()\nnear.connect_ex(('127.0.0.1', 1))\nnear.close()",
    READS,
    PAST_HOOKS,
    LOSES_PAST_HOOKS,
    WRITES_OVER,
    "import time\ntime.sleep(0.03)",  # a file's time may be behind the clock
    LEAVES,
    "open(os.path.join(home, 'far.txt'), 'w').close()",
    "os.chdir(home)",
    "sorted([2, 1])",
)


async def seen_by(opened: object, folder: Path) -> list[Observation]:
    before = ("gone.txt", "notes.txt", "old.csv", "lost.csv", "over.csv", "replaced.csv")
    for name in before:
        (folder / name).write_text("x")
    async with opened(folder) as environment:  # type: ignore[operator]
        await environment.news(anew=True)
        found = []
        for number, code in enumerate((f"%cd -q {folder}", *ACTIONS), 1):
            action = Action(code, f"abc-{number}-action")
            found.append(await environment.execute(action, on_output=lambda _: None))
        return found[1:]


@pytest.fixture(scope="module", params=[shell, kernel], ids=["shell", "kernel"])
def seen(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[Observation]:
    return asyncio.run(seen_by(request.param, tmp_path_factory.mktemp("work")))


def kinds(touched: Sequence[Touched]) -> set[str]:
    return {each.kind for each in touched}


def test_what_an_action_touches_is_noted_by_kind(seen: list[Observation]) -> None:
    _, deletes, writes, process, network, reads, past_hooks, loses, over, *_ = seen
    assert deletes.touched == (Touched("deletes", "gone.txt"),)
    assert Touched("writes", "made.txt") in writes.touched
    assert "process" in kinds(process.touched)
    assert Touched("network", "127.0.0.1 1") in network.touched
    assert reads.touched == (Touched("reads", "notes.txt"),)
    assert Touched("changed", "table.parquet") in past_hooks.touched
    assert len(past_hooks.touched) == 1, "neither hidden files nor notebooks are of interest"
    lost = [Touched("gone", "lost.csv")] * (sys.platform == "linux")
    assert loses.touched == (Touched("altered", "old.csv"), *lost)
    assert over.touched == (
        Touched("overwrites", "over.csv"),
        Touched("writes", "new.tmp"),
        Touched("overwrites", "replaced.csv"),
        Touched("writes", "short.tmp"),
    ), "its own files of a moment ago are no loss"


def test_what_touches_nothing_has_nothing_noted(seen: list[Observation]) -> None:
    assert seen[0].touched == ()
    assert seen[-1].touched == ()


def test_what_an_action_touches_is_noted_where_its_folder_was_deleted(
    seen: list[Observation],
) -> None:
    *_, leaves, far, back, _ = seen
    assert {each.status for each in (leaves, far, back)} == {"ok"}
    assert [each.kind for each in far.touched] == ["writes"]


def test_nothing_is_noted_while_no_action_runs(tmp_path: Path) -> None:
    noting().take()
    (tmp_path / "person.txt").write_text("x")
    assert noting().take() == []


def test_a_program_that_stands_in_the_temporary_folder_is_noted() -> None:
    noted = Noting(lambda: True)
    noted.hook("subprocess.Popen", ("/tmp/x", ["/tmp/x", "-c"], None, None))
    assert noted.take() == [["process", "/tmp/x -c"]]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks /proc for open folders")
def test_a_temporary_folder_that_is_cleaned_up_is_not_of_interest() -> None:
    import tempfile

    noting = Noting(lambda: True)
    sys.addaudithook(noting.hook)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "part").write_text("1")
    found = noting.take()
    noting.acts = lambda: False
    assert [pair for pair in found if pair[0] == "deletes"] == []
