"""Endpoint, model, approvals and limits are the person's: no notebook or folder chooses them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from codeact_jupyter.settings import Settings, load_settings
from tests.hostile_folder import ELSEWHERE, GROUPS, SOURCES, write_hostile, write_one
from tests.loopback import LoopbackModel

from .command import act, codeact, environment, say
from .live import LiveKernel, ScriptedModel

# The variables by which a notebook's cell would choose.
SET = {
    group: {f"CODEACT_{name.upper()}": value for name, value in values.items()}
    for group, values in GROUPS.items()
}
CASES = [(group, name, value) for group, given in SET.items() for name, value in given.items()]
ASKS = "from codeact_jupyter.frontends.trusted import trusted_sources\ntrusted_sources()"


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("group", GROUPS)
def test_no_file_of_the_working_directory_chooses_it(
    group: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_one(tmp_path / "work", source, SOURCES[source](GROUPS[group]))
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    assert load_settings(environ={}) == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for _, name, value in CASES),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
        ("HTTPS_PROXY", "http://127.0.0.1:9"),
    ],
)
def test_no_cell_of_a_notebook_chooses_it(
    name: str, value: str, kernel: LiveKernel, model: ScriptedModel
) -> None:
    before = kernel.run(
        f"import os; was = os.environ.get({name!r}); os.environ[{name!r}] = {value!r}"
    )
    assert not before.failed
    ran = kernel.run("%%codeact\nsay hello")
    kernel.run(f"os.environ.pop({name!r}); os.environ.update({{{name!r}: was}} if was else {{}})")
    assert ran.failed and f"the variable {name} was changed in this kernel" in str(ran.outputs)
    assert not model.requests


@pytest.mark.parametrize(("group", "name", "value"), CASES)
def test_no_env_file_that_an_editor_read_into_the_kernel_chooses_it(
    group: str, name: str, value: str, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(SOURCES[".env"](GROUPS[group]))
    (tmp_path / "deeper").mkdir()
    ran = asked_for_settings(tmp_path / "deeper", tmp_path / "home", {name: value})
    assert f"the variable {name} decides" in ran.stderr
    assert str(tmp_path / ".env") in ran.stderr


def test_what_the_person_set_themselves_counts(tmp_path: Path) -> None:
    given = {"CODEACT_APPROVE": "ask", "PWD": os.sep}
    assert asked_for_settings(Path(os.sep), tmp_path, given).returncode == 0


def asked_for_settings(
    folder: Path, home: Path, given: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """A process that asks where its settings may come from, started in a folder with variables."""
    return subprocess.run(
        [sys.executable, "-c", ASKS],
        cwd=folder,
        env=environment(home, **given),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_chooses_nothing_by_the_folder_it_works_in(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    write_hostile(work)
    with LoopbackModel([act("import os\nos.remove('AGENTS.md')"), act("print(1)"), say()]) as model:
        env = environment(tmp_path, model)
        ran = codeact("run", (work / "AGENTS.md").read_text(), "--json", cwd=work, env=env)
        assert ran.returncode == 0, ran
        written = nbformat.read(work / "codeact.ipynb", as_version=4)
    assert [request["model"] for request in model.requests] == ["claude-opus-5-5"] * 3
    assert (work / "AGENTS.md").exists(), "nobody could be asked, so it was refused"
    assert ELSEWHERE not in json.dumps(written.metadata)
    assert written.metadata["kernelspec"]["name"] == "python3"
