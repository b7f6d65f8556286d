"""A notebook's kernel is rebuilt by the server, and a notebook forked at a step."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.notebook.document import Document
from tests.frontends.live import SECONDS, ScriptedModel, act, say
from tests.notebook.stories import conversation, step, story

from .conftest import OpenNotebook
from .live_server import LiveNotebook, LiveServer

SLOW = "import time\nopen({!r}, 'w').close()\ntime.sleep(60)"


@pytest.fixture
def ran(open_notebook: OpenNotebook, model: ScriptedModel) -> LiveNotebook:
    """A notebook with a cell of the person's and a run, whose kernel was restarted since."""
    mine = nbformat.v4.new_code_cell("base = 40", execution_count=1)
    notebook = open_notebook(mine)
    notebook.person.run("base = 40")
    model.will(act("total = base + 2\nprint(total)"), act("missing"), say("42."))
    tab = notebook.follow()
    tab.end(notebook.start("add"))
    tab.close()
    restart(notebook)
    return notebook


def restart(notebook: LiveNotebook) -> None:
    answer = notebook.server.ask(f"api/kernels/{notebook.kernel}/restart", {})
    assert answer.status == 200, answer.text
    notebook.person.hears()


def rebuild(notebook: LiveNotebook, **more: Any) -> Any:
    body = {"path": notebook.path, "kernel": notebook.kernel, **saved(notebook), **more}
    answer = notebook.server.api("rebuild", body)
    assert answer.status == 200, answer.text
    return answer.json


def saved(notebook: LiveNotebook) -> dict[str, Any]:
    """The notebook's cells, when the server has saved the run into them."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        parts = notebook.parts()
        if any(cell["id"].endswith("-answer") for cell in parts["cells"]):
            return parts
        notebook.person.run("None")
    raise AssertionError("the run was never saved")


def test_a_restarted_kernel_is_rebuilt_and_the_model_is_told(
    ran: LiveNotebook, model: ScriptedModel
) -> None:
    before, other = saved(ran), ran.follow()
    said = rebuild(ran)
    assert said == {"lines": ["Rebuilt: 3 same."], "kinds": [], "same": True}
    other.until(lambda: other.messages[-1]["type"] == "rebuilt", "the end of it")
    cells = [(m["cell"], m["of"]) for m in other.messages if m["type"] == "rebuilding"]
    assert (cells, other.messages[-1]["found"]) == ([(1, 3), (2, 3), (3, 3)], said)
    other.close()
    assert "42" in ran.person.run("print(total)")
    assert saved(ran) == before, "the record is not written anew"
    model.will(act("print(total + 1)"), say("43."))
    tab = ran.follow()
    tab.end(ran.start("one more", **before))
    told = json.dumps(model.requests[0]["messages"][-1])
    assert "was rebuilt" in told and "came out as before" in told
    assert "are gone" not in told
    assert "43" in model.results()[-1]
    tab.close()


def test_what_would_ask_is_skipped_and_can_be_allowed(
    open_notebook: OpenNotebook, model: ScriptedModel, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    victim.touch()
    notebook = open_notebook()
    model.will(
        act(f"import os\nif os.path.exists({str(victim)!r}):\n    os.remove({str(victim)!r})"),
        say(),
    )
    tab = notebook.follow()
    tab.end(notebook.start("delete"))
    tab.close()
    victim.touch()
    restart(notebook)
    said = rebuild(notebook)
    assert not said["same"] and "delete" in said["kinds"] and victim.exists()
    assert "skipped" in said["lines"][1]
    assert rebuild(notebook, allow=said["kinds"])["same"] and not victim.exists()


def test_what_a_tagged_cell_made_is_left_alone_where_the_kernel_holds_it(
    open_notebook: OpenNotebook, tmp_path: Path
) -> None:
    tagged = {"tags": ["codeact-ask"]}
    mine = nbformat.v4.new_code_cell("base = [40]", execution_count=1, metadata=tagged)
    notebook = open_notebook(mine)
    notebook.person.run("base = [40]")
    ran = Document(tmp_path / "ran.ipynb")
    ran.show(conversation(replace(story(), steps=(step(1, "base.append(2)"),))))
    metadata = ran.content["metadata"]["codeact"]
    parts = {"cells": [mine, *ran.content["cells"]], "metadata": metadata}
    body = {"path": notebook.path, "kernel": notebook.kernel, "allow": ["overwrite-name"], **parts}
    said = notebook.server.api("rebuild", body).json
    assert said["kinds"] == ["locked"]
    assert "[40]" in notebook.person.run("print(base)")


def test_a_rebuilding_can_be_stopped_and_no_run_begins_meanwhile(
    open_notebook: OpenNotebook, model: ScriptedModel, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    notebook = open_notebook()
    model.will(act(SLOW.format(str(begun))), say())
    tab = notebook.follow()
    run = notebook.start("wait")
    until(begun)
    notebook.tell(run, "interrupt")
    tab.end(run)
    tab.close()
    parts = saved(notebook)
    for cell in parts["cells"]:
        mark = cell["metadata"]["codeact"]
        if mark["role"] == "action":  # as if it had ended by itself
            mark["status"] = mark["record"]["observation"]["status"] = "ok"
    begun.unlink()
    with ThreadPoolExecutor() as pool:
        rebuilding = pool.submit(rebuild, notebook, allow=["all"], **parts)
        until(begun)
        late = notebook.follow()
        late.until(lambda: "rebuilding" in [m["type"] for m in late.messages], "how far it is")
        late.close()
        assert "being rebuilt" in notebook.order("now").text
        assert notebook.server.api("rebuild/stop", {"path": notebook.path}).status == 200
        assert "interrupted" in rebuilding.result()["lines"][1]


def test_a_notebook_is_forked_at_a_step_and_nothing_is_written(
    ran: LiveNotebook, server: LiveServer
) -> None:
    saved(ran)
    before = files_in(server.files)
    content = ran.read()
    at = next(cell["id"] for cell in content.cells if cell["id"].endswith("-1-action"))
    answer = server.api("fork", {"content": content, "at": at, "name": "n.ipynb"})
    assert answer.status == 200, answer.text
    cells = answer.json["content"]["cells"]
    codes = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert codes == ["base = 40", "total = base + 2\nprint(total)"]
    assert files_in(server.files) == before
    unknown = server.api("fork", {"content": content, "at": "9.9", "name": "n.ipynb"})
    assert unknown.status == 400 and "1.1, 1.2" in unknown.json["message"]


def files_in(folder: Path) -> list[Path]:
    """The files in a folder, without those that the contents manager writes beside a notebook.

    It may be saving the notebook of a test before just now, and its checkpoint comes last of all.
    """
    beside = (".~", ".ipynb_checkpoints")
    return sorted(path for path in folder.iterdir() if not path.name.startswith(beside))


def until(file: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
