"""What the server knows of its notebooks by their paths, when these are renamed or deleted."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.jsonutil import json_default
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from codeact_jupyter.errors import EnvironmentFailure, SettingsError
from codeact_jupyter.frontends.server import service as services
from codeact_jupyter.frontends.server.loading import Loading
from codeact_jupyter.frontends.server.orders import order_of
from codeact_jupyter.frontends.server.rebuilds import Rebuilding
from codeact_jupyter.frontends.server.service import Service
from codeact_jupyter.settings import load_settings
from tests.notebook.stories import conversation

PATH = "sub/Untitled.ipynb"


class Tab:
    """A follower that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def tell(self, message: Mapping[str, Any]) -> None:
        self.told.append(message)

    @property
    def sources(self) -> list[str]:
        frames = [m["frame"] for m in self.told if m["type"] == "frame"]
        return [frame["cell"]["source"] for frame in frames if frame["type"] == "cell"]


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncMappingKernelManager:
    """The kernels of a server below `tmp_path`."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    return AsyncMappingKernelManager(root_dir=str(tmp_path))


@pytest.fixture
def service(
    kernels: AsyncMappingKernelManager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Service:
    """The agents of a server below `tmp_path`, which waits for no reload."""
    monkeypatch.setattr(services, "GRACE_SECONDS", 0)
    (tmp_path / "sub").mkdir()
    contents = AsyncLargeFileManager(root_dir=str(tmp_path))
    return Service(kernels, contents, Loading(load_settings))


def new_notebook(tmp_path: Path) -> Path:
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / PATH)
    return tmp_path / PATH


def frame(number: int, kind: str, **fields: Any) -> dict[str, Any]:
    return {"version": 1, "run": "ab", "number": number, "type": kind, **fields}


def tell_of_a_run(service: Service, state: str = "answered") -> None:
    """Tell a run with one cell, of the notebook at PATH."""
    run = {"waiting": "", "reason": "", "task": "t"}
    service.hub.publish(PATH, frame(1, "run", state="running", **run))
    mark = {"metadata": {"codeact": {"run": "ab"}}, "outputs": [], "execution_count": None}
    cell = {"id": "ab-1-action", "cell_type": "code", "source": "secret", **mark}
    service.hub.publish(PATH, frame(2, "cell", after="", phase="final", cell=cell))
    service.hub.publish(PATH, frame(3, "run", state=state, **run))


async def done(service: Service) -> None:
    """Wait for what the service does in the background."""
    while service._tasks:
        await asyncio.wait(set(service._tasks))


@pytest.mark.parametrize("deleted", [PATH, "sub"])
async def test_a_notebook_at_the_path_of_a_deleted_one_has_none_of_its_runs(
    service: Service, tmp_path: Path, deleted: str
) -> None:
    path = new_notebook(tmp_path)
    place = service.recovery.place(PATH)
    service.recovery.journal.begin(conversation(), place)
    first, later = Tab(), Tab()
    await service.recovery.recover(PATH)
    service.hub.follow(PATH, first, shared=False, seen={})
    tell_of_a_run(service)
    assert "secret" in first.sources
    path.unlink()
    service.deleted(deleted)
    service.hub.leave_all(first)
    await service.left(PATH)
    await done(service)
    new_notebook(tmp_path)
    assert not service.recovery.is_done(PATH)
    assert service.recovery.journal.of_notebook(place) == []
    service.hub.follow(PATH, later, shared=False, seen={})
    service.hub.leave_all(later)
    await service.left(PATH)
    assert later.sources == []
    assert nbformat.read(path, as_version=4).cells == []


async def test_no_task_begins_while_a_run_of_its_notebook_is_taken_back(service: Service) -> None:
    order = order_of({"path": PATH, "kernel": "none", "task": "go on"})
    async with service.reverting(PATH):
        begins = asyncio.ensure_future(service.start(order))
        await asyncio.wait({begins}, timeout=1)
        assert not begins.done()
    with pytest.raises(EnvironmentFailure, match="no running kernel"):
        await begins


async def test_a_notebook_that_is_opened_while_it_is_about_to_be_saved_is_left_to_who_opened_it(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, tab = new_notebook(tmp_path), Tab()
    tell_of_a_run(service)
    contents = service._saver._contents
    read = contents.get

    async def opened_meanwhile(*asked: Any, **more: Any) -> Any:
        model = await read(*asked, **more)
        if not service.hub.is_followed(PATH):
            service.hub.follow(PATH, tab, shared=False, seen={})
        return model

    monkeypatch.setattr(contents, "get", opened_meanwhile)
    await service.left(PATH)
    assert tab.sources == ["secret"]
    assert nbformat.read(path, as_version=4).cells == [], "it is changed under no page"
    monkeypatch.setattr(contents, "get", read)
    service.hub.leave_all(tab)
    await service.left(PATH)
    assert [cell.source for cell in nbformat.read(path, as_version=4).cells] == ["secret"]


async def test_a_page_that_loaded_a_notebook_before_it_was_saved_is_told_the_cells_in_the_file(
    service: Service, tmp_path: Path
) -> None:
    path = new_notebook(tmp_path)
    tell_of_a_run(service)
    contents = service._saver._contents

    async def loaded() -> str:
        model = await contents.get(PATH, content=True)
        return str(json.loads(json.dumps(model["last_modified"], default=json_default)))

    before = await loaded()
    await service.left(PATH)
    assert [cell.source for cell in nbformat.read(path, as_version=4).cells] == ["secret"]
    log = service.hub.log(PATH)
    assert not log.was_written_since(await loaded())
    assert not log.was_written_since("") and not log.was_written_since(None)
    early = Tab()
    service.hub.follow(PATH, early, shared=False, seen={}, lacks=log.was_written_since(before))
    assert early.sources == ["secret"]


async def test_who_has_a_deleted_notebook_open_is_told_that_no_task_waits_and_follows_it_still(
    service: Service,
) -> None:
    tab = Tab()
    service.hub.follow(PATH, tab, shared=False, seen={})
    service.hub.queued(PATH, ["a task"])
    service.deleted(PATH)
    assert [m["tasks"] for m in tab.told if m["type"] == "queue"] == [[], ["a task"], []]
    assert service.hub.is_followed(PATH)  # it may be saved anew, and goes on then


async def test_a_renamed_notebook_keeps_a_run_that_only_its_followers_know(
    service: Service,
) -> None:
    service.hub.follow(PATH, Tab(), shared=False, seen={})
    tell_of_a_run(service)
    for old, new in (("sub", "sub"), ("sub", "other")):
        service.renamed(old, new)
    await done(service)
    moved, later = "other/Untitled.ipynb", Tab()
    assert service.hub.is_followed(moved) and not service.hub.is_followed(PATH)
    service.hub.follow(moved, later, shared=False, seen={})
    assert later.sources == ["secret"]
    assert not service.hub.log(PATH).runs


async def test_what_is_known_of_a_notebook_that_was_there_is_not_of_one_renamed_to_its_path(
    service: Service,
) -> None:
    tell_of_a_run(service)
    service.note(PATH, "of the one that was there")
    before = service._agent(PATH)
    service.note("new.ipynb", "of the new one")
    agent = service._agent("new.ipynb")
    service.renamed("new.ipynb", PATH)
    await done(service)
    assert service._agent(PATH) is agent is not before
    assert agent.path == PATH
    assert not service.hub.log(PATH).runs


async def test_an_agent_is_forgotten_once_its_kernel_is_gone_and_nobody_has_its_notebook_open(
    service: Service, kernels: AsyncMappingKernelManager, tmp_path: Path
) -> None:
    """While its kernel lives it knows whose the variables are, and which texts are secret."""
    spec = tmp_path / "data" / "kernels" / "sleeps" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [sys.executable, "-S", "-c", "import time; time.sleep(60)", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "sleeps", "language": "python"}))
    tab, other = Tab(), "noted.ipynb"
    service.note(other, "what the person did")
    agent = service._agent(PATH)
    kernels.connection_dir = str(tmp_path)
    agent.kernel = kernel = await kernels.start_kernel(kernel_name="sleeps")
    service._paths[kernel] = PATH
    await service.left(PATH)
    assert service._agent(PATH) is agent  # its kernel lives
    service.hub.follow(PATH, tab, shared=False, seen={})
    await kernels.shutdown_kernel(kernel, now=True)
    service.shut_down(kernel)
    await done(service)
    assert service._agent(PATH) is agent  # somebody has it open
    assert kernel not in service._paths
    service.hub.leave_all(tab)
    await service.left(PATH)
    assert [*service._hosted] == [other]  # to which something is still to be told


async def test_nothing_of_ours_goes_on_when_the_server_has_stopped(service: Service) -> None:
    ended = []

    async def keeps() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)  # as a file that is being read
            ended.append("kept")

    service.in_background(keeps())
    await asyncio.sleep(0)
    await service.close()
    assert ended == ["kept"]


async def test_a_kernel_can_be_rebuilt_at_once_when_a_run_is_told_to_be_over(
    service: Service,
) -> None:
    agent = service._agent(PATH)
    agent._running, agent._finishing = asyncio.ensure_future(asyncio.sleep(0.1)), True
    with pytest.raises(EnvironmentFailure, match="no running kernel"):  # and no run in the way
        await service.rebuild(Rebuilding(PATH, "gone", ()))
    agent._running, agent._finishing = asyncio.ensure_future(asyncio.sleep(60)), False
    with pytest.raises(SettingsError, match="a run is going on"):
        await service.rebuild(Rebuilding(PATH, "gone", ()))
    agent._running.cancel()
