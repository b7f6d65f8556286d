"""The key stays with the server: its kernels ask through it, each by a token that opens no more."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.errors import SettingsError
from codeact_jupyter.frontends.server.askable import request_of
from tests.canary import KEY, content
from tests.frontends.live import ScriptedModel, act, say
from tests.hostile_folder import ELSEWHERE, write_hostile
from tests.loopback import Fault, ScriptedTurn, Text

from .front_ends import Held
from .live_server import TOKEN, LiveNotebook, LiveServer, Response, serving
from .test_conversation import magic
from .test_side_by_side import until

CANARY = "sk-ant-canary-that-must-never-be-seen-0123456789"
TOKEN_HERE = """\
from IPython import get_ipython
from codeact_jupyter.frontends import borrowing
print(borrowing.token_of(get_ipython().kernel.session.key, borrowing.kernel_id()))
"""
# What the model's server would fetch: with a secret in its address it leaves a sandbox.
FETCHED = {"type": "image", "source": {"type": "url", "url": "https://elsewhere.example/?secret"}}
PNG = "iVBORw0KGgo="
WRITTEN = {"type": "text", "media_type": "text/plain", "data": "words"}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1"}
TEXT = {"type": "text", "text": "words"}
NESTED = {**RESULT, "content": [TEXT]}
GATEWAYS = "canary-of-the-gateway-0123456789"


@pytest.fixture(scope="module")
def lender(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server that says all it can in its log, with a canary for a key."""
    environ = {"ANTHROPIC_API_KEY": CANARY, "ANTHROPIC_LOG": "debug"}
    environ["ANTHROPIC_CUSTOM_HEADERS"] = f"X-Gateway: Bearer {GATEWAYS}\nX-Team: data"
    root = tmp_path_factory.mktemp("lender")
    (root / "files").mkdir()
    write_hostile(root / "files")
    options = {"flags": ("--debug",), "environ": environ, "within": root / "files"}
    with serving(served_model, root, **options) as server:
        yield server


@pytest.fixture(scope="module")
def lent_to(lender: LiveServer) -> Iterator[LiveNotebook]:
    notebook = LiveNotebook(lender, "lent-to.ipynb")
    notebook.person.run("%load_ext codeact_jupyter")
    yield notebook
    notebook.close()


@pytest.fixture
def shared(lent_to: LiveNotebook, model: ScriptedModel) -> LiveNotebook:
    """For tests after which its kernel is lent the model as before; in a new conversation."""
    lent_to.person.run("%codeact new")
    return lent_to


@pytest.fixture
def notebook(lender: LiveServer, model: ScriptedModel) -> Iterator[LiveNotebook]:
    notebook = LiveNotebook(lender, "lent.ipynb")
    notebook.person.run("%load_ext codeact_jupyter")
    yield notebook
    notebook.close()


def token_in(notebook: LiveNotebook) -> str:
    return notebook.person.run(TOKEN_HERE).strip()


def ask(notebook: LiveNotebook, kernel: str, token: str, **body: Any) -> Response:
    asked = {"model": "claude-opus-5-5", "max_tokens": 300, "stream": True}
    asked |= {"messages": [{"role": "user", "content": "hi"}], **body}
    path = f"codeact/api/lent/{kernel}/v1/messages"
    return notebook.server.ask(path, asked, headers={"X-Api-Key": token})


def failed_magic(notebook: LiveNotebook, task: str) -> str:
    person = notebook.person
    reply = person.reply(person.begin(f"%%codeact --approve never\n{task}"))
    assert reply["status"] == "error"
    return str(reply["evalue"])


def test_a_magic_needs_no_key_in_its_kernel(shared: LiveNotebook, model: ScriptedModel) -> None:
    model.will(act("x = 6 * 7\nprint(x)"), say("It is 42."))
    magic(shared.person, "six times seven")
    assert shared.person.run("print(x)") == "42\n"
    assert [CANARY in str(headers) for headers in model.headers] == [True, True]
    environ = shared.person.run("import os; print(*os.environ)")
    assert "API_KEY" not in environ and "CUSTOM_HEADERS" not in environ
    for headers in model.headers:
        assert GATEWAYS in str(headers) and "data" in str(headers)


def test_the_folder_that_the_server_is_started_in_chooses_nothing(lender: LiveServer) -> None:
    offered = lender.api("status").json
    assert (offered["model"], offered["approve"]) == ("claude-opus-5-5", "risky")
    assert offered["limits"] == {"steps": 50, "tokens": 5_000_000, "cost": 2.0, "seconds": 1800.0}


def test_a_token_opens_its_own_kernels_model_and_nothing_else(
    shared: LiveNotebook, lender: LiveServer, model: ScriptedModel
) -> None:
    token, other = token_in(shared), LiveNotebook(lender, "other.ipynb")
    assert ask(shared, shared.kernel, token).status == 200
    assert ask(shared, other.kernel, token).status == 403
    assert ask(shared, shared.kernel, TOKEN).status == 403
    for headers in ({"X-Api-Key": token}, {"Authorization": f"token {token}"}):
        for path in ("api/contents", "codeact/api/status", "api/kernels"):
            assert lender.ask(path, headers=headers).status == 403
    other.close()
    gone = LiveNotebook(lender, "gone.ipynb")
    theirs = token_in(gone)
    gone.close()
    assert ask(shared, gone.kernel, theirs).status == 403


@pytest.mark.parametrize(
    "body",
    [
        {"stream": False},
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"tools": [{"name": "other", "input_schema": {}}]},
        {"mcp_servers": []},
        {"container": "x"},
        {"max_tokens": "many"},
        {"model": "a-model-whose-price-nobody-knows"},
        {"model": None},
        {"messages": [{"role": "user", "content": [FETCHED]}]},
        {"messages": [{"role": "user", "content": [{**FETCHED, "type": "document"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "document", "source": WRITTEN}]}]},
        {"messages": [{"role": "user", "content": [{**RESULT, "content": [FETCHED]}]}]},
        {"messages": [{"role": "user", "content": [{"type": "container_upload"}]}]},
        {"messages": [{"role": "user", "content": [{**RESULT, "content": [NESTED]}]}]},
        {"messages": [{"role": "user", "content": [{**TEXT, "content": [TEXT]}]}]},
        {"messages": [{"role": "user", "content": {}}]},
        {"messages": {}},
    ],
)
def test_what_this_agent_does_not_ask_is_not_lent(
    shared: LiveNotebook, model: ScriptedModel, body: dict[str, Any]
) -> None:
    answer = ask(shared, shared.kernel, token_in(shared), **body)
    assert answer.status == 400 and answer.json["error"]["message"]
    assert not model.requests


@pytest.mark.parametrize("opened", ["[", '{"content":'])
def test_a_request_that_nests_without_end_is_refused(opened: str) -> None:
    with pytest.raises(SettingsError, match="no JSON that can be read"):
        request_of(opened.encode() * 200_000)


def test_a_picture_in_the_request_is_lent(shared: LiveNotebook, model: ScriptedModel) -> None:
    held = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
    call = {"type": "tool_use", "id": "toolu_1", "name": "python", "input": {"code": "see()"}}
    asked = [
        {"role": "user", "content": [{"type": "text", "text": "see"}, held]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{**RESULT, "content": [held]}]},
    ]
    tools = [{"name": "python", "input_schema": {"type": "object"}}]
    given = {"messages": asked, "tools": tools}
    assert ask(shared, shared.kernel, token_in(shared), **given).status == 200


def test_a_dearer_model_takes_its_own_price_from_the_budget(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    token, spent = token_in(notebook), [0.0]
    for name in ("claude-haiku-4-5", "claude-opus-4-1"):
        model.will(say("Said."))
        assert ask(notebook, notebook.kernel, token, model=name).status == 200
        spent += [each["cost"] for each in loans(notebook) if each["kernel"] == notebook.kernel]
    costs = [after - before for before, after in itertools.pairwise(spent)]
    assert costs[1] > 4 * costs[0] > 0


def test_what_is_revoked_is_lent_no_more(notebook: LiveNotebook, model: ScriptedModel) -> None:
    token = token_in(notebook)
    assert ask(notebook, notebook.kernel, token).status == 200
    (lent,) = (each for each in loans(notebook) if each["kernel"] == notebook.kernel)
    assert (lent["path"], lent["taken_back"]) == ("lent.ipynb", False)
    assert lent["tokens"] > 0 and lent["cost"] > 0
    answer = notebook.server.ask(f"codeact/api/lent/{notebook.kernel}", method="DELETE")
    assert answer.status == 200
    refused = ask(notebook, notebook.kernel, token)
    assert refused.status == 400 and "taken back" in refused.json["error"]["message"]
    assert "taken back" in failed_magic(notebook, "once more")
    assert len(model.requests) == 1
    assert [
        each["taken_back"] for each in loans(notebook) if each["kernel"] == notebook.kernel
    ] == [True]


def test_what_is_taken_back_while_a_run_goes_on_ends_it_with_these_words(
    notebook: LiveNotebook, model: ScriptedModel, held: Held
) -> None:
    model.will(act(held.code), say("Never said."))
    person = notebook.person
    request = person.begin("%%codeact --approve never\ntwo queries")
    person.until(lambda: model.requests, "the first query")
    notebook.server.ask(f"codeact/api/lent/{notebook.kernel}", method="DELETE")
    held.let_go()
    reply = person.reply(request)
    assert reply["status"] == "error" and "taken back" in str(reply["evalue"])
    assert len(model.requests) == 1


def test_a_line_of_the_magic_says_what_is_lent_and_gives_it_back(
    notebook: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(say("Hello."))
    magic(notebook.person, "say hello")
    said = notebook.person.run("%codeact lent")
    assert "lends this kernel claude-opus-5-5" in said and "$" in said
    assert "no more" in notebook.person.run("%codeact lent --return")
    assert "taken back" in failed_magic(notebook, "once more")
    assert len(model.requests) == 1


def loans(notebook: LiveNotebook) -> list[Any]:
    return list(notebook.server.api("lent").json["kernels"])


def test_a_stop_ends_the_servers_own_call(shared: LiveNotebook, model: ScriptedModel) -> None:
    model.will(ScriptedTurn([Text("and so on " * 400, chunk=10)], delay=0.05))
    person = shared.person
    request = person.begin("%%codeact --approve never\ntalk for long")
    person.until(lambda: model.requests, "the request")
    shared.server.ask(f"api/kernels/{shared.kernel}/interrupt", {})
    assert person.reply(request)["status"] == "error"
    until(lambda: model.abandoned)
    assert model.abandoned


def test_a_refused_key_is_told_in_the_kernel_without_it(
    shared: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(
        ScriptedTurn(
            [],
            fault=Fault(status=401, error_type="authentication_error", message=f"bad key {CANARY}"),
        )
    )
    said = failed_magic(shared, "try")
    assert "401" in said and CANARY not in said


def test_a_kernel_whose_budget_is_used_up_is_refused(
    served_model: ScriptedModel, tmp_path: Path
) -> None:
    served_model.will(say("One."), say("Two."))
    flags = ("--CodeActApp.kernel_max_tokens=9_000",)
    with serving(served_model, tmp_path, flags=flags) as server:
        notebook = LiveNotebook(server, "poor.ipynb")
        notebook.person.run("%load_ext codeact_jupyter")
        assert "budget" in failed_magic(notebook, "a long one")
        assert not served_model.requests
        notebook.close()


def test_a_server_that_keeps_the_environment_as_it_is_says_so_in_its_settings(
    served_model: ScriptedModel, tmp_path: Path
) -> None:
    served_model.will()
    flags = ("--CodeActApp.take_keys=False",)
    with serving(served_model, tmp_path, flags=flags) as server:
        notebook = LiveNotebook(server, "own.ipynb")
        printed = notebook.person.run("import os; print(os.environ['ANTHROPIC_API_KEY'])")
        assert printed == f"{KEY}\n"
        notebook.close()


def test_the_key_is_nowhere_after_all_ways_in_at_debug_level(
    shared: LiveNotebook, lender: LiveServer, model: ScriptedModel
) -> None:
    shows = "import os, subprocess, sys\nprint(dict(os.environ))\n%env\n!env\n1/0"
    model.will(act(shows), say("Done."))
    magic(shared.person, "look around")
    model.will(act(shows), say("Done."))
    tab = shared.follow()
    assert tab.end(shared.start("look again"))["state"] == "answered"
    theirs = {"base_url": ELSEWHERE, "api_key": "sk-x-0123456789", "approve": "never"}
    for metadata in ({"codeact": theirs}, theirs):
        held = {"cells": [], "metadata": metadata}
        model.will(say("Still here."))
        run = shared.start("with a notebook that would choose", **held)
        assert tab.end(run)["state"] == "answered"
    assert all(CANARY in str(headers) for headers in model.headers)
    seen = [lender.log, json.dumps(tab.messages), json.dumps(shared.person.messages)]
    seen += [json.dumps(model.requests, default=str)]
    root = lender.files.parent
    kept = [content(path) for path in root.rglob("*") if path.is_file()]
    seen += [each.decode("utf-8", "replace") for each in kept]
    assert "DEBUG" in lender.log or "[D " in lender.log
    assert not [text[:200] for text in seen if CANARY in text or GATEWAYS in text]
