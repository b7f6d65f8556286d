"""A real Jupyter Server with the extension and real kernels, spoken to as from a browser."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
import websocket

from tests.frontends.live import SECONDS, with_model
from tests.loopback import LoopbackModel
from tests.ports import free_port

from .front_ends import Follower, Page, Person, PersonsPage

TOKEN = "token-canary-of-the-server"
AS_A_TAB = {"Sec_Fetch_Dest": "document", "Sec_Fetch_Mode": "navigate"}
CONFIG = re.compile(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', re.DOTALL)
OTHERS = (
    *("jupyter_lsp", "jupyter_server_terminals", "notebook_shim", "notebook"),
    *("jupyter_server_fileid", "jupyter_server_ydoc"),
)
Json = dict[str, Any]


@dataclass(frozen=True)
class Response:
    """What a route answered."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class LiveServer:
    """A server in a process of its own, below `root`."""

    def __init__(
        self,
        model: LoopbackModel,
        root: Path,
        *,
        base_url: str = "/",
        config: Json | None = None,
        flags: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
        files: Path | None = None,
        within: Path | None = None,
    ) -> None:
        """`files` is the folder of the notebooks, where another server had them before; `within`
        is the one that it is started in."""
        self.files = files or root / "files"
        root.mkdir(parents=True, exist_ok=True)
        self.files.mkdir(exist_ok=True)
        self.log_file = root / "server.log"
        self.port = free_port()
        self.base_url = base_url
        self.data = root / "data"
        kinds = ("CONFIG", "DATA", "RUNTIME")
        own = {f"JUPYTER_{kind}_DIR": str(root / kind.lower()) for kind in kinds}
        (root / "config").mkdir()
        extensions = {**dict.fromkeys(OTHERS, False), "codeact_jupyter": True}
        written = {
            "ServerApp": {"jpserver_extensions": extensions},
            "FileContentsManager": {"delete_to_trash": False},  # nothing of ours is in the person's
            **(config or {}),
        }
        (root / "config" / "jupyter_server_config.json").write_text(json.dumps(written))
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"]
        command += [f"--port={self.port}", f"--ServerApp.root_dir={self.files}"]
        command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.base_url={base_url}"]
        variables = {**os.environ, **with_model(model), **own, **(environ or {})}
        variables.pop("PYTEST_CURRENT_TEST", None)  # in tests of its own, ipykernel leaves fd 1 be
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *flags], env=variables, stdout=log, stderr=subprocess.STDOUT, cwd=within
            )
        self._wait_until_up()

    @property
    def log(self) -> str:
        """All that the server and its kernels wrote."""
        return self.log_file.read_text("utf-8", "replace")

    def url(self, path: str, scheme: str = "http") -> str:
        """The address of a path below the base URL."""
        return f"{scheme}://127.0.0.1:{self.port}{self.base_url}{path}"

    def ask(
        self,
        path: str,
        body: Any = None,
        *,
        method: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """One request, by default as the person who has the token."""
        given = {"Authorization": f"token {TOKEN}"} if headers is None else headers
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url(path),
            data=data,
            headers=dict(given),
            method=method or ("GET" if body is None else "POST"),
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return Response(answer.status, answer.read().decode(), dict(answer.headers))
        except urllib.error.HTTPError as refused:
            with refused:
                return Response(refused.code, refused.read().decode(), dict(refused.headers))

    def api(self, route: str, body: Any = None) -> Response:
        """A request to one of our routes."""
        return self.ask(f"codeact/api/{route}", body)

    @cached_property
    def person(self) -> PersonsPage:
        """The page that answers for the person."""
        return PersonsPage(self, self.page(**AS_A_TAB))

    def page(self, path: str = "lab", **headers: str) -> Page:
        """JupyterLab's page, as a browser that sends these headers too is given it."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.ask(path, headers={"Authorization": f"token {TOKEN}", **told})
        found = CONFIG.search(answer.text)
        assert found, answer.text
        return Page(json.loads(found[1]), answer.headers)

    def socket(self, path: str, **options: Any) -> websocket.WebSocket:
        """An open WebSocket, by default as the person who has the token."""
        options.setdefault("header", [f"Authorization: token {TOKEN}"])
        return websocket.create_connection(self.url(path, "ws"), timeout=SECONDS, **options)

    def close(self) -> None:
        """End the server and its kernels, as a signal from the person does."""
        self.process.terminate()
        try:
            self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.ask("api")
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not come up: {self.log[-3000:]}")


class LiveNotebook:
    """A notebook that is open in a kernel of the server, and the person who works in it."""

    def __init__(self, server: LiveServer, path: str, *cells: Json, kernel: Any = None) -> None:
        self.server, self.path = server, path
        if not (server.files / path).exists():
            nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), server.files / path)
        wanted = kernel or {"name": "python3"}
        session = server.ask(
            "api/sessions", {"path": path, "name": path, "type": "notebook", "kernel": wanted}
        )
        assert session.status == 201, session.text
        self.session: Json = session.json
        self.kernel: str = self.session["kernel"]["id"]
        self._person: Person | None = None

    @property
    def person(self) -> Person:
        """The person's own connection to the kernel."""
        if self._person is None:
            self._person = Person(self.server, self.kernel)
        return self._person

    def order(self, task: str, **more: Any) -> Response:
        """Send a task, as the panel does."""
        options = more.pop("options", {"approve": "never"})
        fields = {"path": self.path, "kernel": self.kernel, "task": task, "options": options}
        return self.server.api("runs", {**fields, **more})

    def start(self, task: str, **more: Any) -> str:
        """Send a task that begins at once; gives the id of its run."""
        response = self.order(task, **more)
        assert response.status == 201, response.text
        run: str = response.json["run"]
        assert run, f"it was queued: {response.text}"
        return run

    def tell(self, run: str, action: str, body: Any = None) -> Response:
        """A word to a run that goes on; on code that asks, by the page of the person's."""
        if action == "approval":
            return self.server.person.decide(run, body or {})
        return self.server.api(f"runs/{run}/{action}", body or {})

    def follow(self, seen: Mapping[str, int] | None = None) -> Follower:
        """Look at the runs of this notebook, as a tab does."""
        return Follower(self, seen or {})

    def read(self) -> Any:
        """The notebook's file; the server writes it in place, so it may be half there."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return nbformat.read(self.server.files / self.path, as_version=4)
            except nbformat.reader.NotJSONError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def parts(self) -> Json:
        """What a front end sends along with a task: the cells of runs, and the metadata."""
        notebook = self.read()
        cells = [dict(cell) for cell in notebook.cells]
        return {"cells": cells, "metadata": notebook.metadata.get("codeact", {})}

    def leave(self) -> None:
        """Close the person's tab; the kernel goes on."""
        if self._person is not None:
            self._person.close()

    def close(self) -> None:
        """Close the tab, and shut the kernel down."""
        self.leave()
        self.server.ask(f"api/sessions/{self.session['id']}", method="DELETE")


@contextmanager
def serving(model: LoopbackModel, root: Path, **options: Any) -> Iterator[LiveServer]:
    """A server, from its start to its end."""
    server = LiveServer(model, root, **options)
    try:
        yield server
    finally:
        server.close()
