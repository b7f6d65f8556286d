"""Kernels behind a gateway, as `jupyter lab --gateway-url` has them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeact_jupyter.sandbox import kernelspec
from tests.canary import KEY
from tests.frontends.live import SECONDS, ScriptedModel, act, say
from tests.ports import free_port
from tests.sandbox.conftest import require_bubblewrap
from tests.sandbox.kernels import write_spec

from .front_ends import has_begun
from .live_server import LiveNotebook, LiveServer, serving
from .test_sandboxes import ACTIVE, SHOWS, shown

LONG = "import time\nfor _ in range(600):\n    time.sleep(0.05)"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A kernel gateway in a process of its own; gives its address."""
    root, port = tmp_path_factory.mktemp("gateway"), free_port()
    work, own = root / "work", str(root / "own")
    work.mkdir()
    write_spec(root / "jupyter", kernelspec.NAME)
    variables = {**os.environ, "JUPYTER_RUNTIME_DIR": own, "JUPYTER_CONFIG_DIR": own}
    variables["JUPYTER_PATH"] = str(root / "jupyter")
    variables.pop("PYTEST_CURRENT_TEST", None)
    command = [sys.executable, "-m", "kernel_gateway", f"--KernelGatewayApp.port={port}"]
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=work)
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/api", timeout=5).close()
            break
        except OSError:
            time.sleep(0.05)
    yield url
    process.terminate()
    process.wait(SECONDS)


@pytest.fixture(scope="module")
def behind(
    served_model: ScriptedModel, gateway: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    root: Path = tmp_path_factory.mktemp("behind")
    with serving(served_model, root, flags=(f"--gateway-url={gateway}",)) as server:
        server.api("status")
        yield server


@pytest.fixture
def remote(behind: LiveServer, model: ScriptedModel) -> Iterator[LiveNotebook]:
    notebook = LiveNotebook(behind, f"remote-{time.monotonic_ns()}.ipynb")
    yield notebook
    notebook.close()


def test_a_run_in_a_remote_kernel_sees_acts_asks_and_answers(
    remote: LiveNotebook, model: ScriptedModel
) -> None:
    remote.person.run("prices = [3, 4]")
    model.will(act("print('total', sum(prices))"), act("name = input('Name? ')"), say("Done."))
    tab = remote.follow()
    run = remote.start("add")
    question = tab.first(run, "input", prompt="Name? ")
    remote.tell(run, "input", {"request": question["request"], "value": "Ada"})
    assert tab.end(run)["state"] == "answered"
    assert "total 7" in model.results()[0]
    asked = {"path": remote.path, "kernel": remote.kernel}
    gaps = " ".join(remote.tell(run, "revert", asked).json["gaps"])
    assert "all files: the kernel runs on another machine" in gaps
    assert [step["state"] for step in tab.steps(run)][:2] == ["ok", "ok"]
    assert remote.person.run("print(name)") == "Ada\n"
    variables = remote.server.api(f"names?kernel={remote.kernel}").json["variables"]
    assert "prices" in {variable["name"] for variable in variables}


def test_interrupt_and_the_persons_cells_beside_it_in_a_remote_kernel(
    remote: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act(LONG))
    tab = remote.follow()
    run = remote.start("sleep")
    has_begun(remote.person, run, 1)
    theirs = remote.person.begin("print('queued')")
    remote.tell(run, "interrupt")
    assert tab.end(run)["state"] == "interrupted"
    assert remote.person.reply(theirs)["status"] == "ok"


def test_a_remote_kernel_that_dies_or_is_restarted_ends_the_run_by_name(
    remote: LiveNotebook, model: ScriptedModel
) -> None:
    tab = remote.follow()
    model.will(act("import os, time\nprint('before')\ntime.sleep(0.5)\nos._exit(3)"))
    assert tab.end(remote.start("die"))["state"] == "interrupted"

    model.will(act(LONG))
    run = remote.start("sleep")
    has_begun(remote.person, run, 1)
    remote.server.ask(f"api/kernels/{remote.kernel}/restart", {})
    end = tab.end(run)
    assert end["state"] == "interrupted" and "kernel" in end["reason"]

    model.will(act("fresh = 1"), say())
    assert tab.end(remote.start("once more"))["state"] == "answered"


def test_what_a_sandbox_of_a_gateway_shows_is_filtered_and_other_kernels_are_not(
    behind: LiveServer, remote: LiveNotebook, model: ScriptedModel
) -> None:
    require_bubblewrap()
    walled = LiveNotebook(behind, "walled.ipynb", kernel={"name": kernelspec.NAME})
    try:
        came = shown(walled, SHOWS)
        assert not any(each in came for each in ACTIVE), came
        assert "<b>shown</b>" in came
        told = behind.api(f"sandbox?kernel={walled.kernel}").json
        assert told["sandboxed"] and "the gateway's own" in told["lacking"]
        model.will(act(SHOWS), say("seen"))
        tab = walled.follow()
        assert tab.end(walled.start("look"))["state"] == "answered"
        assert "<img src=x on" not in str(tab.frames) and "<b>shown</b>" in str(tab.frames)
        assert "This kernel is a sandbox" in str(model.requests[0]["messages"])
    finally:
        walled.close()
    assert "onerror" in shown(remote, SHOWS)
    assert not behind.api(f"sandbox?kernel={remote.kernel}").json["sandboxed"]


def test_a_server_with_remote_kernels_ends_when_it_is_told_to(
    served_model: ScriptedModel, gateway: str, tmp_path: Path
) -> None:
    with serving(served_model, tmp_path, flags=(f"--gateway-url={gateway}",)) as server:
        notebook = LiveNotebook(server, "ends.ipynb")
        served_model.will(act("a = 1"), say())
        tab = notebook.follow()
        assert tab.end(notebook.start("one"))["state"] == "answered"
        tab.close()
    assert server.process.returncode is not None


def test_no_log_of_the_server_or_the_gateway_holds_the_key(
    behind: LiveServer, remote: LiveNotebook, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert KEY not in remote.person.run("import os; print(dict(os.environ))")
    logs = [path.read_text() for path in tmp_path_factory.getbasetemp().glob("gateway*/log")]
    assert logs and not [log for log in (behind.log, *logs) if KEY in log]
