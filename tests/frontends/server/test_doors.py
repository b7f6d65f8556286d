"""`%%codeact` in a sandboxed kernel: its model is the server's, through a door to nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeact_jupyter.sandbox import kernelspec
from tests.frontends.live import ScriptedModel, act, say
from tests.sandbox.conftest import require_bubblewrap
from tests.sandbox.kernels import write_spec

from .live_server import TOKEN, LiveNotebook, LiveServer, serving

pytestmark = pytest.mark.timeout(120)
# Not whole in this file either, which may lie where the search looks.
CANARY = "sk-ant-canary-{}-9876543210".format("that-must-never-be-seen")
# The needle is written backwards, so that the search itself leaves nothing to be found.
LOOKS_FOR_KEY = """
import os, pathlib
needle, found = {needle!r}.encode(), []
with open('/proc/self/mem', 'rb', 0) as memory:
    for line in pathlib.Path('/proc/self/maps').read_text().splitlines():
        begin, end = (int(each, 16) for each in line.split()[0].split('-'))
        if ' r' in line and end - begin < 1 << 30 and '[v' not in line:
            memory.seek(begin)
            if needle in memory.read(end - begin)[::-1]:
                found.append(line)
for folder in ('/home', '/tmp', '/run', '/dev/shm', '.'):
    for path in pathlib.Path(folder).rglob('*'):
        if path.is_file():
            found += [str(path)] if needle in path.read_bytes()[::-1] else []
print(found)
"""
ASKS = """
import http.client, socket
def asked(method, path, body=None, **headers):
    connection = http.client.HTTPConnection('127.0.0.1')
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect('/run/model.sock')
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read(300)
from codeact_jupyter.frontends import borrowing
kernel = borrowing.kernel_id()
own = borrowing.token_of(get_ipython().kernel.session.key, kernel)
lent = f'/codeact/api/lent/{kernel}'
"""


@pytest.fixture(scope="module")
def lender(
    served_model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    """A server that has a key, and whose person has installed the sandbox."""
    require_bubblewrap()
    jupyter = tmp_path_factory.mktemp("jupyter")
    write_spec(jupyter, kernelspec.NAME)
    environ = {"JUPYTER_PATH": str(jupyter), "ANTHROPIC_API_KEY": CANARY}
    root: Path = tmp_path_factory.mktemp("lending-to-sandboxes")
    with serving(served_model, root, environ=environ) as server:
        yield server


@pytest.fixture(scope="module")
def shared(lender: LiveServer) -> Iterator[LiveNotebook]:
    """One for tests that leave its kernel and its door as they were."""
    notebook = LiveNotebook(lender, "shared.ipynb", kernel={"name": kernelspec.NAME})
    notebook.person.run("%load_ext codeact_jupyter")
    yield notebook
    notebook.close()


@pytest.fixture
def walled(lender: LiveServer, model: ScriptedModel) -> Iterator[LiveNotebook]:
    notebook = LiveNotebook(lender, "walled.ipynb", kernel={"name": kernelspec.NAME})
    notebook.person.run("%load_ext codeact_jupyter")
    yield notebook
    notebook.close()


def test_the_magic_runs_in_a_sandbox_and_the_key_is_nowhere_in_there(
    shared: LiveNotebook, model: ScriptedModel
) -> None:
    model.will(act("x = 6 * 7\nprint(x)"), say("It is 42."))
    person = shared.person
    request = person.begin(
        "%%codeact --approve never\nsix times seven",
        metadata={"codeact_client": person.session, "cellId": "the-magic"},
    )
    assert person.reply(request)["status"] == "ok"
    assert "It is 42." in json.dumps(person.about(request))
    assert person.run("print(x)") == "42\n"
    assert [CANARY in str(headers) for headers in model.headers] == [True, True]
    assert "This kernel is a sandbox" in json.dumps(model.requests[0]["messages"])
    assert person.run(LOOKS_FOR_KEY.format(needle=CANARY[::-1])) == "[]\n"
    person.run("planted = 'a-secret-that-is-' + str(len(dir())) * 9")
    planted = person.run("print(planted[::-1])").strip()
    assert person.run(LOOKS_FOR_KEY.format(needle=planted)) != "[]\n"


def test_what_a_magic_changed_on_disk_is_shown_below_it_and_put_back_there(
    shared: LiveNotebook, lender: LiveServer, model: ScriptedModel
) -> None:
    data = lender.files / "data.csv"
    data.write_text("a,b\n1,2\n")
    model.will(act("open('data.csv', 'a').write('3,4\\n'); open('.envrc', 'w')"), say("Done."))
    person = shared.person
    request = person.begin("%%codeact --approve never\nadd a line")
    assert person.reply(request)["status"] == "ok"
    told = person.printed(request)
    assert "changed  data.csv" in told and "+3,4" in told and "added    .envrc" in told
    assert "your own programs obey" in told and "%codeact files --restore PATH" in told
    assert person.run("%codeact files --restore data.csv").strip() == "Put back: data.csv"
    assert data.read_text() == "a,b\n1,2\n"
    assert "changed  data.csv  (restored)" in person.run("%codeact files")


def test_the_door_survives_a_restart(walled: LiveNotebook, model: ScriptedModel) -> None:
    walled.server.ask(f"api/kernels/{walled.kernel}/restart", method="POST")
    walled.person.run("%load_ext codeact_jupyter")
    model.will(say("Still here."))
    request = walled.person.begin("%%codeact\nhello")
    assert walled.person.reply(request)["status"] == "ok"
    assert len(model.requests) == 1


def test_behind_the_door_is_the_model_and_nothing_else_of_the_server(
    shared: LiveNotebook, lender: LiveServer
) -> None:
    other = LiveNotebook(lender, "other.ipynb")
    shared.person.run(ASKS)

    def status(*asked: str) -> int:
        return int(shared.person.run(f"print(asked({', '.join(asked)})[0])"))

    assert status("'GET'", "lent", "**{'X-Api-Key': own}") == 200
    assert status("'GET'", "lent", "**{'X-Api-Key': 'another'}") == 403
    assert status("'GET'", "lent", f"Authorization='token {TOKEN}'") in (403, 404)
    assert status("'DELETE'", "lent", f"Authorization='token {TOKEN}'") == 405
    for path in ("/", "/api", "/api/contents", "/codeact/api/status", "/static/favicon.ico", "/lab",
                 f"/codeact/api/lent/{other.kernel}"):  # fmt: skip
        for headers in ("**{'X-Api-Key': own}", f"Authorization='token {TOKEN}'"):
            assert status("'GET'", repr(path), headers) == 404, path
    other.close()


def test_the_door_has_room_for_a_few_connections_and_bounded_requests(shared: LiveNotebook) -> None:
    person = shared.person
    person.run(ASKS)
    person.run(
        "held = [socket.socket(socket.AF_UNIX) for _ in range(30)]\n"
        "for each in held: each.connect('/run/model.sock'); each.settimeout(2)\n"
        "def closed(each):\n"
        "    try: return each.recv(1) == b''\n"
        "    except TimeoutError: return False\n"
    )
    assert int(person.run("print(sum(map(closed, held[8:])))")) == 22
    assert int(person.run("print(sum(map(closed, held[:1])))")) == 0
    person.run("for each in held: each.close()")
    many = "'POST', lent + '/v1/messages', b'', **{'X-Api-Key': own, 'Content-Length': '999999999'}"
    assert person.run(f"print(asked({many}))").startswith("(400")


def test_what_the_person_decides_about_the_model_holds_whatever_the_kernel_does(
    walled: LiveNotebook, lender: LiveServer, model: ScriptedModel
) -> None:
    """The magic's loop is in there; what it may have from outside is decided outside."""
    person = walled.person
    fetched = {"type": "image", "source": {"type": "url", "url": "https://elsewhere.example/?key"}}
    asked = {"model": "claude-opus-5-5", "max_tokens": 9, "stream": True}
    body = json.dumps({**asked, "messages": [{"role": "user", "content": [fetched]}]})

    def states() -> list[str]:
        told = person.messages[:]
        return [m["content"]["execution_state"] for m in told if m["msg_type"] == "status"]

    def answered() -> str:
        person.run(ASKS)
        posted = f"'POST', lent + '/v1/messages', {body!r}, **{{'X-Api-Key': own}}"
        return person.run(f"print(asked({posted}))")

    assert "elsewhere is not lent" in answered()
    assert lender.ask(f"codeact/api/lent/{walled.kernel}", method="DELETE").status == 200
    assert "taken back" in answered()
    person.begin("import os; os._exit(1)")
    person.until(lambda: "restarting" in states(), "restarting")  # it hears until it is gone
    person.hears()
    assert "taken back" in answered()
    assert not model.requests
