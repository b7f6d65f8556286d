"""A planted key is searched for in all that a run of the command, or of a magic, leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

from tests.canary import content
from tests.loopback import LoopbackModel

from .command import act, codeact, environment, say
from .live import live

KEY = "sk-ant-canary-of-the-key-0123456789"
GATEWAYS = "canary-of-the-gateway-0123456789"
ENVIRON = {
    "ANTHROPIC_API_KEY": KEY,
    "ANTHROPIC_CUSTOM_HEADERS": f"X-Gateway: Bearer {GATEWAYS}",
    "ANTHROPIC_LOG": "debug",
}
# Without the words that are looked for, which would else be in what the model is told.
LOOKS = f"""
import os, subprocess, sys
needles = [{KEY[::-1]!r}[::-1], {GATEWAYS[::-1]!r}[::-1]]
places = [str(dict(os.environ))]
if sys.platform == "linux":
    places.append(open("/proc/self/environ").read())
    places.append(subprocess.run(["env"], capture_output=True, text=True).stdout)
print("found:", any(needle in place for needle in needles for place in places))
"""
# What a kernel can know all the same, being of the same user: what its parent was started with.
SHOWS = """
import os, sys
if sys.platform == "linux":
    print(open(f"/proc/{os.getppid()}/environ").read())
raise ValueError(os.environ.get("ANTHROPIC_API_KEY"))
"""


def holding(texts: dict[str, str]) -> list[str]:
    return [name for name, text in texts.items() if KEY in text or GATEWAYS in text]


def files_below(root: Path) -> dict[str, str]:
    paths = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path): content(path).decode("utf-8", "replace") for path in paths}


def test_a_run_of_the_command_leaves_no_key_anywhere(tmp_path: Path) -> None:
    turns = [act(LOOKS), act(SHOWS), say("It is done.")]
    with LoopbackModel(turns) as model:
        own = {"JUPYTER_DATA_DIR": str(tmp_path / "data")}
        env = environment(tmp_path, model, **own, **ENVIRON)
        ran = codeact("run", "look around", "--approve", "never", cwd=tmp_path, env=env)
        exported = codeact("export", "codeact.ipynb", "--to", "html", cwd=tmp_path, env=env)
    assert ran.returncode == exported.returncode == 0, (ran, exported)
    assert all(KEY in str(headers) and GATEWAYS in str(headers) for headers in model.headers)
    seen = {"what it printed": ran.stdout, "what it logged": ran.stderr}
    seen |= {"what the model was sent": json.dumps(model.requests, default=str)}
    files = files_below(tmp_path)
    assert {"codeact.ipynb", "codeact.html"} <= {Path(name).name for name in files}
    assert any(name.endswith("journal.sqlite3") for name in files), "the journal is among them"
    assert "found: False" in files[str(tmp_path / "codeact.ipynb")]
    assert "DEBUG" in ran.stderr
    assert holding(seen | files) == []


def test_a_run_of_the_magic_leaves_no_key_anywhere(tmp_path: Path) -> None:
    own = {"HOME": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    shows = "print(dict(os.environ))\n!env\nraise ValueError(os.environ['ANTHROPIC_API_KEY'])"
    turns = [act(f"import os\n{shows}"), say("It is done.")]
    with LoopbackModel(turns) as model, live(model, str(tmp_path), **own, **ENVIRON) as kernel:
        ran = kernel.run("%%codeact --approve never\nlook around")
        kernel.run("%codeact export story.html")
    assert all(KEY in str(headers) and GATEWAYS in str(headers) for headers in model.headers)
    assert not ran.failed and "ValueError" in str(ran.outputs)
    seen = {"what it showed": str(ran.outputs)}
    seen |= {"what the model was sent": json.dumps(model.requests, default=str)}
    files = files_below(tmp_path)
    assert any(name.endswith("journal.sqlite3") for name in files), "the journal is among them"
    assert holding(seen | files) == []
