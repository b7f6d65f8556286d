"""Files of the person's own: importing runs their top, calling a function its body."""

from pathlib import Path

import pytest

from codeact_jupyter.safety.effects import effects_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tidy.py").write_text(
        "import os, shutil\nROOT = 'old'\n\ndef sweep():\n    _inner()\n\n"
        "def _inner():\n    shutil.rmtree(ROOT)\n\ndef count(x):\n    return len(x)\n\n"
        "class Broom:\n    def sweep(self):\n        os.remove('x')\n"
    )
    (tmp_path / "loud.py").write_text("import os\nos.system('ls')\n")
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "hidden.py").write_text("import subprocess\nsubprocess.run('ls')\n")
    return tmp_path


def kinds(code: str, folder: Path, **known: object) -> list[str]:
    return [effect.kind for effect in effects_of(code, workspace=folder, **known)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "code",
    [
        "import tidy\ntidy.sweep()",
        "from tidy import sweep\nsweep()",
        "import tidy as t\nlist(map(t.sweep, x))",
        "from tidy import Broom\nBroom().sweep()",
    ],
)
def test_a_function_of_a_file_is_read_when_it_is_called(code: str, folder: Path) -> None:
    assert kinds(code, folder) == ["delete"]


def test_what_is_imported_and_not_called_does_not_ask(folder: Path) -> None:
    assert kinds("import tidy\ntidy.count([1])", folder) == []


def test_importing_runs_the_top_of_a_file(folder: Path) -> None:
    assert kinds("import loud", folder) == ["process"]
    (effect,) = effects_of("\nimport loud", workspace=folder)
    assert effect.detail == "runs a shell command: ls (inside import loud)"
    assert effect.line == 2


def test_a_file_that_is_in_the_namespace_already_is_not_run_again(folder: Path) -> None:
    assert kinds("import loud", folder, bindings={"loud": "loud"}) == []


def test_a_file_that_cannot_be_read_asks(folder: Path) -> None:
    assert kinds("import broken", folder) == ["dynamic"]


def test_a_folder_that_is_searched_is_read_in_this_cell_and_in_later_ones(folder: Path) -> None:
    assert kinds("import hidden", folder) == []
    assert kinds("sys.path.append('src')\nimport hidden", folder) == ["process"]
    assert kinds("import hidden", folder, folders=[str(folder / "src")]) == ["process"]
