"""Each environment keeps the variables of before a run, and puts them back."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial
from pathlib import Path

import pytest

from codeact_jupyter.engine.environment import Environment
from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.engine.undoing import Bounds, Restored
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.errors import UndoError

from .test_contract import opened as opened

BOUNDS = Bounds(20.0)


async def did(environment: Environment, code: str) -> str:
    """What an action prints that ends well."""
    action = Action(code, "r1-1-action")
    seen = await environment.execute(action, on_output=lambda output: None)
    assert seen.status == "ok", seen
    return "".join(output.text for output in seen.outputs if output.kind == "stream")


async def test_a_runs_changes_are_taken_back_and_brought_again(opened) -> None:
    async with opened() as environment:
        do = partial(did, environment)

        async def shows() -> str:
            return await do("print(a, b, 'c' in dir(), big.sum())")

        checkpoints = environment.checkpoints
        made = "import numpy as np; a = [1]; b = a; g = iter(a); big = np.ones(4_000_000)"
        await do(made)
        before = await shows()
        gaps = await checkpoints.take("r1", BOUNDS, ("a",))
        assert [gap.what for gap in gaps if gap.what in "abg"] == ["g"]
        await do("a.append(2); b = 5; c = 6; big[7] = 9")
        after = await shows()
        await checkpoints.close("r1", BOUNDS, acted=True)
        seen = await checkpoints.look("r1")
        assert {(each.kind, each.name) for each in seen.changes if each.kind != "setting"} == {
            ("object", "a"),
            ("object", "big"),
            ("variable", "b"),
            ("variable", "c"),
        }
        for expected in (before, after, before):
            restored = await checkpoints.put_back("r1", overwrite=False)
            assert isinstance(restored, Restored) and not (restored.kept or restored.failed)
            assert await shows() == expected
        assert await checkpoints.look("another") is None


@pytest.mark.skipif(sys.platform == "win32", reason="a process is halted by a signal of POSIX")
async def test_a_kernel_that_does_not_answer_is_said_and_does_nothing_when_it_wakes(
    tmp_path: Path,
) -> None:
    environment = await KernelEnvironment.start(workspace=tmp_path)
    try:

        async def do(code: str) -> str:
            action = Action(code, "r1-1-action")
            seen = await environment.execute(action, on_output=lambda output: None)
            return "".join(output.text for output in seen.outputs if output.kind == "stream")

        checkpoints = environment.checkpoints
        pid = int(await do("import os; print(os.getpid()); a = [1]"))
        await checkpoints.take("r1", BOUNDS, ())
        await do("a.append(2)")
        await checkpoints.close("r1", BOUNDS, acted=True)
        assert await checkpoints.look("r1") is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            with pytest.raises(UndoError, match="No file and no cell was changed"):
                await checkpoints.put_back("r1", overwrite=False)
        finally:
            os.kill(pid, signal.SIGCONT)
        assert await do("print(a)") == "[1, 2]\n"  # what nobody waited for was not done late
        await checkpoints.look("r1")
        await checkpoints.put_back("r1", overwrite=False)
        assert await do("print(a)") == "[1]\n"
    finally:
        await environment.close()


THREAD = "threading.Thread(target=go.wait, name={!r}, daemon=True).start()"


async def test_threads_that_a_run_leaves_are_named_as_long_as_they_run(opened) -> None:
    async with opened() as environment:
        do = partial(did, environment)

        async def named(point: str) -> list[str]:
            seen = await checkpoints.look(point)
            assert seen is not None
            return [gap.what for gap in seen.gaps if "thread" in gap.what]

        checkpoints = environment.checkpoints
        await do(f"import threading; go = threading.Event(); {THREAD.format('mine')}")
        for point, name in (("r1", "first"), ("r1-2", "second")):
            await checkpoints.take(point, BOUNDS, ())
            await do(f"{THREAD.format(name)}; threading.Thread(target=str).start()")
            await checkpoints.close(point, BOUNDS, acted=True)
        await do(THREAD.format("mine again"))
        assert await named("r1") == ["threads that the run started (first, second)"]
        assert await named("r1-2") == ["threads that the run started (second)"]
        await do("import time; go.set()")
        await do(
            "while {t.name for t in threading.enumerate()} & {'first', 'second'}: time.sleep(0.01)"
        )
        assert await named("r1") == []
