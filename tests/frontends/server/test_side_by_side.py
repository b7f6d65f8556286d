"""What the person does beside a run, in other tabs and notebooks, is theirs and stays theirs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import nbformat

from tests.frontends.live import SECONDS, ScriptedModel, act, say

from .conftest import OpenNotebook
from .front_ends import Follower, Held, has_begun
from .live_server import LiveNotebook, LiveServer
from .test_conversation import TAKE_OVER, magic
from .test_following import until_saved

FLOOD = """\
import time
time.sleep(1)
for i in range(100_000):
    print(i, "x" * 40, flush=i % 20 == 0)
"""


def contents(server: LiveServer, path: str) -> Any:
    """A notebook as the contents manager gives it."""
    return server.ask(f"api/contents/{path}").json["content"]


def until(there: Any) -> None:
    deadline = time.monotonic() + SECONDS
    while not there() and time.monotonic() < deadline:
        time.sleep(0.01)


def follow_as(notebook: LiveNotebook, client: str) -> Follower:
    """A tab whose connection to the kernel has this name."""
    tab = notebook.follow()
    about = {"path": notebook.path, "kernel": notebook.kernel, "client": client}
    tab.send({"type": "follow", **about, "collaborative": False, "seen": {}})
    tab.until(lambda: sum(m["type"] == "following" for m in tab.messages) == 2, "following")
    return tab


def test_an_interrupt_leaves_the_persons_cell_alone_while_the_agents_output_is_still_read(
    notebook: LiveNotebook, model: ScriptedModel, tmp_path: Path
) -> None:
    person, begun = notebook.person, tmp_path / "begun"
    model.will(act(FLOOD), say())
    tab = notebook.follow()
    run = notebook.start("flood")
    has_begun(person, run, 1)
    waits = "import time\nfor _ in range(60):\n    time.sleep(0.05)\nprint('not touched')"
    theirs = person.queue(f"open({str(begun)!r}, 'w').close()\n{waits}")
    until(begun.exists)
    notebook.tell(run, "interrupt")
    assert person.reply(theirs)["status"] == "ok"
    assert person.printed(theirs) == "not touched\n"
    tab.end(run)


def test_a_page_that_lost_its_socket_gets_the_cells_that_the_server_saved_meanwhile(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act("a = 1"), act(held.code), act("b = 2"), say("Done."))
    tab = notebook.follow()
    run = notebook.start("go")
    has_begun(notebook.person, run, 2)
    seen = {run: max(frame["number"] for frame in tab.of(run))}
    had = set(tab.cells(run))
    tab.close()
    held.let_go()
    saved = until_saved(notebook, "answer")
    page = notebook.follow()
    assert not page.cells(run), "a page that is opened now has them from the file"
    about = {"path": notebook.path, "kernel": notebook.kernel, "client": "x"}
    resumed = {**about, "collaborative": False, "seen": seen, "resumes": True}
    page.send({"type": "follow", **resumed})
    page.first(run, "cell", phase="final")
    page.until(lambda: had | set(page.cells(run)) == {c.id for c in saved.cells}, "all cells")


def test_a_magics_run_is_the_notebooks_whose_cell_began_it_also_in_a_shared_kernel(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    one = open_notebook()
    one.person.run("%load_ext codeact_jupyter")
    tabs = [follow_as(one, one.person.session)]
    other = open_notebook(kernel={"id": one.kernel})
    tabs.append(follow_as(other, "another"))
    model.will(act("x = 1"), say("One."))
    magic(one.person, "add")
    tabs[0].until(tabs[0].answers, "the answer")
    assert not tabs[1].frames
    tabs[0].close()
    assert until_saved(one, "answer") and not other.read().cells


def test_what_the_person_cut_from_a_cell_stays_cut(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act(f"{held.code}\nprint('one')\nprint('two')"), say("Done."))
    tab = notebook.follow()
    run = notebook.start("go")
    has_begun(notebook.person, run, 1)
    cell = tab.first(run, "cell", phase="running")["cell"]
    theirs = cell["source"].rsplit("\n", 1)[0]
    saved = notebook.read()
    saved.cells.append(nbformat.v4.new_code_cell(theirs, id=cell["id"], metadata=cell["metadata"]))
    nbformat.write(saved, notebook.server.files / notebook.path)
    about = {"path": notebook.path, "run": run, "cell": cell["id"]}
    tab.send({"type": "edited", **about, "source": theirs})
    last = max(frame["number"] for frame in tab.of(run))
    tab.send({"type": "saved", "path": notebook.path, "seen": {run: last}})
    tab.close()
    held.let_go()
    whole = until_saved(notebook, "answer")
    assert next(each for each in whole.cells if each.id == cell["id"]).source == theirs


def test_a_run_that_the_server_saves_leaves_the_notebook_trusted(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    server = notebook.server
    theirs = nbformat.v4.new_code_cell("1", id="mine", metadata={"trusted": True})
    script = {"text/html": "<script>1</script>"}
    theirs.outputs = [nbformat.v4.new_output("display_data", script)]
    content = nbformat.v4.new_notebook(cells=[theirs])
    body = {"type": "notebook", "format": "json", "content": content}
    assert server.ask(f"api/contents/{notebook.path}", body, method="PUT").status == 200
    model.will(act("from IPython.display import HTML\nHTML('<b>x</b>')"), say("Done."))
    notebook.start("go")
    until_saved(notebook, "answer")
    cells = contents(server, notebook.path)["cells"]
    assert all(cell["metadata"]["trusted"] for cell in cells if cell["cell_type"] == "code")


def test_a_task_of_the_panel_is_refused_while_a_magic_runs(
    open_notebook: OpenNotebook, model: ScriptedModel, held: Held
) -> None:
    notebook = open_notebook()
    person = notebook.person
    person.run("%load_ext codeact_jupyter")
    tab = notebook.follow()
    model.will(act(held.code), say("Done."))
    metadata = {"codeact_client": person.session}
    request = person.begin("%%codeact --approve never\nwait", metadata=metadata)
    tab.until(lambda: any(f["type"] == "step" and f["state"] == "running" for f in tab.frames))
    refused = notebook.order("meanwhile")
    assert refused.status == 400 and "%%codeact run is going on" in refused.json["message"]
    held.let_go()
    assert person.reply(request)["status"] == "ok"


def test_what_the_person_did_before_the_first_task_is_told_with_it(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    tab = notebook.follow()
    cell = {"run": "ab", "cell": "ab-1-action", "path": notebook.path}
    tab.send({"type": "edited", **cell, "source": "a = 99"})
    notebook.server.api("status")
    model.will(say("One."))
    tab.end(notebook.start("first"))
    assert "a = 99" in model.told


def test_all_conversations_of_a_notebook_are_read_and_a_broken_off_one_says_so(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("a = 1"), say("One."))
    notebook.start("first")
    until_saved(notebook, "answer")
    model.will(act("b = 1"), say("Two."))
    second = notebook.start("second", cells=[], metadata={})
    until_saved(notebook, f"{second}-2-answer")
    parts = notebook.parts()
    cells = [cell for cell in parts["cells"] if cell["id"] != f"{second}-2-answer"]
    frames = notebook.server.api("read", {**parts, "cells": cells}).json["frames"]
    runs = [(f["task"], f["state"]) for f in frames if f["type"] == "run"]
    assert runs == [("first", "answered"), ("second", "interrupted")]


def test_a_task_sent_the_moment_a_run_is_told_to_be_over_begins_with_what_it_came_with(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    tab = notebook.follow()
    for number in range(5):
        model.will(say(f"Answer {number}."))
        tab.end(notebook.start(f"task {number}", cells=[], metadata={}))
    told = json.dumps(model.requests[-1]["messages"])
    assert "task 4" in told and "task 3" not in told
    tab.close()


def test_cells_of_the_magic_that_are_run_at_once_all_go_on_with_one_conversation(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    model.will(act("a = 1"), say("Old answer."))
    notebook.start("old task")
    until_saved(notebook, "answer")
    given = TAKE_OVER.format(json.dumps(notebook.parts()))
    person = notebook.person
    person.run("%load_ext codeact_jupyter")
    model.will(say("A."), say("B."))
    for task in ("task A", "task B"):
        person.begin(given, silent=True, store_history=False)
        last = person.begin(f"%%codeact\n{task}", metadata={"codeact_client": person.session})
    assert person.reply(last)["status"] == "ok"
    told = json.dumps(model.requests[-1])
    assert "old task" in told and "task A" in told


def test_a_kernel_takes_away_no_cell_of_another_run(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    tab = notebook.follow()
    forged = {"version": 1, "run": "feed", "number": 1, "type": "removed", "cell": "ab-1-action"}
    notebook.person.run(
        f"k = get_ipython().kernel\nk.session.send(k.iopub_socket, 'codeact', {forged!r})"
    )
    model.will(say())
    tab.end(notebook.start("go"))
    assert not [frame for frame in tab.frames if frame["type"] == "removed"]
