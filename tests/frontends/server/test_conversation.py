"""One conversation a notebook: what the panel began the magic goes on with, and the reverse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from codeact_jupyter.notebook.inline import trajectory_of
from tests.frontends.live import ScriptedModel, act, say

from .conftest import OpenNotebook
from .front_ends import Follower, Person, all_text
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


def tab_cells(tab: Follower) -> list[Any]:
    """The cells of all runs that a tab was told of."""
    last = {f["cell"]["id"]: f["cell"] for f in tab.frames if f["type"] == "cell"}
    return list(last.values())


def session_of(tab: Follower) -> Any:
    """The metadata that the notebook was given."""
    return next(frame["metadata"] for frame in tab.frames if frame["type"] == "session")


@pytest.fixture
def loaded(open_notebook: OpenNotebook) -> Iterator[LiveNotebook]:
    """A notebook whose kernel knows the magic, and whose server was told of it by a tab."""
    notebook = open_notebook()
    notebook.person.run("%load_ext codeact_jupyter")
    notebook.follow().close()
    # What a kernel tells before the server listens to it is lost.
    assert notebook.server.api(f"names?kernel={notebook.kernel}").json["variables"] is not None
    yield notebook


def test_the_next_task_of_a_notebook_sends_what_was_sent_before(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("a = 1\na", "A thought."), act("1/0"), act("print('é')"), say("One."))
    notebook.start("first")
    until_saved(notebook, "answer")
    before = model.requests[-1]
    model.will(say("Two."))
    tab = notebook.follow()
    assert tab.end(notebook.start("second", **notebook.parts()))["state"] == "answered"
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


def test_the_magic_is_told_what_the_person_did_to_the_cells_of_its_runs(
    loaded: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("a = 1\na"), say("One."))
    magic(loaded.person, "first")
    deeds = [
        {"type": "edited", "run": "ab", "cell": "ab-1-action", "source": "a = 'by hand'"},
        {"type": "moved", "run": "ab", "cell": "ab-2-answer"},
        {"type": "no such", "run": "ab", "cell": "ab-2-answer"},
    ]
    before = model.requests[-1]
    given = json.dumps({"deeds": deeds})
    loaded.person.run(TAKE_OVER.format(given), silent=True, store_history=False)
    model.will(say("Two."))
    magic(loaded.person, "second")
    assert_goes_on(before, model.requests[0])
    assert "a = 'by hand'" in model.told and "moved the cell ab-2-answer" in model.told


def test_a_conversation_that_begins_is_told_of_the_persons_cells_once(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    notebook.follow()
    notebook.person.run("seen = 'running'")
    cells = [
        {"cell_type": "markdown", "id": "a", "source": "# My title", "metadata": {}},
        {"cell_type": "code", "id": "b", "source": "seen = 'running'", "metadata": {}},
        {"cell_type": "code", "id": "c", "source": "earlier = 2", "metadata": {}},
    ]
    model.will(say("One."), say("Two."))
    tab = notebook.follow()
    tab.end(notebook.start("first", cells=cells))
    parts = {"cells": [*cells, *tab_cells(tab)], "metadata": session_of(tab)}
    first, told = model.requests[0], all_text(model.requests[0])
    assert "My title" in told and "earlier = 2" in told
    assert told.count("seen = 'running'") == 1, "it was seen when it ran"
    tab.end(notebook.start("second", **parts))
    assert_goes_on(first, model.requests[1])
    assert "My title" not in model.told


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
    told = tab.cells(run)[f"{run}-2-answer"]
    assert "restarted" in told["source"], "the notebook says how it ended"
    kept = trajectory_of([{**cell, "outputs": []} for cell in tab.cells(run).values()], {})
    assert kept.turns[-1].state == "interrupted"


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
