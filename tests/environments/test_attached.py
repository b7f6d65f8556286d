"""An action in somebody else's kernel can be interrupted, whatever the kernel says or what is lost,
and nothing of the person's is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from codeact_jupyter.engine.environment import Produced
from codeact_jupyter.engine.trajectory import Action, Observation, Stream
from codeact_jupyter.environments import attached as attached_module
from codeact_jupyter.environments import kernel as kernel_module
from codeact_jupyter.environments.attached import BEHIND, AttachedEnvironment
from codeact_jupyter.environments.watched import WatchedLink

from .spoken import SpokenKernel
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


SAYS_IDLE = """\
import time
kernel = get_ipython().kernel
parent, topic = kernel.get_parent("shell"), kernel._topic("status")
said = {"execution_state": "idle"}
kernel.session.send(kernel.iopub_socket, "status", said, parent=parent, ident=topic)
print("begun", flush=True)
while True: time.sleep(0.1)
"""


async def test_an_action_whose_kernel_says_that_it_is_over_is_interrupted(tmp_path: Path) -> None:
    async with attached(tmp_path) as environment:

        def interrupt(item: Produced) -> None:
            if isinstance(item, Stream):
                environment.interrupt()

        going = environment.execute(Action(SAYS_IDLE, "r-1-action"), on_output=interrupt)
        seen: Observation = await asyncio.wait_for(going, 60)
        assert seen.status == "interrupted"


@asynccontextmanager
async def acting(
    kernel: SpokenKernel,
) -> AsyncIterator[tuple[AttachedEnvironment, asyncio.Task[Observation]]]:
    """An environment in this kernel, and the action that it was sent."""
    link = WatchedLink(kernel, kernel)
    link.open()
    environment = AttachedEnvironment(kernel, link, workspace="/", python=(3, 11))
    action = Action("while True: pass", "r-1-action")
    going = asyncio.ensure_future(environment.execute(action, on_output=lambda item: None))
    yield environment, going
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)
    await link.close()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for before and after an interrupt is over at once."""
    for name in ("READING_SECONDS", "DOUBTED_SECONDS"):
        monkeypatch.setattr(attached_module, name, 0.0)
    monkeypatch.setattr(kernel_module, "REACTION_SECONDS", 0.1)


INTERRUPTED = {"status": "error", "ename": "KeyboardInterrupt", "evalue": "", "traceback": []}


async def test_a_run_ends_whose_kernel_says_idle_and_reacts_to_no_interrupt(at_once: None) -> None:
    kernel = SpokenKernel()
    async with acting(kernel) as (environment, going):
        action = await kernel.action()
        for state in ("busy", "idle"):
            await kernel.says(state, action)
        await environment._interrupt()
        assert (await going).status == "unknown" and kernel.interrupts == 1


async def test_the_persons_cell_before_ours_is_not_interrupted_and_ours_is_when_it_begins() -> None:
    kernel = SpokenKernel()
    theirs = kernel.cell()
    async with acting(kernel) as (environment, going):
        action = await kernel.action()
        await kernel.says("busy", theirs)
        await environment._interrupt()
        assert kernel.interrupts == 0
        await kernel.says("idle", theirs)
        await kernel.says("busy", action)
        while not kernel.interrupts:
            await asyncio.sleep(0.01)
        await kernel.replies(action, **INTERRUPTED)
        await kernel.says("idle", action)
        assert (await going).status == "interrupted" and kernel.interrupts == 1


async def test_a_run_ends_behind_a_cell_without_an_end_and_its_action_when_it_begins(
    at_once: None,
) -> None:
    kernel = SpokenKernel()
    theirs = kernel.cell()
    async with acting(kernel) as (environment, going):
        action = await kernel.action()
        await kernel.says("busy", theirs)
        await environment._interrupt()
        seen = await going
        assert (seen.status, seen.lost) == ("unknown", BEHIND) and kernel.interrupts == 0
        await kernel.says("idle", theirs)
        await kernel.says("busy", action)
        while not kernel.interrupts:
            await asyncio.sleep(0)


@pytest.mark.parametrize("heard", ["idle and busy", "idle", "nothing"])
async def test_the_persons_cell_after_ours_is_not_interrupted_before_our_reply_is_read(
    heard: str,
) -> None:
    """The kernel is through with ours and in theirs, and not all of that has come here."""
    kernel = SpokenKernel()
    theirs = kernel.cell()
    async with acting(kernel) as (environment, going):
        action = await kernel.action()
        await kernel.says("busy", action)
        if "idle" in heard:
            await kernel.says("idle", action)
        if "busy" in heard:
            await kernel.says("busy", theirs)
        interrupting = asyncio.ensure_future(environment._interrupt())
        await asyncio.sleep(0)
        if "idle" not in heard:
            await kernel.says("idle", action)
        if "busy" not in heard:
            await kernel.says("busy", theirs)
        await interrupting
        assert kernel.interrupts == 0
        await kernel.replies(action, status="ok")
        assert (await going).status == "ok"


async def test_an_idle_of_the_persons_that_comes_late_hides_no_action_of_ours() -> None:
    kernel = SpokenKernel()
    theirs = kernel.cell()
    async with acting(kernel) as (environment, _):
        action = await kernel.action()
        await kernel.says("busy", theirs)
        await kernel.says("busy", action)
        await kernel.says("idle", theirs)
        await environment._interrupt()
        assert kernel.interrupts == 1


async def test_what_was_not_seen_to_begin_is_not_interrupted_and_the_run_ends(
    at_once: None,
) -> None:
    kernel = SpokenKernel()
    async with acting(kernel) as (environment, going):
        await kernel.action()
        await environment._interrupt()
        assert (await going).status == "unknown" and kernel.interrupts == 0
