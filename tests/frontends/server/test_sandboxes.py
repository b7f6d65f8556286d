"""Sandboxed kernels in a live server: what a page gets of them, and what the person may trust."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.frontends.server.sandboxes import _admitted_text
from codeact_jupyter.sandbox import kernelspec
from codeact_jupyter.sandbox.messages import ASKS, harmless_message
from tests.frontends.live import ScriptedModel, act, say
from tests.sandbox.conftest import require_bubblewrap
from tests.sandbox.kernels import write_spec

from .live_server import LiveNotebook, LiveServer, serving

pytestmark = pytest.mark.timeout(120)
# What it shows is put together when it runs: the code itself is shown too.
SHOWS = """
ACT = "on" + "error=alert(1)"
from IPython.display import display, HTML, Javascript, Markdown
display(Javascript("fet" + "ch('/api/terminals')"))
display(HTML(f"<b>sho{'wn'}</b><img src=x {ACT}>"))
display(Markdown(f"*sho{'wn'}* <img src=x {ACT}>"))
display({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "widget"}, raw=True)
"""
SPEAKS = """
kernel = get_ipython().kernel
def speak(kind, content):
    kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent())
speak("comm_open", {"comm_id": "x", "target_name": "jupyter.widget", "data": {}})
speak("codeact", {"type": "run", "run": "0123abcd"})
speak("display_data", {"data": {"text/plain": "x"}, "metadata": {"codeact": {"turn": {}}}})
get_ipython().set_next_input("!rm -rf ~")
"""
MALFORMED = """
kernel = get_ipython().kernel
def send(header, content):
    parts = [header, b"{}", b"{}", content]
    signed = [b"x", b"<IDS|MSG>", kernel.session.sign(parts), *parts]
    kernel.iopub_socket.send_multipart(signed)
for header in (b"{", b"{}", b"[]", b"\\xff"):
    send(header, b"{}")
named = kernel.session.pack(kernel.session.msg_header("stream"))
for content in (b"{", b"[" * 100_000, b"9" * 6_000, b"\\xff"):
    send(named, content)
for parts in ([b"x"], [b"x", b"<IDS|MSG>", b"unsigned"], [b"x", b"<IDS|MSG>", *[b"{}"] * 5]):
    kernel.iopub_socket.send_multipart(parts)
"""
ACTIVE = ("onerror", "fetch(", 'widget-view+json":', '"codeact": {', "comm_open")


@pytest.fixture(scope="module")
def sandboxing(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server whose person has installed the sandbox."""
    require_bubblewrap()
    jupyter = tmp_path_factory.mktemp("jupyter")
    write_spec(jupyter, kernelspec.NAME)
    root = tmp_path_factory.mktemp("sandboxing")
    with serving(served_model, root, environ={"JUPYTER_PATH": str(jupyter)}) as server:
        yield server


@pytest.fixture(scope="module")
def notebook(sandboxing: LiveServer) -> Iterator[LiveNotebook]:
    notebook = LiveNotebook(sandboxing, "walled.ipynb", kernel={"name": kernelspec.NAME})
    yield notebook
    notebook.close()


def shown(notebook: LiveNotebook, code: str) -> str:
    """All that came to the person's page of a cell, as JSON."""
    request = notebook.person.begin(code)
    assert notebook.person.reply(request)["status"] == "ok"
    about = [each for each in notebook.person.about(request) if each["msg_type"] != "execute_input"]
    return json.dumps(about)


def test_nothing_active_comes_to_a_page(notebook: LiveNotebook) -> None:
    came = shown(notebook, SHOWS)
    assert not any(each in came for each in ACTIVE), came
    assert came.count("<b>shown</b>") == 1 and "<em>shown</em>" in came
    assert "left out, because this kernel is a sandbox" in came


def test_a_kernel_cannot_speak_out_of_turn(notebook: LiveNotebook) -> None:
    came = shown(notebook, SPEAKS)
    assert not any(each in came for each in ACTIVE), came
    kinds = {message["msg_type"] for message in notebook.person.messages}
    assert "codeact" not in kinds
    replies = [each for each in notebook.person.messages if each["msg_type"] == "execute_reply"]
    assert replies and all(each["content"]["payload"] == [] for each in replies)


def test_messages_that_are_none_keep_no_other_from_the_page(sandboxing: LiveServer) -> None:
    notebook = LiveNotebook(sandboxing, "malformed.ipynb", kernel={"name": kernelspec.NAME})
    request = notebook.person.begin(MALFORMED)
    assert notebook.person.reply(request)["status"] == "ok"
    assert notebook.person.run("print('heard')").strip() == "heard"
    notebook.close()


@pytest.mark.parametrize("text", ["{", "[1]", "1", "null", "[" * 100_000])
def test_what_a_gateway_sends_that_is_no_message_does_not_pass(text: str) -> None:
    assert _admitted_text(text, harmless_message) is None


def test_a_page_with_the_older_way_of_messages_gets_the_same(notebook: LiveNotebook) -> None:
    socket = notebook.server.socket(
        f"api/kernels/{notebook.kernel}/channels?session_id=v1",
        subprotocols=["v1.kernel.websocket.jupyter.org"],
    )
    try:
        request = notebook.person.begin(SHOWS)
        notebook.person.reply(request)
        socket.settimeout(2)
        came = b""
        try:
            while True:
                received = socket.recv()
                came += received if isinstance(received, bytes) else received.encode()
        except Exception:  # nothing more comes
            pass
        assert b"<b>shown</b>" in came and b"onerror" not in came
    finally:
        socket.close()


def test_input_says_who_asks(notebook: LiveNotebook) -> None:
    person = notebook.person
    request = person.begin("print('got ' + input('password: '))")
    asked = person.until(lambda: person.about(request, "input_request"), "input_request")
    assert asked[0]["content"]["prompt"].startswith(ASKS)
    person.say("stdin", "input_reply", {"value": "nothing"})
    assert person.reply(request)["status"] == "ok"
    assert person.printed(request).strip() == "got nothing"


def test_the_person_may_trust_a_kernel_and_take_it_back(notebook: LiveNotebook) -> None:
    server = notebook.server
    told = server.api(f"sandbox?kernel={notebook.kernel}").json
    assert told["sandboxed"] and not told["trusted"] and told["walls"] == "bubblewrap"
    assert "terminal" in told["gives_away"]
    assert server.api("sandbox", {"kernel": notebook.kernel, "trusted": True}).json["trusted"]
    assert "onerror" in shown(notebook, SHOWS)
    server.api("sandbox", {"kernel": notebook.kernel, "trusted": False})
    assert "onerror" not in shown(notebook, SHOWS)


def test_a_plain_kernel_is_left_as_it_is(sandboxing: LiveServer) -> None:
    notebook = LiveNotebook(sandboxing, "plain.ipynb")
    try:
        assert not sandboxing.api(f"sandbox?kernel={notebook.kernel}").json["sandboxed"]
        assert "onerror" in shown(notebook, SHOWS)
    finally:
        notebook.close()


def test_a_kernel_that_is_not_there_is_named(sandboxing: LiveServer) -> None:
    answer = sandboxing.api("sandbox", {"kernel": "none", "trusted": True})
    assert answer.status == 400 and "'none'" in answer.json["message"]


def test_a_run_keeps_and_tells_nothing_active_and_the_model_knows_of_the_walls(
    notebook: LiveNotebook, served_model: ScriptedModel
) -> None:
    served_model.will(act(SHOWS), say("seen"))
    follower = notebook.follow()
    run = notebook.start("look")
    follower.end(run)
    frames = json.dumps(follower.frames)
    assert "<b>shown</b>" in frames
    assert "<img src=x on" not in frames
    assert 'application/javascript":' not in frames
    assert "This kernel is a sandbox" in json.dumps(served_model.requests[0]["messages"])
    follower.close()


def test_interrupt_restart_and_shutdown_work_in_the_server(notebook: LiveNotebook) -> None:
    server, person = notebook.server, notebook.person
    request = person.begin("import time; x = 1; print('begun'); time.sleep(60)")
    person.until(lambda: "begun" in person.printed(request), "its output")
    server.ask(f"api/kernels/{notebook.kernel}/interrupt", method="POST")
    assert person.reply(request)["ename"] == "KeyboardInterrupt"
    assert person.run("print(x)").strip() == "1"
    answer = server.ask(f"api/kernels/{notebook.kernel}/restart", method="POST")
    assert answer.status == 200
    person.hears()
    assert person.run("print('x' in dir())").strip() == "False"


def test_a_kernel_that_ends_itself_is_started_again(notebook: LiveNotebook) -> None:
    person = notebook.person
    person.run("x = 1")
    person.begin("import os; os._exit(1)")
    states = lambda: [m["content"]["execution_state"] for m in list(person.messages)  # noqa: E731
                      if m["msg_type"] == "status"]  # fmt: skip
    person.until(lambda: "restarting" in states(), "restarting")
    person.hears()
    assert person.run("print('x' in dir())").strip() == "False"


def test_a_page_is_told_why_a_kernel_does_not_start(sandboxing: LiveServer) -> None:
    runtime = sandboxing.files.parent / "runtime"
    (sandboxing.files / "linked").symlink_to(runtime)
    answer = sandboxing.ask("api/kernels", {"name": kernelspec.NAME, "path": "linked"})
    assert answer.status == 500
    assert "put the notebook in a folder of its own" in answer.json["message"]


def test_a_server_without_the_filter_starts_no_sandbox(
    served_model: ScriptedModel, tmp_path: Path
) -> None:
    require_bubblewrap()
    write_spec(tmp_path / "jupyter", kernelspec.NAME)
    config: Any = {"ServerApp": {"jpserver_extensions": {"codeact_jupyter": False}}}
    environ = {"JUPYTER_PATH": str(tmp_path / "jupyter")}
    with serving(served_model, tmp_path / "root", config=config, environ=environ) as server:
        answer = server.ask("api/kernels", {"name": kernelspec.NAME})
        assert answer.status == 500
        assert "does not filter" in answer.json["message"]
