"""Each environment keeps the variables of before a run, and puts them back."""

from __future__ import annotations

from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.engine.undoing import Bounds, Restored

from .test_contract import opened as opened

BOUNDS = Bounds(20.0)


async def test_a_runs_changes_are_taken_back_and_brought_again(opened) -> None:
    async with opened() as environment:

        async def do(code: str) -> str:
            action = Action(code, "r1-1-action")
            seen = await environment.execute(action, on_output=lambda output: None)
            assert seen.status == "ok", seen
            return "".join(output.text for output in seen.outputs if output.kind == "stream")

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
        await checkpoints.close("r1", acted=True)
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
