"""Every route and every kind of visitor: who may do what, and that the key never comes back."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket

from codeact_jupyter.frontends.our_routes import ROOT
from codeact_jupyter.frontends.server.routes import handlers
from tests.frontends.live import ScriptedModel, act, say

from .live_server import TOKEN, LiveNotebook, LiveServer, Response, serving

CANARY = "sk-ant-canary-1234567890"
NOBODY: dict[str, str] = {}
OWNER = {"Authorization": f"token {TOKEN}"}
# A user that the test's authorizer lets read and nothing else; see `principals.py`.
READER = {"X-Test-User": "reader"}
STRANGER = {"X-Test-User": "stranger"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
READ_ONLY = {("GET", "status"), ("POST", "read"), ("POST", "export"), ("POST", "fork")}
EXAMPLES = {
    "RunAction": [f"runs/0123abcd/{word}" for word in ("stop", "interrupt", "input")],
    "Lent": ["lent/0123abcd"],
    "LentMessages": ["lent/0123abcd/v1/messages"],
    "Revert": ["runs/0123abcd/revert"],
    "Files": ["runs/0123abcd/files"],
}


def routes() -> list[tuple[str, type[Any]]]:
    """Each route that is registered, with a path that it answers to."""
    found = []
    for pattern, handler in handlers():
        paths = EXAMPLES.get(handler.__name__, [pattern.removeprefix(f"/{ROOT}/")])
        for path in paths:
            assert re.fullmatch(pattern, f"/{ROOT}/{path}"), f"give {pattern} an example"
            found.append((path, handler))
    return found


def methods(handler: type[Any]) -> list[str]:
    """The methods that a handler answers to by code of ours."""
    ours = [each for each in handler.__mro__ if each.__module__.startswith("codeact_jupyter.")]
    return [m for m in METHODS if any(m.lower() in vars(each) for each in ours)]


HTTP = [
    (path, method)
    for path, handler in routes()
    if not hasattr(handler, "on_message")
    for method in methods(handler)
]
SOCKETS = [path for path, handler in routes() if hasattr(handler, "on_message")]


@pytest.fixture(scope="module")
def guarded(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server below a prefix, as on a JupyterHub, with several users and a canary for a key."""
    names = "tests.frontends.server.principals"
    server_app = {
        "jpserver_extensions": {"codeact_jupyter": True, "jupyterlab": False, "jupyter_lsp": False},
        "identity_provider_class": f"{names}.SeveralUsers",
        "authorizer_class": f"{names}.ReadersAndOwners",
        "allow_unauthenticated_access": False,
    }
    root = Path(__file__).parents[3]
    with serving(
        served_model,
        tmp_path_factory.mktemp("guarded"),
        base_url="/user/x/",
        config={"ServerApp": server_app},
        environ={"ANTHROPIC_API_KEY": CANARY, "PYTHONPATH": str(root)},
    ) as server:
        yield server


def cookie_of(server: LiveServer) -> str:
    """The cookies of somebody who opened the server's page with the token."""
    request = urllib.request.Request(server.url(f"api/status?token={TOKEN}"))
    with urllib.request.urlopen(request) as answer:
        given = answer.headers.get_all("Set-Cookie")
    login = urllib.request.Request(server.url("login"), headers={"Cookie": _joined(given)})
    with urllib.request.urlopen(login) as page:
        given += page.headers.get_all("Set-Cookie") or []
    return _joined(given)


def _joined(cookies: list[str]) -> str:
    return "; ".join(dict.fromkeys(cookie.partition(";")[0] for cookie in cookies))


def call(server: LiveServer, path: str, method: str, headers: dict[str, str]) -> Response:
    body = None if method == "GET" else {}
    return server.ask(f"{ROOT}/{path}", body, method=method, headers=headers)


def test_every_handler_of_ours_is_registered_with_a_method() -> None:
    assert len(HTTP) + len(SOCKETS) >= 10
    assert all(methods(handler) for _, handler in routes())


@pytest.mark.parametrize(("path", "method"), HTTP)
def test_nobody_and_a_wrong_token_are_refused(guarded: LiveServer, path: str, method: str) -> None:
    for headers in (NOBODY, {"Authorization": "token wrong"}):
        assert call(guarded, path, method, headers).status == 403


@pytest.mark.parametrize(("path", "method"), HTTP)
def test_a_user_whom_the_authorizer_refuses_is_refused(
    guarded: LiveServer, path: str, method: str
) -> None:
    assert call(guarded, path, method, STRANGER).status == 403
    may = (method, path) in READ_ONLY
    assert (call(guarded, path, method, READER).status != 403) == may
    assert call(guarded, path, method, OWNER).status != 403


@pytest.mark.parametrize(("path", "method"), [each for each in HTTP if each[1] != "GET"])
def test_a_cookie_without_the_xsrf_header_changes_nothing(
    guarded: LiveServer, path: str, method: str
) -> None:
    cookie = cookie_of(guarded)
    without = call(guarded, path, method, {"Cookie": cookie})
    assert without.status == 403 and "_xsrf" in without.text
    token = re.search(r"_xsrf=([^;]+)", cookie)
    assert token is not None
    with_header = {"Cookie": cookie, "X-XSRFToken": token.group(1)}
    assert call(guarded, path, method, with_header).status != 403


@pytest.mark.parametrize("path", SOCKETS)
def test_a_socket_opens_for_its_owner_and_for_nobody_else(guarded: LiveServer, path: str) -> None:
    guarded.socket(f"{ROOT}/{path}").close()
    headers = (NOBODY, {"Authorization": "token wrong"}, READER, STRANGER)
    for header in headers:
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            guarded.socket(f"{ROOT}/{path}", header=header)


@pytest.mark.parametrize("path", SOCKETS)
def test_a_socket_from_a_foreign_page_is_refused(guarded: LiveServer, path: str) -> None:
    cookie = cookie_of(guarded)
    for options in ({"cookie": cookie, "header": {}}, {"header": {}}):
        with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
            guarded.socket(f"{ROOT}/{path}", origin="http://evil.example", **options)


def test_nothing_of_ours_answers_outside_the_base_url(guarded: LiveServer) -> None:
    outside = LiveServer.__new__(LiveServer)
    outside.port, outside.base_url = guarded.port, "/"
    for path, method in HTTP:
        assert call(outside, path, method, OWNER).status == 404


@pytest.mark.parametrize(
    "body",
    [
        [],
        "text",
        {"path": 1, "kernel": "x", "task": "y"},
        {"path": "a.ipynb", "kernel": "x", "task": " "},
        {"path": "a.ipynb", "kernel": "x", "task": "y", "options": []},
        {"path": "a.ipynb", "kernel": "x", "task": "y", "options": {"approve": "always"}},
        {"path": "a.ipynb", "kernel": "x", "task": "y", "cells": [3]},
        {"path": "a.ipynb", "kernel": "x", "task": "y", "images": [{"mime": "text/html"}]},
        {"path": "a.ipynb", "kernel": "x", "task": "y", "context": [{"text": 3}]},
        {"cells": [{"id": "x", "metadata": {"codeact": {"version": 1, "role": "task"}}}]},
        {"cells": [{"cell_type": "code", "outputs": 7, "metadata": []}], "metadata": "x"},
        {"cells": [{"metadata": {"codeact": 3}, "outputs": ["x"]}], "to": "exe"},
        {"step": "1", "hash": "x", "decision": "run"},
        {"path": "a.ipynb", "kernel": "x", "allow": ["everything"]},
        {"content": {"cells": []}, "at": "1.1"},
        {"path": "a.ipynb", "points": 5},
    ],
)
def test_a_body_that_makes_no_sense_is_refused_with_a_message(
    server: LiveServer, body: Any
) -> None:
    for route in (
        "runs",
        "read",
        "export",
        "rebuild",
        "rebuild/stop",
        "fork",
        "undone/cells",
        "runs/0123abcd/input",
    ):
        answer = server.api(route, body)
        assert answer.status in (200, 400), (route, answer)
        assert answer.status == 200 or answer.json["message"]


def test_the_key_never_comes_back(guarded: LiveServer, served_model: ScriptedModel) -> None:
    served_model.will(act("a = 1\nprint('out')\n1/0"), say())
    notebook = LiveNotebook(guarded, "key.ipynb")
    tab = notebook.follow()
    answers = [call(guarded, path, method, OWNER).text for path, method in HTTP]
    answers.append(guarded.api("status").text)
    run = notebook.start(
        "try", options={"approve": "never", "api_key": "x", "base_url": "http://x"}
    )
    assert tab.end(run)["state"] == "answered"
    assert CANARY in str(served_model.headers[-1])
    parts = {"cells": list(tab.cells(run).values()), "metadata": {}}
    for to in ("ipynb", "py", "md", "html", "jsonl"):
        answers.append(guarded.api("export", {**parts, "to": to, "name": "x"}).text)
    seen = [json.dumps(tab.messages), json.dumps(notebook.person.messages), guarded.log, *answers]
    seen.append((guarded.files / notebook.path).read_text())
    assert not [text for text in seen if CANARY in text]
    assert not [text for text in seen if served_model.url in text]
    notebook.close()
