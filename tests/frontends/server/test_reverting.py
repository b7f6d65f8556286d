"""The route of an undo: a preview that changes nothing, then all together, and back again."""

from __future__ import annotations

from typing import Any

from tests.frontends.command import codeact, environment
from tests.frontends.live import ScriptedModel, act, say

from .conftest import OpenNotebook
from .front_ends import Held, all_text
from .live_server import LiveNotebook, Response
from .test_following import until_saved

MADE = "import pathlib; items = [1]; _ = pathlib.Path('undone.txt').write_text('old')"
CODE = "items.append(2); new = 1\n_ = pathlib.Path('undone.txt').write_text('changed')"
KINDS = ("DATA", "RUNTIME")  # of directories, where the server's are known to a command
SHOWS = "print(items, 'new' in globals(), pathlib.Path('undone.txt').read_text())"
BEFORE, AFTER = "[1] False old\n", "[1, 2] True changed\n"


def answer(notebook: LiveNotebook, run: str, cells: list[Any], **more: Any) -> Response:
    about = {"path": notebook.path, "kernel": notebook.kernel, "cells": cells, "task": "change"}
    return notebook.tell(run, "revert", {**about, **more})


def revert(notebook: LiveNotebook, run: str, cells: list[Any], **more: Any) -> Any:
    answered = answer(notebook, run, cells, **more)
    assert answered.status == 200, answered.text
    return answered.json


def test_the_command_undoes_and_redoes_in_the_server_that_has_the_kernel(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    notebook.person.run(MADE)
    model.will(act(CODE), say("Done."))
    run = notebook.start("change")
    tab = notebook.follow()
    tab.end(run)
    tab.close()
    server = notebook.server
    theirs = {f"JUPYTER_{kind}_DIR": str(server.files.parent / kind.lower()) for kind in KINDS}
    until_saved(notebook, "answer")
    env = environment(server.files, **theirs)
    written = (server.files / notebook.path).read_text()
    undo = codeact("undo", notebook.path, "--yes", cwd=server.files, env=env)
    for words in ("removed: new", "items (list)", "as before: undone.txt", "3 cells"):
        assert words in undo.stdout, undo
    assert f":{server.port}/: load it from disk there" in undo.stdout
    assert notebook.person.run(SHOWS) == BEFORE
    assert "items.append" not in (server.files / notebook.path).read_text()
    redo = codeact("redo", notebook.path, "--yes", cwd=server.files, env=env)
    assert "there again: new" in redo.stdout, redo
    assert notebook.person.run(SHOWS) == AFTER
    assert (server.files / notebook.path).read_text() == written


def test_a_run_is_undone_and_redone_and_the_model_is_told(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    notebook.person.run(MADE)
    model.will(act(CODE), say("Done."))
    tab = notebook.follow()
    run = notebook.start("change")
    tab.end(run)
    cells = list(tab.cells(run).values())
    cells[-1] = {**cells[-1], "source": "Edited."}

    seen = revert(notebook, run, cells)
    assert not seen["undone"] and seen["cells"] == len(cells) - 1 and seen["edited"] == 1
    for words in ("removed: new", "items (list)", "undone.txt"):
        assert words in " ".join(seen["lines"])
    assert notebook.person.run(SHOWS) == AFTER

    done = revert(notebook, run, cells, confirmed=True)
    assert done["undone"] and done["remove"] == [cell["id"] for cell in cells[:-1]]
    assert notebook.person.run(SHOWS) == BEFORE
    undone = notebook.server.api("undone", {"path": notebook.path}).json
    assert undone == {"run": run, "task": "change"}
    twice = answer(notebook, run, cells, confirmed=True)
    assert twice.status == 400 and "a redo brings it back" in twice.json["message"]
    again = revert(notebook, run, [], confirmed=True, redo=True)
    assert [each["cell"]["id"] for each in again["cells"]] == done["remove"]
    assert notebook.person.run(SHOWS) == AFTER
    revert(notebook, run, cells, confirmed=True)

    model.will(say())
    tab.end(notebook.start("and now?"))
    assert "The person undid your run for the task 'change'" in all_text(model.requests[0])


def test_a_step_is_undone_and_what_the_person_ran_between_two_steps_stays_theirs(
    open_notebook: OpenNotebook, model: ScriptedModel
) -> None:
    notebook = open_notebook()
    notebook.person.run("import pathlib; items = []; file = pathlib.Path('between.txt')")

    def meanwhile(request: Any) -> Any:
        notebook.person.run("items.append('person'); mine = 1; _ = file.write_text('person')")
        return act("items.append(2); made = 2; _ = pathlib.Path('step.txt').write_text('2')")

    model.will(act("items.append(1)"), meanwhile, say("Done."))
    tab = notebook.follow()
    run = notebook.start("change")
    tab.end(run)
    names = "sorted(path.name for path in pathlib.Path().glob('*.txt'))"
    shows = f"print(items, 'mine' in dir(), 'made' in dir(), {names})"
    cells = list(tab.cells(run).values())
    seen = revert(notebook, run, cells, step=2)
    assert "from its step 2 on" in seen["heading"]
    # Their cell ran while the step's checkpoint was made: at the latest it counts as unclear whose.
    assert seen["unsure"] == ["between.txt"] or "between.txt" not in str(seen)
    done = revert(notebook, run, cells, step=2, confirmed=True, shown=seen["shown"])
    assert not any(f"{run}-1-" in cell for cell in done["remove"])
    assert any(f"{run}-2-" in cell for cell in done["remove"])
    text = notebook.person.run(shows)
    assert "[1, 'person'] True False" in text and "between.txt" in text and "step.txt" not in text
    seen = revert(notebook, run, cells)
    # Where their cell ran in the first step's stretch, all that changed in it is asked about.
    assert "items" in seen["conflicts"] and {*seen["conflicts"]} <= {"items", "mine"}
    revert(notebook, run, cells, confirmed=True)
    assert "[1, 'person'] True False" in notebook.person.run(shows)
    assert (notebook.server.files / "between.txt").read_text() == "person"


def test_what_cannot_be_undone_now_is_said(
    open_notebook: OpenNotebook, model: ScriptedModel, held: Held
) -> None:
    notebook = open_notebook()
    unknown = answer(notebook, "0123abcd", [])
    assert unknown.status == 400 and "only the last run" in unknown.json["message"]
    model.will(act(held.code), say())
    tab = notebook.follow()
    run = notebook.start("wait")
    going = answer(notebook, run, [])
    assert going.status == 400 and "going on" in going.json["message"]
    held.let_go()
    tab.end(run)


def test_of_a_busy_a_restarted_and_a_dead_kernel_nothing_is_passed_over_silently(
    open_notebook: OpenNotebook, model: ScriptedModel, held: Held
) -> None:
    made, code, shows = (each.replace("undone", "silent") for each in (MADE, CODE, SHOWS))
    notebook = open_notebook()
    notebook.person.run(made)
    model.will(act(code), say("Done."))
    tab = notebook.follow()
    run = notebook.start("change")
    tab.end(run)
    cells = list(tab.cells(run).values())

    shown = revert(notebook, run, cells)["shown"]
    theirs = notebook.person.begin(held.code)
    notebook.person.has_begun(theirs)
    busy = answer(notebook, run, cells, confirmed=True, shown=shown)
    assert busy.status == 400 and "busy" in busy.json["message"]
    held.let_go()
    notebook.person.reply(theirs)
    assert notebook.person.run(shows) == AFTER

    notebook.server.ask(f"api/kernels/{notebook.kernel}/restart", {})
    changed = answer(notebook, run, cells, confirmed=True, shown=shown)
    assert changed.status == 400 and "look again" in changed.json["message"]
    file = notebook.server.files / "silent.txt"
    assert file.read_text() == "changed"
    notebook.server.ask(f"api/kernels/{notebook.kernel}", method="DELETE")
    seen = revert(notebook, run, cells)
    assert "all variables: the kernel that held them" in seen["gaps"][0]
    assert "silent.txt" in " ".join(seen["lines"])
    revert(notebook, run, cells, confirmed=True, shown=seen["shown"])
    assert file.read_text() == "old"


def test_a_file_that_the_persons_cell_wrote_before_the_first_action_is_not_the_runs(
    open_notebook: OpenNotebook, model: ScriptedModel, held: Held
) -> None:
    made, code, shows = (each.replace("undone", "theirs") for each in (MADE, CODE, SHOWS))
    notebook = open_notebook()
    theirs = notebook.person.begin(f"{held.code}{made}")
    notebook.person.has_begun(theirs)
    model.will(act(code), say("Done."))
    tab = notebook.follow()
    run = notebook.start("change")
    tab.first(run, "run", waiting="kernel")
    held.let_go()
    tab.end(run)
    assert notebook.person.run(shows) == AFTER
    revert(notebook, run, list(tab.cells(run).values()), confirmed=True)
    assert notebook.person.run(shows) == BEFORE
