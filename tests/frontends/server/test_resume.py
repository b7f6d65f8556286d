"""A conversation goes on in any front end, whichever led it: the model gets the same bytes."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.frontends.command import codeact, environment
from tests.frontends.live import LiveKernel, ScriptedModel, act, live, say

from .live_server import LiveNotebook, LiveServer
from .test_conversation import assert_goes_on
from .test_following import until_saved

FRONT_ENDS = ("command", "magic", "panel")
PAIRS = list(itertools.product(FRONT_ENDS, FRONT_ENDS))


class Desk:
    """The three front ends, over notebooks in the server's folder."""

    def __init__(self, model: ScriptedModel, server: LiveServer, kernel: LiveKernel) -> None:
        self._model, self._server, self._kernel = model, server, kernel
        self._env = environment(server.files, model)

    def do(self, front_end: str, task: str, path: Path) -> Any:
        """Do a task in this notebook with this front end; the last request that the model got."""
        getattr(self, f"_{front_end}")(task, path)
        return self._model.requests[-1]

    def _command(self, task: str, path: Path) -> None:
        flags = ("--approve", "never", "--notebook", path)
        done = codeact("run", task, *flags, cwd=path.parent, env=self._env)
        assert done.returncode == 0, done.stderr

    def _magic(self, task: str, path: Path) -> None:
        load = [f"%codeact load {path}"] if path.exists() else ["%codeact new"]
        ran = [self._kernel.run(code) for code in (*load, f"%%codeact --approve never\n{task}")]
        assert not any(each.failed for each in ran), [each.error for each in ran]
        cells = [nbformat.v4.new_code_cell(each.code, outputs=each.outputs) for each in ran]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)

    def _panel(self, task: str, path: Path) -> None:
        notebook = LiveNotebook(self._server, path.name)
        tab = notebook.follow()
        assert tab.end(notebook.start(task, **notebook.parts()))["state"] == "answered"
        tab.close()
        until_saved(notebook, "answer")
        notebook.close()


@pytest.fixture(scope="module")
def magics(served_model: ScriptedModel, server: LiveServer) -> Iterator[LiveKernel]:
    with live(served_model, str(server.files)) as kernel:
        yield kernel


@pytest.fixture(scope="module")
def begun(
    served_model: ScriptedModel, server: LiveServer, magics: LiveKernel
) -> dict[str, tuple[Path, Any]]:
    """By front end, a notebook in which it led a conversation, and its last request."""
    desk, led = Desk(served_model, server, magics), {}
    for front_end in FRONT_ENDS:
        served_model.will(act("x = 1\nprint('é')\nx", "I begin."), act("1/0"), say("One."))
        path = server.files / f"begun-by-{front_end}.ipynb"
        led[front_end] = (path, desk.do(front_end, "first", path))
    return led


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_what_one_front_end_began_another_goes_on_with(
    model: ScriptedModel,
    server: LiveServer,
    magics: LiveKernel,
    begun: dict[str, tuple[Path, Any]],
    one: str,
    other: str,
) -> None:
    path, before = begun[one]
    copy = path.with_name(f"{one}-to-{other}.ipynb")
    shutil.copy(path, copy)
    model.will(say("Two."))
    after = Desk(model, server, magics).do(other, "second", copy)
    assert_goes_on(before, after)
    told = json.dumps(after["messages"][-1])
    assert "second" in told
    assert one == other or "new kernel" in told or "maybe in another kernel" in told
