"""A magic's actions as cells of their own, as a front end that shows cells receives them."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.frontends.live import SECONDS, LiveKernel, ScriptedModel, act, live, say

Message = dict[str, Any]


@dataclass
class Shown:
    """What came of one `%%codeact` cell, by the request that each message belongs to."""

    request: str
    messages: list[Message] = field(default_factory=list)
    asked: list[Message] = field(default_factory=list)
    reply: Message = field(default_factory=dict)

    @property
    def frames(self) -> list[Message]:
        return [m["content"] for m in self.messages if m["msg_type"] == "codeact"]

    @property
    def actions(self) -> list[str]:
        """The requests of the actions, in order."""
        inputs = [m for m in self.messages if m["msg_type"] == "execute_input"]
        ids = [m["parent_header"]["msg_id"] for m in inputs]
        return [each for each in ids if each.startswith("codeact:")]

    def of(self, action: int, *kinds: str) -> list[Message]:
        """The messages of the action of this number, from 0."""
        wanted = self.actions[action]
        found = [m for m in self.messages if m["parent_header"].get("msg_id") == wanted]
        return [m for m in found if not kinds or m["msg_type"] in kinds]

    def text(self, action: int) -> str:
        return "".join(m["content"]["text"] for m in self.of(action, "stream"))

    def count(self, action: int) -> int:
        count: int = self.of(action, "execute_input")[0]["content"]["execution_count"]
        return count


class ShowingFrontEnd:
    """A front end that says of itself that it shows the cells of a run."""

    def __init__(self, kernel: LiveKernel, model: ScriptedModel) -> None:
        self.kernel, self.model, self.client = kernel, model, kernel.client

    def task(
        self,
        *turns: Any,
        flags: str = "--approve never",
        answers: list[str] | None = None,
        when: Callable[[Shown], Any] | None = None,
    ) -> Shown:
        """Run a `%%codeact` cell in which the model says these."""
        self.model.will(*turns)
        session = self.client.session
        content = {"code": f"%%codeact {flags}\ndo it", "silent": False, "store_history": True}
        content |= {"allow_stdin": answers is not None, "stop_on_error": True}
        mark = {"codeact_client": session.session, "cellId": "the-magic"}
        message = session.msg("execute_request", content, metadata=mark)
        self.client.shell_channel.send(message)
        shown = Shown(message["msg_id"])
        self._read(shown, list(answers or ()), when or (lambda shown: None))
        return shown

    def _read(self, shown: Shown, answers: list[str], when: Callable[[Shown], Any]) -> None:
        deadline, idle = time.monotonic() + SECONDS, False
        while not (idle and shown.reply):
            assert time.monotonic() < deadline, shown.messages[-5:]
            for message in _waiting(self.client.get_iopub_msg, 0.05):
                shown.messages.append(message)
                is_status = message["msg_type"] == "status"
                of_magic = message["parent_header"].get("msg_id") == shown.request
                idle = idle or (
                    is_status and of_magic and message["content"]["execution_state"] == "idle"
                )
                when(shown)
            for message in _waiting(self.client.get_stdin_msg, 0):
                shown.asked.append(message)
                self.client.input(answers.pop(0))
            for message in _waiting(self.client.get_shell_msg, 0):
                if message["parent_header"].get("msg_id") == shown.request:
                    shown.reply = message


def _waiting(get: Callable[..., Message], timeout: float) -> Iterator[Message]:
    try:
        while True:
            yield get(timeout=timeout)
    except queue.Empty:
        return


@pytest.fixture(scope="module")
def front_end(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShowingFrontEnd]:
    with ScriptedModel() as model, live(model, str(tmp_path_factory.mktemp("work"))) as kernel:
        yield ShowingFrontEnd(kernel, model)


def test_each_action_is_a_cell_with_its_own_count_and_history(front_end: ShowingFrontEnd) -> None:
    shown = front_end.task(
        act("40 + 2"), act("_ + 1"), act("print(In[-1], Out[len(In) - 2])"), say()
    )
    counts = [shown.count(action) for action in range(3)]
    assert counts == [counts[0], counts[0] + 1, counts[0] + 2]
    results = [shown.of(action, "execute_result")[0]["content"] for action in range(2)]
    assert [each["data"]["text/plain"] for each in results] == ["42", "43"]
    assert [each["execution_count"] for each in results] == counts[:2]
    assert shown.text(2) == "print(In[-1], Out[len(In) - 2]) 43\n"
    done = [shown.of(action, "codeact_done")[0]["content"] for action in range(3)]
    assert [each["execution_count"] for each in done] == counts
    after = front_end.kernel.run("'the next cell'")
    assert after.count == counts[-1] + 1
    assert front_end.kernel.value("len(In) - 1") == str(after.count)


def test_the_persons_own_name_for_what_ipython_calls_in_is_left_alone(
    front_end: ShowingFrontEnd,
) -> None:
    before = front_end.kernel.run("In = 3").count
    shown = front_end.task(act("In + 1"), say())
    assert shown.reply["content"]["status"] == "ok"
    assert shown.count(0) == before + 2  # the magic's own number lies between
    assert front_end.kernel.value("In") == "3"


def test_an_actions_messages_come_between_its_input_and_its_end(front_end: ShowingFrontEnd) -> None:
    shown = front_end.task(act("print('a')\nprint('b')\n1/0"), act("print('c')"), say())
    kinds = [message["msg_type"] for message in shown.of(0)]
    assert kinds[0] == "execute_input" and kinds[-1] == "codeact_done" and "error" in kinds
    assert shown.text(0) == "a\nb\n"
    assert shown.text(1) == "c\n"
    headers = [shown.of(action)[0]["parent_header"] for action in range(2)]
    assert [header["codeact_after"] for header in headers] == [
        "the-magic",
        shown.actions[0].rpartition(":")[2],
    ]
    assert shown.reply["content"]["status"] == "ok"


def test_the_frames_of_a_run_are_numbered_and_belong_to_the_magic(
    front_end: ShowingFrontEnd,
) -> None:
    shown = front_end.task(act("a = 1", "A thought."), say("The end."))
    numbers = [frame["number"] for frame in shown.frames]
    assert numbers == sorted(set(numbers)) and numbers[0] == 1
    kinds = {frame["type"] for frame in shown.frames}
    assert {"run", "session", "cell", "step", "typed", "answer"} <= kinds
    told = [m for m in shown.messages if m["msg_type"] == "codeact"]
    assert {m["parent_header"]["msg_id"] for m in told} == {shown.request}


def test_a_front_end_that_does_not_say_it_shows_cells_gets_none(front_end: ShowingFrontEnd) -> None:
    front_end.model.will(act("print('under the magic')"), say())
    ran = front_end.kernel.task("do it", "--approve never")
    assert "under the magic" in ran.stdout
    assert "codeact" not in {message["msg_type"] for message in ran.messages}


def test_an_interrupt_ends_the_action_in_its_own_cell(front_end: ShowingFrontEnd) -> None:
    interrupted: list[bool] = []

    def interrupt(shown: Shown) -> None:
        if shown.actions and "begun" in shown.text(0) and not interrupted:
            interrupted.append(True)
            front_end.kernel.interrupt()

    code = "import time\nprint('begun', flush=True)\nfor _ in range(600):\n    time.sleep(0.05)"
    shown = front_end.task(act(code), when=interrupt)
    assert "KeyboardInterrupt" in str(shown.of(0, "error"))
    assert shown.of(0)[-1]["msg_type"] == "codeact_done"
    assert shown.frames[-1]["state"] == "interrupted"
    assert front_end.kernel.run("print('goes on')").stdout == "goes on\n"


def test_a_question_goes_to_the_magics_own_request(front_end: ShowingFrontEnd) -> None:
    code = "import getpass\nprint(input('Name? '), getpass.getpass('Word? '))"
    shown = front_end.task(act(code), say(), answers=["Ada", "42"])
    assert [m["parent_header"]["msg_id"] for m in shown.asked] == [shown.request] * 2
    assert [m["content"]["password"] for m in shown.asked] == [False, True]
    assert shown.text(0) == "Ada 42\n"


def test_a_display_is_updated_from_another_cell(front_end: ShowingFrontEnd) -> None:
    shown = front_end.task(
        act("from IPython.display import display\nhandle = display('old', display_id=True)"),
        act("handle.update('new')"),
        say(),
    )
    first = shown.of(0, "display_data")[0]["content"]
    update = shown.of(1, "update_display_data")[0]["content"]
    assert update["transient"]["display_id"] == first["transient"]["display_id"]
    cells = {f["cell"]["id"]: f["cell"] for f in shown.frames if f["type"] == "cell"}
    assert "new" in str(cells[shown.actions[0].rpartition(":")[2]]["outputs"])


def test_an_action_may_await_and_clear_its_own_output(front_end: ShowingFrontEnd) -> None:
    code = (
        "import asyncio\nfrom IPython.display import clear_output\nprint('old')\n"
        "await asyncio.sleep(0.01)\nclear_output(wait=True)\nprint('new')"
    )
    shown = front_end.task(act("print('kept')"), act(code), say())
    assert [m["msg_type"] for m in shown.of(1, "stream", "clear_output")] == [
        "stream",
        "clear_output",
        "stream",
    ]
    cells = {f["cell"]["id"]: f["cell"] for f in shown.frames if f["type"] == "cell"}
    outputs = [cells[action.rpartition(":")[2]]["outputs"] for action in shown.actions]
    assert ["kept" in str(outputs[0]), "new" in str(outputs[1])] == [True, True]
    assert "old" not in str(outputs[1])


def test_a_progress_bar_stays_in_its_cell(front_end: ShowingFrontEnd) -> None:
    shown = front_end.task(
        act("from tqdm import tqdm\nfor _ in tqdm(range(3)):\n    pass"),
        act("from tqdm.notebook import tqdm\nfor _ in tqdm(range(3)):\n    pass"),
        say(),
    )
    assert "3/3" in shown.text(0)
    view = "application/vnd.jupyter.widget-view+json"
    assert any(view in m["content"]["data"] for m in shown.of(1, "display_data"))
    opened = [m for m in shown.messages if m["msg_type"] == "comm_open"]
    assert opened
    assert {m["parent_header"]["msg_id"] for m in opened} == {shown.actions[1]}


def test_an_output_widget_captures_what_is_printed_into_it(front_end: ShowingFrontEnd) -> None:
    code = (
        "import ipywidgets\nbox = ipywidgets.Output()\ndisplay(box)\n"
        "with box:\n    print('inside')\nprint('outside')"
    )
    shown = front_end.task(act(code), say())
    states = [
        m["content"]["data"]["state"]
        for m in shown.messages
        if m["msg_type"] == "comm_msg" and "state" in m["content"]["data"]
    ]
    # The front end catches all output of the request that the widget names: it must be the cell's.
    assert shown.actions[0] in [state.get("msg_id") for state in states]
    assert "outside" in shown.text(0)


def test_what_a_thread_writes_later_stays_out_of_the_cells_of_others(
    front_end: ShowingFrontEnd,
) -> None:
    late = "import threading, time\ndef later():\n    time.sleep(0.5)\n    print('late')\n"
    shown = front_end.task(
        act(late + "threading.Thread(target=later).start()"),
        act("import time\ntime.sleep(1)\nprint('mine')"),
        say(),
    )
    assert "mine" in shown.text(1)
    everywhere = [m for m in shown.messages if "late\n" in str(m["content"].get("text"))]
    assert len(everywhere) == 1


def test_a_restored_kernel_knows_nothing_of_the_action_any_more(front_end: ShowingFrontEnd) -> None:
    asks = "id(vars(get_ipython().kernel)['_input_request'])"
    before = front_end.kernel.value(asks)
    front_end.task(act("1/0"), act("raise SystemExit"), say())
    ran = front_end.kernel.run(
        "print(get_ipython().kernel.get_parent('shell')['header']['msg_id'])"
    )
    assert not ran.stdout.startswith("codeact:")
    assert front_end.kernel.value(asks) == before
