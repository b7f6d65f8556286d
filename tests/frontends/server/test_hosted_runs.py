"""A run of the panel, in the kernel of the person's notebook, side by side with the person."""

from __future__ import annotations

import time

from tests.frontends.live import ScriptedModel, act, say
from tests.loopback import ScriptedTurn, Text

from .conftest import OpenNotebook
from .front_ends import Held, all_text, has_begun
from .live_server import LiveNotebook

SLEEPS = "import time\nfor _ in range(600):\n    time.sleep(0.05)"


def test_a_run_uses_the_variables_of_the_person_in_their_own_kernel(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    notebook.person.run("prices = [3, 4, 5]")
    model.will(act("total = sum(prices)\ntotal"), say("It is 12."))
    tab = notebook.follow()
    run = notebook.start("add the prices")
    assert tab.end(run)["state"] == "answered"
    assert tab.steps(run)[0]["state"] == "ok"
    assert notebook.person.run("print(total)") == "12\n"
    assert "prices" in all_text(model.requests[0])
    variables = notebook.server.api(f"names?kernel={notebook.kernel}").json["variables"]
    assert {"prices", "total"} <= {variable["name"] for variable in variables}


def test_a_cell_that_the_person_queues_during_an_action_runs_in_its_turn_and_is_told(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    person = notebook.person
    model.will(act(f"{held.code}1/0"), act("seen = theirs"), say())
    tab = notebook.follow()
    run = notebook.start("wait")
    has_begun(person, run, 1)
    theirs = person.queue("theirs = 41\nprint('by hand')", stop_on_error=True)
    held.let_go()
    assert person.reply(theirs)["status"] == "ok"
    assert tab.end(run)["state"] == "answered"
    counts = [cell["execution_count"] for cell in tab.cells(run).values() if "outputs" in cell]
    between = person.reply(theirs)["execution_count"]
    assert counts == [between - 1, between + 1]
    assert person.run("print(seen)") == "41\n"

    model.will(say())
    tab.end(notebook.start("go on", **notebook.parts()))
    assert "by hand" in model.told and "theirs = 41" in model.told


def test_an_action_that_the_persons_failing_cell_swept_away_is_sent_again(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    person = notebook.person
    model.will(act(held.code), act("done = 'done'"), say())
    tab = notebook.follow()
    run = notebook.start("two steps")
    has_begun(person, run, 1)
    failing = person.queue("import time; time.sleep(1)\n1/0", stop_on_error=True)
    held.let_go()
    assert person.reply(failing)["status"] == "error"
    assert tab.end(run)["state"] == "answered"
    assert person.run("print(done)") == "done\n"


def test_stop_ends_the_models_call_and_leaves_the_kernel_alone(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    person = notebook.person
    person.run("kept = 1")
    model.will(ScriptedTurn([Text("word " * 2000, chunk=5)], delay=0.05))
    tab = notebook.follow()
    run = notebook.start("think")
    tab.first(run, "typed")
    theirs = person.begin("import time; time.sleep(1)\nprint('not touched')")
    assert notebook.tell(run, "stop").status == 200
    end = tab.end(run)
    assert (end["state"], end["reason"]) == ("stopped", "stopped by the person")
    assert person.reply(theirs)["status"] == "ok"
    assert model.wait_for_abandoned()


def test_interrupt_ends_the_agents_running_cell(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act(SLEEPS))
    tab = notebook.follow()
    run = notebook.start("sleep")
    has_begun(notebook.person, run, 1)
    assert notebook.tell(run, "interrupt").status == 200
    assert tab.end(run)["state"] == "interrupted"
    step = tab.steps(run)[-1]
    assert step["state"] == "interrupted"
    assert notebook.person.run("print('goes on')") == "goes on\n"


def test_an_interrupt_never_hits_the_persons_cell_that_the_run_waits_for(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    person = notebook.person
    model.will(act("touched = 1"))
    theirs = person.begin(f"{held.code}print('to the end')")
    person.has_begun(theirs)
    tab = notebook.follow()
    run = notebook.start("wait for me")
    tab.first(run, "run", waiting="kernel")
    assert notebook.tell(run, "interrupt").status == 200
    assert tab.end(run)["state"] == "interrupted"
    held.let_go()
    assert person.reply(theirs)["status"] == "ok"
    assert person.printed(theirs) == "to the end\n"
    assert person.run("print('touched' in globals())") == "False\n"


def test_an_interrupt_waits_for_our_turn_when_our_cell_stands_behind_the_persons(
    notebook: LiveNotebook, model: ScriptedModel, held: Held, held_too: Held
) -> None:
    person = notebook.person
    model.will(act(held_too.code), act(SLEEPS))
    tab = notebook.follow()
    run = notebook.start("two steps")
    has_begun(person, run, 1)
    theirs = person.queue(f"{held.code}print('to the end')")
    held_too.let_go()
    tab.first(run, "run", waiting="kernel")
    assert notebook.tell(run, "interrupt").status == 200
    held.let_go()
    assert tab.end(run)["state"] == "interrupted"
    assert person.reply(theirs)["status"] == "ok"
    assert person.printed(theirs) == "to the end\n"


def test_tasks_sent_during_a_run_are_queued_and_run_in_order(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act(held.code), say("first"), say("second"), say("third"))
    tab = notebook.follow()
    first = notebook.start("one")
    for task in ("two", "three"):
        response = notebook.order(task)
        assert (response.status, response.json) == (201, {"run": "", "queued": True})
    held.let_go()
    tab.until(lambda: len(tab.answers()) == 3, "three answers")
    assert tab.answers() == ["first", "second", "third"]
    runs = list(dict.fromkeys(frame["run"] for frame in tab.frames))
    assert runs[0] == first and len(runs) == 3
    below = {frame["cell"]["id"]: frame["after"] for frame in tab.frames if frame["type"] == "cell"}
    assert below[f"{runs[1]}-0-task"] == f"{first}-2-answer", "each goes on where the last ended"
    assert all_text(model.requests[-1]).count("one") >= 1
    assert "two" in all_text(model.requests[-1])


def test_a_queued_task_is_dropped_by_a_stop(notebook: LiveNotebook, model: ScriptedModel) -> None:
    model.will(ScriptedTurn([Text("word " * 2000, chunk=5)], delay=0.05), say("never"))
    tab = notebook.follow()
    run = notebook.start("one")
    tab.first(run, "typed")
    assert notebook.order("two").json["queued"]
    notebook.tell(run, "stop")
    assert tab.end(run)["state"] == "stopped"
    time.sleep(0.5)
    assert len(model.requests) == 1


def test_runs_of_two_notebooks_share_nothing(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    one, two = open_notebook(), open_notebook()
    tabs = one.follow(), two.follow()
    model.will(act("mine = 'a'"), say("a"))
    run_a = one.start("a")
    tabs[0].end(run_a)
    model.will(act("mine = 'b'"), say("b"))
    run_b = two.start("b")
    tabs[1].end(run_b)
    assert one.person.run("print(mine)") == "a\n"
    assert two.person.run("print(mine)") == "b\n"
    assert {frame["run"] for frame in tabs[0].frames} == {run_a}
    assert {frame["run"] for frame in tabs[1].frames} == {run_b}


def test_a_flood_from_a_cell_ends_and_says_what_was_not_kept(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("for i in range(3_000):\n    print(i, flush=True)"), say())
    tab = notebook.follow()
    run = notebook.start("flood")
    assert tab.end(run)["state"] == "answered"
    step = tab.steps(run)[0]
    text = "".join(
        "".join(output["text"])
        for output in tab.cells(run)[step["cells"]["action"]]["outputs"]
        if output["output_type"] == "stream"
    )
    assert text.startswith("0\n1\n")
    assert text.endswith("2999\n") or step["lost"]


def test_what_a_thread_writes_after_its_action_is_told_to_the_model(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    late = "import threading, time\ndef later():\n    time.sleep(0.7)\n    print('late word')\n"
    model.will(
        act(late + "threading.Thread(target=later).start()"),
        act("import time; time.sleep(1.5)"),
        say(),
    )
    tab = notebook.follow()
    run = notebook.start("start a thread")
    assert tab.end(run)["state"] == "answered"
    assert "late word" in all_text(model.requests[-1])
