"""`%codeact protect` and `approvals` in a live kernel, and `codeact approvals`."""

from pathlib import Path

import pytest

from codeact_jupyter.frontends.approvals import forget, listed, remembered
from codeact_jupyter.frontends.cli import run_command
from codeact_jupyter.safety.remembered import Entry
from tests.loopback.server import LoopbackModel

from .live import live

NOTEBOOK = "/home/me/a.ipynb"


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))


def test_the_command_lists_and_takes_back(capsys: pytest.CaptureFixture[str]) -> None:
    remembered().add(NOTEBOOK, "allowed", ["delete"])
    assert run_command(["approvals"]) == 0
    assert "delete           runs without a question" in capsys.readouterr().out
    assert run_command(["approvals", "--forget", "delete"]) == 0
    assert run_command(["approvals"]) == 0
    assert "Nothing is remembered" in capsys.readouterr().out
    assert run_command(["approvals", "--forget", "delete"]) == 2


def test_a_lock_is_kept_for_the_notebook_that_the_server_named(tmp_path: Path) -> None:
    environ = {"JPY_SESSION_NAME": NOTEBOOK, "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    with LoopbackModel() as model, live(model, **environ) as kernel:
        kernel.run("%load_ext codeact_jupyter\nimport os\ndf = 1")
        kernel.run(f"os.environ['JUPYTER_DATA_DIR'] = {str(tmp_path / 'forged')!r}")
        said = kernel.run("%codeact protect df")
        assert "Locked: df." in str(said)
        assert remembered().entries() == [Entry(NOTEBOOK, "locked", "df")]
        assert "is locked" in str(kernel.run("%codeact approvals"))
        assert kernel.run("%codeact approvals --forget").failed, "nothing is forgotten unnamed"
        kernel.run("%codeact unprotect df")
    assert listed(remembered().entries()).startswith("Nothing")
    with pytest.raises(Exception, match="'df'"):
        forget("df")
