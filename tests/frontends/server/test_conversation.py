"""One conversation a notebook: what the panel began the magic goes on with, and the reverse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.frontends.live import ScriptedModel, act, say

from .conftest import OpenNotebook
from .front_ends import Person
from .live_server import LiveNotebook, LiveServer
from .test_following import until_saved

TAKE_OVER = "__import__('codeact_jupyter.frontends.magic', fromlist=['x']).take_over({!r})"


def sent(request: Any) -> Any:
    """What a request holds, without the marks of what is to be cached."""
    if isinstance(request, dict):
        return {key: sent(value) for key, value in request.items() if key != "cache_control"}
    return [sent(item) for item in request] if isinstance(request, list) else request


def assert_goes_on(before: Any, after: Any) -> None:
    """The later request begins with the bytes of the earlier one."""
    before, after = sent(before), sent(after)
    assert (before["system"], before["tools"]) == (after["system"], after["tools"])
    known = len(before["messages"])
    assert json.dumps(after["messages"][:known]) == json.dumps(before["messages"])
    assert after["messages"][known]["role"] == "assistant"


def magic(person: Person, task: str) -> str:
    """Run a `%%codeact` cell in a front end that shows cells; gives its request."""
    metadata = {"codeact_client": person.session, "cellId": "the-magic"}
    request = person.begin(f"%%codeact --approve never\n{task}", metadata=metadata)
    reply = person.reply(request)
    assert reply["status"] == "ok", reply
    return request


@pytest.fixture
def loaded(open_notebook: OpenNotebook) -> Iterator[LiveNotebook]:
    """A notebook whose kernel knows the magic, and whose server was told of it by a tab."""
    notebook = open_notebook()
    notebook.person.run("%load_ext codeact_jupyter")
    notebook.follow().close()
    yield notebook


def test_the_next_task_of_a_notebook_sends_what_was_sent_before(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("a = 1\na", "A thought."), act("1/0"), act("print('é')"), say("One."))
    notebook.start("first")
    until_saved(notebook, "answer")
    before = model.requests[-1]
    model.will(say("Two."))
    notebook.start("second", **notebook.parts())
    assert model.wait_for_requests(1)
    assert_goes_on(before, model.requests[0])
    assert json.dumps(model.requests[0]["messages"][-1]).count("second") == 1


def test_a_new_server_goes_on_with_the_conversation_that_the_notebook_holds(
    notebook: LiveNotebook, server: LiveServer, shared_kernel: str, model: ScriptedModel
) -> None:
    model.will(act("a = 1"), say("One."))
    notebook.start("first")
    parts = until_saved(notebook, "answer") and notebook.parts()
    before = model.requests[-1]
    elsewhere = LiveNotebook(server, f"moved-{notebook.path}", kernel={"id": shared_kernel})
    model.will(say("Two."))
    tab = elsewhere.follow()
    assert tab.end(elsewhere.start("second", **parts))["state"] == "answered"
    assert_goes_on(before, model.requests[0])
    elsewhere.leave()


def test_a_run_of_the_magic_is_followed_saved_and_gone_on_with_in_the_panel(
    loaded: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("total = 3\nprint(total)", "I add."), say("Three."))
    magic(loaded.person, "add")
    before = model.requests[-1]
    saved = until_saved(loaded, "answer")
    run = saved.cells[-1].id.split("-")[0]
    ours = [f"{run}-{role}" for role in ("0-task", "1-thought", "1-action", "2-answer")]
    assert [cell.id for cell in saved.cells] == ours
    assert saved.cells[2].outputs[0].text == "3\n"

    tab = loaded.follow()
    assert tab.end(run)["state"] == "answered"
    model.will(say("Four."))
    assert tab.end(loaded.start("one more", **loaded.parts()))["state"] == "answered"
    assert_goes_on(before, model.requests[0])


def test_the_magic_goes_on_with_a_conversation_of_the_panel(
    loaded: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("a = 1\na"), say("One."))
    loaded.start("first")
    until_saved(loaded, "answer")
    before = model.requests[-1]
    model.will(say("Two."))
    given = json.dumps(loaded.parts())
    loaded.person.run(TAKE_OVER.format(given), silent=True, store_history=False)
    magic(loaded.person, "second")
    assert_goes_on(before, model.requests[0])


def test_a_magics_run_whose_kernel_is_restarted_gets_an_end(
    loaded: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("import time\nfor _ in range(600):\n    time.sleep(0.05)"))
    tab = loaded.follow()
    metadata = {"codeact_client": loaded.person.session}
    loaded.person.begin("%%codeact --approve never\nsleep", metadata=metadata)
    tab.until(lambda: any(f["type"] == "step" and f["state"] == "running" for f in tab.frames))
    run = tab.frames[-1]["run"]
    loaded.server.ask(f"api/kernels/{loaded.kernel}/restart", {})
    end = tab.end(run)
    assert end["state"] == "interrupted" and "restarted" in end["reason"]


def test_a_kernel_cannot_forge_frames_of_the_panels_runs_nor_break_the_server(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("import time; time.sleep(0.5)"), say("True."))
    tab = notebook.follow()
    run = notebook.start("be true")
    forged = [
        {"version": 1, "run": run, "number": 10**9, "type": "answer", "step": 1, "text": "Forged."},
        {"version": 1, "run": "feed", "number": 1, "type": "cell"},
        {"version": 1, "run": "feed", "number": "1", "type": "run"},
        {"version": 1, "run": ["feed"], "number": 1, "type": "session", "metadata": {}},
        {"run": "feed", "number": 1},
        {},
    ]
    send = (
        "k = get_ipython().kernel\nfor f in {!r}:\n    k.session.send(k.iopub_socket, 'codeact', f)"
    )
    notebook.person.run(send.format(forged))
    assert tab.end(run)["state"] == "answered"
    assert tab.answers() == ["True."]
    assert {frame["run"] for frame in tab.frames} == {run}
