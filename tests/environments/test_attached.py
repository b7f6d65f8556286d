"""An action in somebody else's kernel can be interrupted, whatever word of the kernel was lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from codeact_jupyter.engine.environment import Produced
from codeact_jupyter.engine.trajectory import Action, Observation, Stream

from .test_contract import attached

STUBBORN = "import time\nprint('begun', flush=True)\nwhile True: time.sleep(0.1)"


async def test_an_interrupt_comes_through_where_the_kernels_busy_was_lost(tmp_path: Path) -> None:
    async with attached(tmp_path) as environment:
        follow = environment.link._follow
        environment.link._follow = lambda state, parent: (
            None if state == "busy" else follow(state, parent)
        )

        def interrupt(item: Produced) -> None:
            if isinstance(item, Stream):
                environment.interrupt()

        going = environment.execute(Action(STUBBORN, "r-1-action"), on_output=interrupt)
        seen: Observation = await asyncio.wait_for(going, 60)
        assert seen.status == "interrupted"


async def test_an_interrupt_before_the_kernel_has_the_action_keeps_it_from_running(
    tmp_path: Path,
) -> None:
    async with attached(tmp_path) as environment:
        going = asyncio.ensure_future(
            environment.execute(Action("x = 1", "r-1-action"), on_output=lambda item: None)
        )
        await asyncio.sleep(0)
        environment.interrupt()
        seen = await asyncio.wait_for(going, 60)
        assert seen.status == "interrupted"
        action = Action("print('x' in globals())", "r-2-action")
        after = await environment.execute(action, on_output=lambda item: None)
        assert after.outputs[0].text == "False\n"
