"""A run belongs to the server: who follows it, and what its notebook's file holds."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.frontends.live import SECONDS, ScriptedModel, act, say

from .front_ends import Held, has_begun
from .live_server import LiveNotebook, LiveServer, serving

THREE_STEPS = (
    act("print('one')", "First."),
    act("1/0", "Then a mistake."),
    act("print('two')", "Now right."),
)


def until_saved(notebook: LiveNotebook, role: str) -> Any:
    """The notebook's file, once it has a cell of this role at its end."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        saved = notebook.read()
        if saved.cells and saved.cells[-1].id.endswith(role):
            return saved
        time.sleep(0.05)
    raise AssertionError(f"never saved: {[cell.id for cell in notebook.read().cells]}")


def test_a_run_goes_on_when_its_follower_leaves_and_the_next_one_gets_all_of_it(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act(f"{held.code}print('one')", "First."), *THREE_STEPS[1:], say())
    tab = notebook.follow()
    run = notebook.start("three steps")
    tab.first(run, "step", state="running")
    tab.close()
    later = notebook.follow()
    held.let_go()
    assert later.end(run)["state"] == "answered"
    numbers = [frame["number"] for frame in later.frames]
    assert numbers == sorted(set(numbers))
    order = list(later.cells(run))
    roles = ["0-task", "1-thought", "1-action", "2-thought", "2-action", "3-thought", "3-action"]
    assert order == [f"{run}-{role}" for role in [*roles, "4-answer"]]
    assert [step["state"] for step in later.steps(run)][:3] == ["ok", "error", "ok"]
    assert later.cells(run)[f"{run}-1-action"]["outputs"][0]["text"] in ("one\n", ["one\n"])


def test_who_comes_while_a_cell_runs_is_told_what_it_put_out(
    server: LiveServer, notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act(f"shown = display(1, display_id='n')\nprint('one')\n{held.code}"), say())
    run = notebook.start("print")
    person, request = notebook.person, f"codeact:{run}:{run}-1-action"
    person.until(lambda: "one" in person.printed(request), "the output")
    tab = notebook.follow()
    told = tab.until(lambda: [m for m in tab.messages if m["type"] == "printed"], "printed")[0]
    assert (told["run"], told["cell"]) == (run, f"{run}-1-action")
    display, stream = told["messages"]
    assert display["kind"] == "display_data"
    assert display["content"]["transient"] == {"display_id": "n"}
    assert stream == {"kind": "stream", "content": {"name": "stdout", "text": "one\n"}}
    printed = person.about(request, "stream", "display_data")
    assert told["last"] == printed[-1]["header"]["msg_id"]
    stranger = LiveNotebook(server, "stranger.ipynb", kernel={"id": notebook.kernel})
    other = stranger.follow()
    other.send({"type": "follow", "path": notebook.path, "kernel": notebook.kernel})
    other.until(lambda: [m for m in other.messages if m["type"] == "printed"], "printed")
    assert {m["path"] for m in other.messages if m["type"] == "printed"} == {notebook.path}
    heard = {"type": "printed", "path": notebook.path, "kernel": notebook.kernel}
    for each in ({**heard, "kernel": "another"}, {**heard, "path": "another.ipynb"}, heard):
        tab.send(each)  # its socket to the kernel is open
    tab.until(lambda: [m for m in tab.messages if m["type"] == "printed"][1:], "printed again")
    assert [m for m in tab.messages if m["type"] == "printed"] == [told, told]
    held.let_go()
    assert tab.end(run)["state"] == "answered"
    later = notebook.follow()
    assert later.end(run) and not [m for m in later.messages if m["type"] == "printed"]


def test_who_has_seen_a_part_gets_the_rest_only(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(*THREE_STEPS, say())
    tab = notebook.follow()
    run = notebook.start("three steps")
    last = tab.end(run)["number"]
    half = tab.first(run, "step", step=2, state="error")["number"]
    rest = notebook.follow({run: half})
    assert rest.end(run)["state"] == "answered"
    assert all(frame["number"] > half for frame in rest.frames)
    nothing = notebook.follow({run: last})
    assert nothing.following["runs"] == [run] and not nothing.frames


def test_two_tabs_get_the_same_frames_and_one_leads_a_shared_document(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(*THREE_STEPS, say())
    one, two = notebook.follow(), notebook.follow()
    one.follow({}, collaborative=True)
    two.follow({}, collaborative=True)
    two.until(lambda: sum(m["type"] == "following" for m in two.messages) == 2, "following")
    one.until(lambda: sum(m["type"] == "following" for m in one.messages) == 2, "following")
    leads = [
        [m["lead"] for m in tab.messages if m["type"] == "following"][-1] for tab in (one, two)
    ]
    assert sorted(leads) == [False, True]
    run = notebook.start("three steps")
    one.end(run), two.end(run)
    assert one.of(run) == two.of(run)
    leader, other = (one, two) if leads[0] else (two, one)
    leader.close()
    other.until(lambda: any(m["type"] == "lead" and m["lead"] for m in other.messages), "lead")


def test_without_a_browser_the_notebooks_file_holds_all_cells_in_order(
    server: LiveServer, shared_kernel: str, model: ScriptedModel
) -> None:
    mine = nbformat.v4.new_code_cell("mine = 1")
    notebook = LiveNotebook(server, "with-a-cell.ipynb", mine, kernel={"id": shared_kernel})
    model.will(*THREE_STEPS, say("The end."))
    run = notebook.start("three steps")
    saved = until_saved(notebook, "answer")
    nbformat.validate(saved)
    roles = ["0-task", "1-thought", "1-action", "2-thought", "2-action", "3-thought", "3-action"]
    ours = [f"{run}-{role}" for role in [*roles, "4-answer"]]
    assert [cell.id for cell in saved.cells][1:] == ours
    assert saved.cells[0].source == "mine = 1"
    assert saved.cells[3].outputs[0].text == "one\n"
    assert saved.metadata.codeact["system"]
    frames = notebook.server.api("read", notebook.parts()).json["frames"]
    assert [frame["type"] for frame in frames] == ["run", "step", "step", "step", "answer"]


def test_the_cells_of_a_run_go_below_the_cell_that_the_person_chose(
    server: LiveServer, shared_kernel: str, model: ScriptedModel
) -> None:
    cells = [nbformat.v4.new_code_cell(f"{n}", id=f"cell{n}") for n in (1, 2)]
    notebook = LiveNotebook(server, "with-two.ipynb", *cells, kernel={"id": shared_kernel})
    model.will(act("3"), say())
    run = notebook.start("here", after="cell1")
    deadline = time.monotonic() + SECONDS
    while len(notebook.read().cells) < 5 and time.monotonic() < deadline:
        time.sleep(0.05)
    ours = [f"{run}-0-task", f"{run}-1-action", f"{run}-2-answer"]
    assert [cell.id for cell in notebook.read().cells] == ["cell1", *ours, "cell2"]


def test_what_somebody_else_writes_during_a_run_stays_and_gets_the_cells_too(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act("first = 1"), act(held.code), act("third = 3"), say())
    run = notebook.start("three steps")
    until_saved(notebook, "1-action")
    theirs = notebook.read()
    theirs.cells.insert(0, nbformat.v4.new_markdown_cell("by somebody else"))
    theirs.cells[-1].source = "first = 'edited by the person'"
    saved = notebook.server.ask(
        f"api/contents/{notebook.path}", {"type": "notebook", "content": theirs}, method="PUT"
    )
    assert saved.status == 200
    held.let_go()
    whole = until_saved(notebook, "answer")
    assert whole.cells[0].source == "by somebody else"
    texts = {cell.id: cell.source for cell in whole.cells}
    assert texts[f"{run}-1-action"] == "first = 'edited by the person'"
    assert texts[f"{run}-3-action"] == "third = 3"


def test_a_cell_that_the_person_deleted_stays_away(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act("1/0"), act(held.code), say())
    run = notebook.start("two steps")
    until_saved(notebook, "1-action")
    theirs = notebook.read()
    theirs.cells = [cell for cell in theirs.cells if not cell.id.endswith("1-action")]
    notebook.server.ask(
        f"api/contents/{notebook.path}", {"type": "notebook", "content": theirs}, method="PUT"
    )
    held.let_go()
    whole = until_saved(notebook, "answer")
    roles = [cell.id.partition("-")[2] for cell in whole.cells]
    assert roles == ["0-task", "2-action", "3-answer"] and run


def test_a_file_that_cannot_be_written_gets_the_cells_later(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("a = 1"), say("one"))
    file = notebook.server.files / notebook.path
    text = file.read_text()
    file.write_text("this is no notebook")
    run = notebook.start("first")
    tab = notebook.follow()
    assert tab.end(run)["state"] == "answered"
    tab.close()
    file.write_text(text)
    model.will(say("two"))
    second = notebook.start("second")
    saved = until_saved(notebook, f"{second}-1-answer")
    assert f"{run}-1-action" in [cell.id for cell in saved.cells]


def test_a_notebook_that_is_open_is_left_to_its_front_end_until_that_goes_away(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(*THREE_STEPS, say())
    tab = notebook.follow()
    run = notebook.start("three steps")
    tab.end(run)
    assert notebook.read().cells == []
    tab.close()
    saved = until_saved(notebook, "answer")
    assert len(saved.cells) == 8


def test_what_a_front_end_saved_is_not_told_again(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(*THREE_STEPS, say())
    tab = notebook.follow()
    run = notebook.start("three steps")
    last = tab.end(run)["number"]
    tab.send({"type": "saved", "path": notebook.path, "seen": {run: last}})
    tab.follow({run: last})
    tab.until(lambda: sum(m["type"] == "following" for m in tab.messages) == 2, "following")
    later = notebook.follow()
    assert later.end(run) and not later.cells(run)
    assert [step["state"] for step in later.steps(run)][:3] == ["ok", "error", "ok"]


def test_a_notebook_renamed_during_a_run_takes_the_run_along(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act(held.code), act("a = 1"), say())
    tab = notebook.follow()
    run = notebook.start("rename me")
    tab.first(run, "step", state="running")
    tab.close()
    old, notebook.path = notebook.path, f"renamed-{notebook.path}"
    renamed = notebook.server.ask(f"api/contents/{old}", {"path": notebook.path}, method="PATCH")
    assert renamed.status == 200
    held.let_go()
    assert notebook.follow().end(run)["state"] == "answered"
    again = notebook.order("go on", **notebook.parts())
    assert again.status == 201
    assert not (notebook.server.files / old).exists()


def test_a_notebook_deleted_during_a_run_ends_it_and_the_next_of_its_name_knows_nothing_of_it(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act(held.code), act("a = 1"), say())
    tab = notebook.follow()
    run = notebook.start("delete me")
    tab.first(run, "step", state="running")
    deleted = notebook.server.ask(f"api/contents/{notebook.path}", method="DELETE")
    assert deleted.status == 204
    end = tab.end(run)
    assert (end["state"], end["reason"]) == ("interrupted", "its notebook was deleted")
    tab.close()
    nbformat.write(nbformat.v4.new_notebook(), notebook.server.files / notebook.path)
    again = notebook.start("begin anew")
    later = notebook.follow()
    assert later.end(again)["state"] == "answered"
    assert not later.of(run)


@pytest.mark.parametrize(
    "said",
    [
        "no json",
        "[]",
        '"follow"',
        '{"type": "follow"}',
        '{"type": "follow", "path": "x.ipynb", "kernel": 7, "seen": 3}',
        '{"type": "follow", "path": "x.ipynb", "kernel": "none", "seen": {"a": "b"}}',
        '{"type": "saved", "path": "x.ipynb"}',
        '{"type": "deleted", "path": "x.ipynb"}',
        '{"type": "edited", "path": "x.ipynb", "run": [], "cell": {}, "source": 1}',
        '{"type": "moved", "path": "x.ipynb"}',
    ],
)
def test_nonsense_on_the_socket_is_passed_over(
    notebook: LiveNotebook, model: ScriptedModel, said: str
) -> None:
    tab = notebook.follow()
    tab._socket.send(said)
    model.will(say())
    assert tab.end(notebook.start("still there"))["state"] == "answered"


def test_what_the_person_did_to_a_runs_cells_is_told_at_the_next_task(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("a = 1"), act("b = 2"), say())
    tab = notebook.follow()
    run = notebook.start("two steps")
    tab.end(run)
    about = {"path": notebook.path, "run": run}
    edited = {"type": "edited", **about, "cell": f"{run}-1-action", "source": "a = 'by hand'"}
    tab.send(edited)
    tab.send({"type": "deleted", **about, "cell": f"{run}-2-action"})
    later = notebook.follow()
    later.end(run)
    assert f"{run}-2-action" not in later.cells(run)
    model.will(say())
    cells = [cell for cell in tab.cells(run).values() if not cell["id"].endswith("2-action")]
    again = notebook.start("go on", cells=cells, metadata=tab.of(run, "session")[0]["metadata"])
    tab.end(again)
    assert "a = 'by hand'" in model.told and "deleted" in model.told


def test_a_front_end_that_adopts_a_running_action_does_not_cut_its_output_short(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("import time; time.sleep(0.5)\nfor i in range(500):\n    print(i)"), say())
    tab = notebook.follow()
    run = notebook.start("count")
    has_begun(notebook.person, run, 1)
    request = f"codeact:{run}:{run}-1-action"
    notebook.person.say("control", "kernel_info_request", {}, message_id=request)
    assert tab.end(run)["state"] == "answered"
    outputs = tab.cells(run)[f"{run}-1-action"]["outputs"]
    assert "".join(outputs[0]["text"]).endswith("\n499\n")


def test_a_server_that_ends_leaves_its_runs_interrupted_in_their_notebooks(
    served_model: ScriptedModel, tmp_path: Path
) -> None:
    served_model.will(act("import time\nfor _ in range(600):\n    time.sleep(0.05)"))
    with serving(served_model, tmp_path) as server:
        notebook = LiveNotebook(server, "ends.ipynb")
        run = notebook.start("sleep")
        has_begun(notebook.person, run, 1)
    whole = notebook.read()
    assert whole.cells[-1].id.endswith("-answer")
    assert "Interrupted" in whole.cells[-1].source
