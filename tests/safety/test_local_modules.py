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


@pytest.mark.parametrize(
    "code",
    [
        "__import__('loud')",
        "import importlib\nimportlib.import_module('loud')",
        "from importlib import import_module as load\nload('loud')",
        "import importlib\nimportlib.import_module(name='loud')",
    ],
)
def test_a_call_that_imports_is_read_as_an_import(code: str, folder: Path) -> None:
    assert kinds(code, folder) == ["process"]
    assert kinds(f"{code}.x()", folder) == ["process"]


def test_a_function_of_what_a_call_imported_is_read(folder: Path) -> None:
    assert kinds("__import__('tidy').sweep()", folder) == ["delete"]


def test_reloading_runs_a_file_again(folder: Path) -> None:
    bindings = {"loud": "loud", "importlib": "importlib"}
    assert kinds("importlib.reload(loud)", folder, bindings=bindings) == ["process"]
    assert kinds("import loud, importlib\nimportlib.reload(loud)", folder) == ["process"]
    assert kinds("importlib.reload(tidy)", folder) == []


def test_a_package_around_a_module_is_run_too(folder: Path) -> None:
    (folder / "pack").mkdir()
    (folder / "pack" / "__init__.py").write_text("import os\nos.system('ls')\n")
    (folder / "pack" / "quiet.py").write_text("x = 1\n")
    assert kinds("import pack.quiet", folder) == ["process"]
    assert kinds("from pack import quiet", folder) == ["process"]


@pytest.fixture
def package(folder: Path) -> Path:
    pack = folder / "pack"
    (pack / "deep").mkdir(parents=True)
    (pack / "__init__.py").write_text("from .tools import sweep as clean\n")
    (pack / "tools.py").write_text(
        "import os\nfrom .deep import *\ndef sweep():\n    os.remove('x')\n"
    )
    (pack / "deep" / "__init__.py").write_text("from ..far import wipe\n")
    (pack / "far.py").write_text("def wipe():\n    os.rmdir('x')\ndef turn():\n    wipe()\n")
    (pack / "starting.py").write_text("from . import noisy\n")
    (pack / "noisy.py").write_text("import os\nos.system('ls')\n")
    return folder


@pytest.mark.parametrize(
    "code",
    [
        "from pack import clean\nclean()",
        "import pack\npack.clean()",
        "from pack.deep import wipe\nwipe()",
        "from pack.tools import wipe\nwipe()",
        "from pack.far import turn\nturn()",
    ],
)
def test_a_function_that_a_package_passes_on_is_read(code: str, package: Path) -> None:
    assert kinds(code, package) == ["delete"]


def test_what_a_package_imports_relatively_runs(package: Path) -> None:
    assert kinds("import pack.starting", package) == ["process"]
    assert kinds("import pack", package) == kinds("from pack import clean", package) == []


def test_packages_that_import_from_each_other_are_read_to_an_end(folder: Path) -> None:
    (folder / "one.py").write_text("from two import *\n")
    (folder / "two.py").write_text("from one import *\n")
    assert kinds("from one import missing\nmissing()", folder) == []


@pytest.mark.parametrize(
    "code",
    [
        "Path('helper.py').write_text(text)\nimport helper",
        "with open('helper.py', 'w') as f:\n    f.write(text)\nfrom helper import *",
        "def make():\n    open('helper.py', 'w').write(text)\nmake()\nimport helper",
        "open('helper/__init__.py', 'a').write(text)\nfrom helper.part import go",
        "os.chdir('src')\nos.chdir('..')\nopen('helper.py', 'w')\nimport helper",
        "open('tidy.py', 'a').write(text)\n__import__('tidy')",
        "open('tidy.py', 'a').write(text)\nimportlib.reload(tidy)",
        "open('helper.cpython-312-x86_64-linux-gnu.so', 'wb').write(data)\nimport helper",
    ],
)
def test_a_module_that_the_same_code_writes_asks(code: str, folder: Path) -> None:
    known = {"importlib": "importlib", "tidy": "tidy"} if "reload" in code else {}
    assert kinds(code, folder, bindings=known) == ["dynamic"]


@pytest.mark.parametrize(
    "code",
    [
        "open('helper.csv', 'w').write(text)\nimport helper",
        "open('out.py', 'w').write(text)\nimport helper",
        "open('out/helper.py', 'w').write(text)\nimport helper",
    ],
)
def test_another_file_that_the_code_writes_does_not_ask(code: str, folder: Path) -> None:
    assert kinds(code, folder) == []


@pytest.mark.parametrize("file", ["native.cpython-312-x86_64-linux-gnu.so", "native.pyc"])
def test_a_compiled_module_of_the_persons_asks(file: str, folder: Path) -> None:
    (folder / file).write_bytes(b"")
    assert kinds("import native", folder) == ["dynamic"]
    assert kinds("from native import x", folder) == ["dynamic"]
    assert kinds("import natives", folder) == []


def test_modules_of_an_archive_ask(folder: Path) -> None:
    (folder / "bundle").write_bytes(b"PK")
    assert kinds("sys.path.insert(0, 'lib.zip')\nimport payload", folder) == ["dynamic"]
    assert kinds("sys.path.append('bundle')\nimport payload", folder) == ["dynamic"]


def test_a_file_nested_too_deeply_to_be_parsed_asks(folder: Path) -> None:
    (folder / "deep.py").write_text("-" * 20_000 + "1")
    assert kinds("import deep", folder) == ["dynamic"]
