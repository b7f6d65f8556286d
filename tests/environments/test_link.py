"""Nothing of what a kernel answers is lost, whenever something else is sent to it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.environments.link import Unanswered

from .test_contract import attached

SWALLOWED = """\
def swallowed(code, silent, *given, **more):
    if silent:
        return executes(code, silent, *given, **more)
    del kernel.do_execute
    raise KeyboardInterrupt
kernel = get_ipython().kernel
executes, kernel.do_execute = kernel.do_execute, swallowed
"""


async def test_an_answer_that_comes_while_something_else_is_sent_is_read(tmp_path: Path) -> None:
    environment = await KernelEnvironment.start(workspace=tmp_path)
    try:
        link = environment._link
        for _ in range(5):
            asked = asyncio.ensure_future(link.request({"code": "1", "silent": True}))
            await asyncio.sleep(0.05)
            link.wake()
            time.sleep(0.1)  # the loop does not run while the answers come
            link.wake()
            reply, complete = await asyncio.wait_for(asked, 20)
            assert reply["content"]["status"] == "ok" and complete
    finally:
        await environment.close()


async def test_an_interrupt_that_the_kernel_swallows_before_the_code_ends_the_action(
    tmp_path: Path,
) -> None:
    async with attached(tmp_path) as environment:
        await environment.execute(Action(SWALLOWED, "r-1-action"), on_output=lambda item: None)
        action = Action("touched = 1", "r-2-action")
        going = asyncio.ensure_future(environment.execute(action, on_output=lambda item: None))
        await asyncio.sleep(0.5)
        environment.interrupt()
        seen = await asyncio.wait_for(going, 60)
        assert seen.status == "interrupted"
        after = Action("print('touched' in globals())", "r-3-action")
        seen = await environment.execute(after, on_output=lambda item: None)
        assert seen.outputs[0].text == "False\n"


async def test_a_request_that_is_done_with_and_not_replied_to_is_told(tmp_path: Path) -> None:
    environment = await KernelEnvironment.start(workspace=tmp_path)
    try:
        link = environment._link
        await link.request({"code": SWALLOWED, "silent": True})
        with pytest.raises(Unanswered):
            await asyncio.wait_for(link.request({"code": "1", "silent": False}), 60)
    finally:
        await environment.close()
