"""Kernels that are busy, restarted, killed, missing or of another language."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.frontends.live import ScriptedModel, act, say
from tests.loopback import ScriptedTurn, Text

from .conftest import OpenNotebook
from .front_ends import Follower, Held, all_text, has_begun
from .live_server import LiveNotebook, LiveServer, Response

LONG = "import time\nfor _ in range(600):\n    time.sleep(0.05)"


def restart(notebook: LiveNotebook) -> None:
    answer = notebook.server.ask(f"api/kernels/{notebook.kernel}/restart", {})
    assert answer.status == 200


def test_a_run_says_that_it_waits_for_the_persons_cell_and_goes_on_then(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act("seen = theirs"), say())
    tab = notebook.follow()
    theirs = notebook.person.begin(f"{held.code}theirs = 1")
    notebook.person.has_begun(theirs)
    run = notebook.start("when you are free")
    tab.first(run, "run", waiting="kernel")
    held.let_go()
    assert tab.end(run)["state"] == "answered"
    assert notebook.person.run("print(seen)") == "1\n"
    told = tab.of(run, "run")
    states = [frame["waiting"] for frame in told]
    assert states.count("kernel") == 1 and states[-1] == ""
    assert [frame["state"] for frame in told if frame["waiting"]] == ["waiting"]
    assert "busy" in all_text(model.requests[0])


def test_a_stop_ends_a_run_that_waits_for_the_kernel(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act("touched = 1"))
    tab = notebook.follow()
    theirs = notebook.person.begin(held.code)
    notebook.person.has_begun(theirs)
    run = notebook.start("when you are free")
    tab.first(run, "run", waiting="kernel")
    notebook.tell(run, "stop")
    assert tab.end(run)["state"] == "stopped"
    held.let_go()
    assert notebook.person.reply(theirs)["status"] == "ok"
    assert notebook.person.run("print('touched' in globals())") == "False\n"


def test_a_kernel_that_was_busy_before_the_server_looked_is_waited_for(
    open_notebook: OpenNotebook, model: ScriptedModel, held: Held
) -> None:
    notebook = open_notebook()
    model.will(act("seen = theirs"), say())
    theirs = notebook.person.begin(f"{held.code}theirs = 1")
    notebook.person.has_begun(theirs)
    tab = notebook.follow()
    run = notebook.start("when you are free")
    tab.first(run, "run", waiting="kernel")
    assert notebook.server.api(f"names?kernel={notebook.kernel}").json == {"variables": None}
    held.let_go()
    assert tab.end(run)["state"] == "answered"
    assert tab.steps(run)[0]["state"] == "ok"


def test_a_task_sent_while_the_kernel_is_changed_is_refused_by_name_and_the_next_one_begins(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    model.will(say("Before."), *[act("print('new')"), say("After.")] * 3)
    tab = notebook.follow()
    tab.end(notebook.start("first"))
    for after in (0.0, 0.2):  # the old kernel may still be there, or be on its way out
        with ThreadPoolExecutor(1) as pool:
            old = notebook.kernel
            changed = pool.submit(change_kernel, notebook)
            time.sleep(after)
            answer = notebook.order("too early", kernel=old)
            notebook.kernel = changed.result()
        tab.follow({})
        why = answer.json["message"] if answer.status == 400 else end_in_words(tab, answer)
        assert why == "answered" or ("kernel" in why and "fault" not in why)
    assert tab.end(notebook.start("again"))["state"] == "answered"


def end_in_words(tab: Follower, answer: Response) -> str:
    end = tab.end(answer.json["run"])
    return str(end["reason"] or end["state"])


def change_kernel(notebook: LiveNotebook) -> str:
    wanted = {"kernel": {"id": None, "name": "python3"}}
    answer = notebook.server.ask(f"api/sessions/{notebook.session['id']}", wanted, method="PATCH")
    new: str = answer.json["kernel"]["id"]
    return new


def test_a_kernel_that_the_person_restarts_during_a_cell_ends_the_run_by_name(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    model.will(act(LONG))
    tab = notebook.follow()
    run = notebook.start("sleep")
    has_begun(notebook.person, run, 1)
    restart(notebook)
    end = tab.end(run)
    assert end["state"] == "interrupted"
    assert "restarted" in end["reason"] or "died" in end["reason"], "whichever is seen first"
    assert tab.steps(run)[-1]["state"] == "unknown"

    model.will(act("fresh = 1"), say())
    again = notebook.start("once more", **notebook.parts())
    assert tab.end(again)["state"] == "answered"
    assert "restarted" in all_text(model.requests[0])


def test_a_kernel_that_was_restarted_between_two_steps_is_told_before_the_next_runs(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    slow = ScriptedTurn([Text("word " * 40, chunk=5), *act("print(data)").content], delay=0.05)
    model.will(act("data = [1]"), slow, act("data = [2]"), say())
    tab = notebook.follow()
    run = notebook.start("load, then print")
    tab.first(run, "typed", step=2)
    restart(notebook)
    assert tab.end(run)["state"] == "answered"
    assert [step["state"] for step in tab.steps(run)][:3] == ["ok", "rejected", "ok"]
    assert "restarted" in model.results()[1]


def test_a_kernel_that_is_killed_during_a_cell_ends_the_run_by_name(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    pid = int(notebook.person.run("import os; print(os.getpid())"))
    model.will(act("print('before')\n" + LONG))
    tab = notebook.follow()
    run = notebook.start("sleep")
    request = f"codeact:{run}:{run}-1-action"
    notebook.person.until(lambda: "before" in notebook.person.printed(request), "the output")
    os.kill(pid, signal.SIGKILL)
    end = tab.end(run)
    assert end["state"] == "interrupted" and "kernel" in end["reason"]
    step = tab.steps(run)[-1]
    assert step["state"] == "unknown"
    assert "before" in all_text(tab.cells(run)[step["cells"]["action"]])

    model.will(act("fresh = 1"), say())
    again = notebook.start("once more", **notebook.parts())
    assert tab.end(again)["state"] == "answered"
    assert tab.steps(again)[0]["state"] == "ok"


def test_a_kernel_that_dies_by_the_agents_own_code_ends_the_run_by_name(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    model.will(act("import os; os._exit(3)"))
    tab = notebook.follow()
    assert tab.end(notebook.start("die"))["state"] == "interrupted"


def test_a_kernel_that_is_shut_down_during_a_cell_ends_the_run_by_name(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    # A shutdown interrupts first, which ends the first cell only.
    model.will(act(LONG), act(LONG))
    tab = notebook.follow()
    run = notebook.start("sleep")
    has_begun(notebook.person, run, 1)
    notebook.close()
    assert tab.end(run)["state"] == "interrupted"
    refused = notebook.order("once more")
    assert refused.status == 400 and "no running kernel" in refused.json["message"]


def test_without_a_kernel_a_task_is_refused_with_what_to_do(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    refused = notebook.order("anything", kernel="00000000-0000-0000-0000-000000000000")
    assert refused.status == 400 and "start one" in refused.json["message"]
    assert notebook.order("anything", kernel="").status == 400
    assert not model.requests


def test_a_kernel_of_another_language_is_refused_with_what_to_do(
    server: LiveServer, open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    folder = server.data / "kernels" / "echo"
    folder.mkdir(parents=True)
    program = os.path.join(os.path.dirname(__file__), "echo_kernel.py")
    argv = [sys.executable, program, "-f", "{connection_file}"]
    for name, language in (("echo", "echo"), ("liar", "python")):
        folder = server.data / "kernels" / name
        folder.mkdir(exist_ok=True)
        spec = {"argv": argv, "display_name": name, "language": language}
        (folder / "kernel.json").write_text(json.dumps(spec))
        notebook = open_notebook(kernel={"name": name})
        refused = notebook.order("anything")
        assert refused.status == 400 and "'echo'" in refused.json["message"]
    assert not model.requests
