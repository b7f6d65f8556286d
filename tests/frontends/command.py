"""The real command `codeact` in a process of its own, with a home directory of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from codeact_jupyter.engine.events import Event
from tests.canary import KEY
from tests.engine.heard import from_wire
from tests.loopback import LoopbackModel, ScriptedTurn, Text, ToolUse

SECONDS = 90.0
CODEACT = str(Path(sysconfig.get_path("scripts")) / "codeact")
NOTHING_LISTENS = "http://127.0.0.1:9"

Finished = subprocess.CompletedProcess[str]


def act(code: str, thought: str = "I run this.") -> ScriptedTurn:
    """The model asks for this action."""
    said = [Text(thought)] if thought else []
    return ScriptedTurn([*said, ToolUse("python", {"code": code})])


def say(text: str = "Done.") -> ScriptedTurn:
    """The model answers."""
    return ScriptedTurn([Text(text)])


def environment(home: Path, model: LoopbackModel | None = None, **more: str) -> dict[str, str]:
    """The variables of a person with nothing set but what is given here."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ANTHROPIC_", "CODEACT_", "XDG_", "PYTEST_", "COV_"))
    }
    kept |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "COLUMNS": "100"}
    kept |= {
        "PYTHONWARNINGS": "default",
        "MPLCONFIGDIR": str(home / "mpl"),
        "TERM": "xterm-256color",
    }
    if model is not None:
        kept |= {"ANTHROPIC_BASE_URL": model.url, "ANTHROPIC_API_KEY": KEY}
        kept |= {"CODEACT_PROFILE": "claude"}
    return {**kept, **more}


def codeact(*arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> Finished:
    """Run the command to its end, without a terminal."""
    return subprocess.run(
        [CODEACT, *map(str, arguments)],
        cwd=cwd,
        env=environment(cwd) if env is None else env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def start(*arguments: str | Path, cwd: Path, env: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start the command; it is in a process group of its own."""
    return subprocess.Popen(
        [CODEACT, *map(str, arguments)],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def events_of(finished: Finished) -> list[Event]:
    """The events that `--json` printed, each line read back."""
    return [from_wire(json.loads(line)) for line in finished.stdout.splitlines()]


def one_line(finished: Finished, *, code: int = 2) -> str:
    """The error of a command that could not do its task: one line, no traceback."""
    assert finished.returncode == code, finished
    assert "Traceback" not in finished.stderr
    (line,) = finished.stderr.strip().splitlines()
    return line


def told(request: Mapping[str, Any]) -> str:
    """The last message that the model was sent, as text."""
    return json.dumps(request["messages"][-1]["content"], ensure_ascii=False)


TOY_KERNEL = """
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class Toy(Kernel):
    implementation, implementation_version = "toy", "1"
    language_info = {"name": "toy", "mimetype": "text/plain", "file_extension": ".toy"}
    banner = "A kernel that is not Python"

    async def do_execute(self, code, silent, *args, **kwargs):
        return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}


IPKernelApp.launch_instance(kernel_class=Toy)
"""


def install_toy_kernel(folder: Path) -> dict[str, str]:
    """A kernel `toy` whose language is not Python; returns the variables that make it known."""
    place = folder / "kernels" / "toy"
    place.mkdir(parents=True)
    script = folder / "toy.py"
    script.write_text(TOY_KERNEL, "utf-8")
    argv = [sys.executable, str(script), "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Toy", "language": "toy"}
    (place / "kernel.json").write_text(json.dumps(spec), "utf-8")
    return {"JUPYTER_PATH": str(folder)}
