"""One server for all tests here; each has a notebook of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.frontends.live import ScriptedModel

from .front_ends import Held
from .live_server import LiveNotebook, LiveServer, serving

OpenNotebook = Callable[..., LiveNotebook]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def served_model() -> Iterator[ScriptedModel]:
    with ScriptedModel() as model:
        yield model


@pytest.fixture(scope="session")
def server(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    with serving(served_model, tmp_path_factory.mktemp("server")) as server:
        server.api("status")  # what a first run imports, it imports now
        yield server


@pytest.fixture
def model(served_model: ScriptedModel) -> ScriptedModel:
    served_model.will()
    return served_model


@pytest.fixture
def open_notebook(server: LiveServer) -> Iterator[OpenNotebook]:
    """Opens notebooks, and closes them and their kernels when the test is over."""
    with ExitStack() as opened:

        def open_one(*cells: Any, kernel: Any = None) -> LiveNotebook:
            notebook = LiveNotebook(server, f"n{next(_numbers)}.ipynb", *cells, kernel=kernel)
            opened.callback(notebook.close)
            return notebook

        yield open_one


@pytest.fixture(scope="module")
def shared_kernel(server: LiveServer) -> Iterator[str]:
    opened = LiveNotebook(server, f"n{next(_numbers)}.ipynb")
    yield opened.kernel
    opened.close()


@pytest.fixture
def notebook(server: LiveServer, shared_kernel: str) -> Iterator[LiveNotebook]:
    """A new notebook in the kernel of the module's tests, without their variables."""
    kernel = {"id": shared_kernel}
    notebook = LiveNotebook(server, f"n{next(_numbers)}.ipynb", kernel=kernel)
    notebook.person.run("%reset -f")
    yield notebook
    notebook.leave()


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    """Code that runs until it is let go, at the latest when the test is over."""
    held = Held(tmp_path)
    yield held
    held.let_go()


@pytest.fixture
def held_too(tmp_path: Path) -> Iterator[Held]:
    """Another one."""
    held = Held(tmp_path / "too")
    yield held
    held.let_go()
