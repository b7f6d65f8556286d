"""`codeact lab` opens JupyterLab with the panel: in the person's notebook, or one to begin in."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from codeact_jupyter.errors import NotebookError
from codeact_jupyter.frontends.cli import run_command
from codeact_jupyter.frontends.lab import open_lab, welcome
from tests.ports import free_port

from .command import CODEACT


def page_of(url: str, lab: subprocess.Popen[str]) -> str:
    """The page, once the server is up."""
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and lab.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5) as page:
                return str(page.read().decode())
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("JupyterLab did not start")


@pytest.mark.skipif(sys.platform == "win32", reason="ends the server with a signal")
def test_it_starts_jupyterlab_with_the_panel_open(tmp_path: Path) -> None:
    port = free_port()
    options = ["--no-browser", "--allow-root", f"--port={port}", "--IdentityProvider.token=secret"]
    command = [CODEACT, "lab", *options]
    environ = {**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    with subprocess.Popen(
        command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True
    ) as lab:
        try:
            page = page_of(f"http://127.0.0.1:{port}/lab?token=secret", lab)
            assert re.search(r'"codeactPanel": *"open"', page)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/codeact/api/status", timeout=60)
            assert refused.value.code == 403
            refused.value.close()
        finally:
            lab.send_signal(signal.SIGTERM)
            lab.communicate(timeout=60)
    assert (tmp_path / "codeact-welcome.ipynb").exists()


def test_the_notebook_to_begin_in_is_made_once_and_does_what_it_says(tmp_path: Path) -> None:
    path = welcome(tmp_path / "codeact-welcome.ipynb")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=120).execute()
    assert "Revenue grew" in str(notebook.cells[-1].outputs)
    path.write_text("mine", "utf-8")
    assert welcome(path).read_text("utf-8") == "mine"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "no-folder").write_text("")
    path = tmp_path / "no-folder" / "codeact-welcome.ipynb"
    with pytest.raises(NotebookError, match=r"no-folder.*cannot be written.*name a notebook"):
        welcome(path)


def test_a_notebook_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotebookError, match=re.escape("no notebook 'nowhere.ipynb'")):
        open_lab(Path("nowhere.ipynb"))
    assert run_command(["lab", "nowhere.ipynb", "--no-browser"]) == 2
    assert "nowhere.ipynb" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{ no JSON", "[]", '{"cells": []}', "[" * 100_000])
def test_what_is_no_notebook_is_named_before_jupyterlab_starts(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.ipynb"
    path.write_text(text)
    assert run_command(["lab", str(path), "--no-browser"]) == 2
    assert "bad.ipynb' is not a notebook that can be read" in capsys.readouterr().err
    assert path.read_text() == text


def test_its_help_says_that_options_go_to_jupyterlab(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_command(["lab", "--help"])
    assert "Options go to JupyterLab" in capsys.readouterr().out
