"""A server that is killed in the middle of a run: the next one knows what happened, and says so."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import nbformat
import pytest

from codeact_jupyter.notebook.inline import trajectory_of
from tests.frontends.command import codeact
from tests.frontends.live import SECONDS, ScriptedModel, act, say
from tests.loopback import ScriptedTurn

from .front_ends import Follower
from .live_server import LiveNotebook, LiveServer
from .test_conversation import assert_goes_on
from .test_following import until_saved

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
WAITS = "import time\ntime.sleep(60)"


class Servers:
    """Servers over the same files and the same data, one after the other."""

    def __init__(self, model: ScriptedModel, folder: Path) -> None:
        self._model, self._folder, self._number = model, folder, 0
        self._open = ExitStack()

    def start(self) -> LiveServer:
        self._number += 1
        root = self._folder / str(self._number)
        environ = {"JUPYTER_DATA_DIR": str(self._folder / "data")}
        server = LiveServer(self._model, root, environ=environ, files=self._folder / "files")
        self._open.callback(server.close)
        return server

    def close(self) -> None:
        self._open.close()


@pytest.fixture
def servers(model: ScriptedModel, tmp_path: Path) -> Iterator[Servers]:
    servers = Servers(model, tmp_path)
    yield servers
    servers.close()


def killed(server: LiveServer) -> None:
    server.process.kill()
    server.process.wait()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.02)


def as_saved(cell: Any) -> Any:
    """A cell of a frame as a front end saves it."""
    more = {"outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
    return nbformat.from_dict({**more, **cell})


def until_running(tab: Follower, run: str, step: int) -> None:
    """Wait until this step's action runs, and its cell is shown."""
    cell = f"{run}-{step}-action"

    def is_shown() -> bool:
        frames = tab.of(run, "cell")
        return any(f["cell"]["id"] == cell and f["phase"] == "running" for f in frames)

    tab.until(is_shown, f"{cell} running")


def begun(
    servers: Servers, model: ScriptedModel, *turns: ScriptedTurn
) -> tuple[LiveServer, LiveNotebook, Follower, str]:
    """A server, and a notebook whose run is in the second of these actions, as a tab follows it."""
    server = servers.start()
    model.will(*turns)
    notebook = LiveNotebook(server, "work.ipynb")
    tab = notebook.follow()
    run = notebook.start("count")
    until_running(tab, run, 2)
    return server, notebook, tab, run


def test_a_run_whose_server_was_killed_is_shown_saved_and_gone_on_with(
    servers: Servers, model: ScriptedModel, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    counted = act(f"with open({str(done)!r}, 'a') as file:\n    file.write('once\\n')\n{WAITS}")
    shows = act("x = 1\nprint('one')\nx", "I begin.")
    first, notebook, tab, run = begun(servers, model, shows, counted)
    wait_for(done)
    asked = model.requests[-1]
    seen = {run: tab.frames[-1]["number"]}
    killed(first)
    assert not notebook.read().cells, "the tab had saved nothing"

    again = LiveNotebook(servers.start(), "work.ipynb")
    back = again.follow(seen)
    assert run in back.following["runs"], "a tab that was open does not take the run for lost"
    end = back.end(run)
    assert (end["state"], end["reason"]) == (
        "interrupted",
        "the program that ran it ended before it did",
    )
    assert [step["state"] for step in back.steps(run)] == ["ok", "unknown"]
    cells = back.cells(run)
    names = ["0-task", "1-thought", "1-action", "2-action", "3-answer"]
    assert list(cells) == [f"{run}-{name}" for name in names]
    assert cells[f"{run}-1-action"]["outputs"][0]["text"] == "one\n"
    back.close()
    saved = until_saved(again, "answer")
    assert [cell.id for cell in saved.cells] == list(cells)
    model.will(say("I go on."))
    tab = again.follow()
    assert tab.end(again.start("and now?", **again.parts()))["state"] == "answered"
    assert_goes_on(asked, model.requests[0])
    assert "outcome unknown" in model.told and "those exist that are listed here" in model.told
    assert done.read_text() == "once\n"


def test_what_a_tab_saved_of_a_run_keeps_its_outputs_and_the_persons_text(
    servers: Servers, model: ScriptedModel
) -> None:
    prints = act(f"print('begun', flush=True)\n{WAITS}")
    first, notebook, tab, run = begun(servers, model, act("x = 1\nx"), prints)
    content = notebook.read()
    cells = list(tab.cells(run).values())
    content.cells = [as_saved(cell) for cell in cells]
    content.cells[1].source += "  # the person's"
    content.cells[-1].outputs = [nbformat.v4.new_output("stream", text="begun\n")]
    nbformat.write(content, first.files / notebook.path)
    killed(first)

    again = LiveNotebook(servers.start(), "work.ipynb")
    again.follow().close()
    saved = until_saved(again, "answer")
    assert saved.cells[1].source == "x = 1\nx  # the person's"
    assert saved.cells[2].outputs[0].text == "begun\n"
    assert "outcome unknown" in str(saved.cells[2].outputs[1]).lower()
    parts = again.parts()
    (turn,) = trajectory_of(parts["cells"], parts["metadata"]).turns
    assert (turn.state, [step.state for step in turn.steps]) == ("interrupted", ["ok", "unknown"])


def test_a_tab_that_is_open_is_told_what_the_command_recovered_meanwhile(
    servers: Servers, model: ScriptedModel, tmp_path: Path
) -> None:
    first, _, tab, run = begun(servers, model, act("x = 1\nx"), act(WAITS))
    seen = {run: tab.frames[-1]["number"]}
    killed(first)
    environ = {**os.environ, "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    said = codeact("recover", "work.ipynb", cwd=first.files, env=environ)
    assert said.returncode == 0 and "Recovered the run" in said.stdout, said

    again = LiveNotebook(servers.start(), "work.ipynb")
    recovered = again.read()
    back = again.follow(seen)
    back.follow(seen, resumes=True)
    assert back.end(run)["state"] == "interrupted"
    assert [step["state"] for step in back.steps(run)] == ["ok", "unknown"]
    names = [cell.id for cell in recovered.cells]
    back.until(lambda: list(back.cells(run)) == names, "the cells of the file")
    assert {frame["phase"] for frame in back.of(run, "cell")} == {"final"}
    back.close()
    stranger = again.follow()
    assert run in stranger.following["runs"] and not stranger.of(run, "cell"), "the file has them"
    stranger.close()
    assert again.read() == recovered
