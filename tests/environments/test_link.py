"""Nothing of what a kernel answers is lost, whenever something else is sent to it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.environments.kernel import KernelEnvironment
from codeact_jupyter.environments.link import MOST_FAULTS, Unanswered

from .test_contract import attached

UNREADABLE = """\
socket, session = get_ipython().kernel.iopub_socket, get_ipython().kernel.session
deep = [b'{"msg_type": "stream", "msg_id": "x"}', b"{}", b"{}", b"[" * 100_000]
for _ in range(%d):
    socket.send_multipart([b"x", b"<IDS|MSG>", b"unsigned"])
    socket.send_multipart([b"x", b"<IDS|MSG>", session.sign(deep), *deep])
print("after")
"""
ANSWERS = """\
def answers(asked):
    data = {"text/plain": %r}
    return {name: {"status": "ok", "data": data, "metadata": {}} for name in asked}
get_ipython().user_expressions = answers
"""
NO_STATUS = """\
class Speechless(type(get_ipython().kernel.session)):
    def send(self, stream, kind, content=None, *given, **more):
        content = {"status": 1} if kind == "execute_reply" else content
        return super().send(stream, kind, content, *given, **more)
get_ipython().kernel.session.__class__ = Speechless
"""
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


async def test_a_message_that_cannot_be_read_does_not_end_the_reading(tmp_path: Path) -> None:
    environment = await KernelEnvironment.start(workspace=tmp_path)
    try:
        for number in (1, 2):
            action = Action(UNREADABLE % 2, f"r-{number}-action")
            seen = await environment.execute(action, on_output=lambda item: None)
            assert (seen.status, seen.outputs[0].text) == ("ok", "after\n")
    finally:
        await environment.close()


async def test_a_kernel_that_says_nothing_else_than_what_cannot_be_read_is_given_up(
    tmp_path: Path,
) -> None:
    environment = await KernelEnvironment.start(workspace=tmp_path)
    try:
        endless = f"{UNREADABLE % MOST_FAULTS}\nwhile True: pass"
        action = Action(endless, "r-1-action")
        seen = await environment.execute(action, on_output=lambda item: None)
        assert seen.status == "unknown" and "cannot be read" in seen.lost
    finally:
        await environment.close()


@pytest.mark.parametrize(
    "answer",
    [
        *("-" * 100_000 + "1", "1" + "+1" * 50_000, "'" + "[" * 100_000 + "'", "'[1]'", "x", 1),
        """'{"names": {"x": 1}, "others": 2, "omitted": "3", "bindings": [], "directory": 4}'""",
    ],
)
async def test_an_action_ends_whatever_the_kernel_answers_to_what_we_ask_of_it(
    answer: object, tmp_path: Path
) -> None:
    environment = await KernelEnvironment.start(workspace=tmp_path)
    try:
        for number, code in enumerate((ANSWERS % (answer,), "print('on')")):
            action = Action(code, f"r-{number}-action")
            seen = await environment.execute(action, on_output=lambda item: None)
            assert seen.status == "ok"
        assert seen.outputs[0].text == "on\n"
    finally:
        await environment.close()


async def test_a_reply_that_does_not_say_how_it_ended_leaves_the_outcome_unknown(
    tmp_path: Path,
) -> None:
    environment = await KernelEnvironment.start(workspace=tmp_path)
    try:
        action = Action(f"{NO_STATUS}print('on')", "r-1-action")
        seen = await environment.execute(action, on_output=lambda item: None)
        assert (seen.status, seen.outputs[0].text) == ("unknown", "on\n")
    finally:
        await environment.close()
