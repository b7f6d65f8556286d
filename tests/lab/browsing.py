"""A real JupyterLab on loopback and a headless browser; nothing of the person's own is touched."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import nbformat
from playwright.sync_api import sync_playwright

from tests.ports import free_port

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STARTED = 120.0  # seconds; a server shares two cores with others
SIZE = {"width": 1400, "height": 900}
NAME = "codeact-jupyter-labextension"
COLLABORATION = ("@jupyter/collaboration-extension", "@jupyter/docprovider-extension")
BUILT = Path(__file__).parents[2] / "codeact_jupyter" / "labextension"
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "chromium"
)


def is_shown_here() -> bool:
    """Whether there are a browser and the built labextension."""
    return (BUILT / "package.json").exists() and Path(CHROMIUM).exists()


@contextlib.contextmanager
def a_browser() -> Iterator[Any]:
    """A headless browser."""
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


class Lab(NamedTuple):
    """A running JupyterLab."""

    address: str
    notebooks: Path
    process: subprocess.Popen[bytes]

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a terminal of the same person."""
        return _environment(self.notebooks.parent / "home", "")


@contextlib.contextmanager
def running_lab(
    root: Path,
    *,
    model: str = "demo",
    environ: Mapping[str, str] | None = None,
    collaborative: bool = False,
    port: int = 0,
) -> Iterator[Lab]:
    """JupyterLab in this folder, with settings of its own; at this port, where another one was.

    `environ` holds what else its environment has, such as where its model is. With `collaborative`
    its clients share their documents.
    """
    home = root / "home"
    linked = home / "share" / "labextensions" / NAME
    if not home.exists():
        linked.parent.mkdir(parents=True)
        linked.symlink_to(BUILT, target_is_directory=True)
        _configure(home / "config", collaborative)
    notebooks = root / "notebooks"
    notebooks.mkdir(exist_ok=True)
    port = port or free_port()
    settings = {
        "ServerApp.port": port,
        "ServerApp.root_dir": notebooks,
        "SQLiteYStore.db_path": root / "ystore.db",
    }
    flags = [f"--{name}={value}" for name, value in settings.items()]
    lab = ["--no-browser", "--allow-root", "--IdentityProvider.token="]
    shown = [f"--{app}.expose_app_in_browser=True" for app in ("LabApp", "JupyterNotebookApp")]
    with (root / "lab.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *lab, *shown, *flags],
            env={**_environment(home, model), **(environ or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api", root / "lab.log")
            yield Lab(address, notebooks, process)
        finally:
            _end(process)


@contextlib.contextmanager
def watched_address() -> Iterator[tuple[str, list[str]]]:
    """An address on loopback, and the paths that were asked of it."""
    asked: list[str] = []

    class Watching(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        do_POST = do_HEAD = do_OPTIONS = do_GET

        def log_message(self, *_: Any) -> None:
            """Say nothing: what was asked is in the list."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Watching)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/leak", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write_notebook(path: Path, *codes: str, kernel: str = "python3") -> None:
    """A notebook with these code cells, for the kernel of this environment or another."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel}
    notebook.cells = [nbformat.v4.new_code_cell(code) for code in codes]
    nbformat.write(notebook, path)


def _environment(home: Path, model: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
    own = {"HOME": home, "JUPYTER_PATH": home / "share", "JUPYTER_CONFIG_DIR": home / "config"}
    return {**kept, **{name: str(value) for name, value in own.items()}, "CODEACT_MODEL": model}


def _configure(folder: Path, collaborative: bool) -> None:
    """Ask for no news, load the server extension, and collaborate only where a test wants it."""
    quiet = folder / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    (quiet / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')
    extensions = {"codeact_jupyter": True, "jupyter_server_ydoc": collaborative}
    server = {"ServerApp": {"jpserver_extensions": extensions}}
    (folder / "jupyter_server_config.json").write_text(json.dumps(server))
    (folder / "labconfig").mkdir()
    page = {"disabledExtensions": dict.fromkeys(COLLABORATION, not collaborative)}
    (folder / "labconfig" / "page_config.json").write_text(json.dumps(page))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server; Jupyter Server never ends when a file is being read for a page meanwhile."""
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + STARTED
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=STARTED) as answer:
            answer.read()
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
