"""What an action was seen to do outside of the variables, in a shell and in a kernel."""

import asyncio
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
ACTIONS = (
    "import os\nfunctions = [os.remove]",
    "functions[0]('gone.txt')",
    "open('made.txt', 'w').close()",
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', ''])",
    "import socket\nnear = socket.socket()\nnear.connect_ex(('127.0.0.1', 1))\nnear.close()",
    READS,
    PAST_HOOKS,
    "import time\ntime.sleep(0.03)",  # a file's time may be behind the clock
    "sorted([2, 1])",
)


async def seen_by(opened: object, folder: Path) -> list[Observation]:
    for name in ("gone.txt", "notes.txt"):
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
    _, deletes, writes, process, network, reads, past_hooks, *_ = seen
    assert deletes.touched == (Touched("deletes", "gone.txt"),)
    assert Touched("writes", "made.txt") in writes.touched
    assert "process" in kinds(process.touched)
    assert Touched("network", "127.0.0.1 1") in network.touched
    assert reads.touched == (Touched("reads", "notes.txt"),)
    assert Touched("changed", "table.parquet") in past_hooks.touched
    assert len(past_hooks.touched) == 1, "neither hidden files nor notebooks are of interest"


def test_what_touches_nothing_has_nothing_noted(seen: list[Observation]) -> None:
    assert seen[0].touched == ()
    assert seen[-1].touched == ()


def test_nothing_is_noted_while_no_action_runs(tmp_path: Path) -> None:
    noting().take()
    (tmp_path / "person.txt").write_text("x")
    assert noting().take() == []


def test_a_program_that_stands_in_the_temporary_folder_is_noted() -> None:
    noted = Noting(lambda: True)
    noted.hook("subprocess.Popen", ("/tmp/x", ["/tmp/x", "-c"], None, None))
    assert noted.take() == [["process", "/tmp/x -c"]]
