"""What effects_of promises: aliases, names, paths, lines, words, and never raising."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codeact_jupyter.engine.environment import Namespace
from codeact_jupyter.engine.trajectory import Action
from codeact_jupyter.safety.effects import Effect, effects_of
from codeact_jupyter.safety.gate import Gate

WORKSPACE = Path("/srv/data")


def nothing_exists(path: Path) -> bool:
    return False


def kinds(code: str, **options: object) -> list[str]:
    found = effects_of(code, workspace=WORKSPACE, exists=nothing_exists, **options)  # type: ignore[arg-type]
    return [effect.kind for effect in found]


@pytest.mark.parametrize(
    "code",
    [
        "import os as o\no.remove('x')",
        "from os import remove as r\nr('x')",
        "from os import remove\nremove('x')",
        "from os import *\nremove('x')",
        "import sys\nsys.modules['os'].remove('x')",
        "__import__('os').remove('x')",
        "import importlib\nimportlib.import_module('os').remove('x')",
        "getattr(os, 'remove')('x')",
        "vars(os)['remove']('x')",
        "os.__dict__['remove']('x')",
        "f = os.remove\nf('x')",
        "import os\nf = g = os.remove\ng('x')",
        "a, b = print, os.remove\nb('x')",
        "o = os\no.remove('x')",
        "(f := os.remove)('x')",
        "f = os.remove if fast else os.unlink\nf('x')",
        "def g():\n    f('x')\nf = os.remove\ng()",
        "def g():\n    f = os.remove\n    f('x')",
        "import posix\nposix.remove('x')",
        "globals()['os'].remove('x')",
        "for f in [os.remove]:\n    f('x')",
        "import pathlib as p\nq = p.Path('x')\nq.unlink()",
        "from pathlib import Path as P\nP('x').unlink()",
    ],
)  # fmt: skip
def test_an_alias_is_followed(code: str) -> None:
    assert "delete" in kinds(code)


@pytest.mark.parametrize(
    ("bindings", "code", "kind"),
    [
        ({"rm": "os.remove"}, "rm('x')", "delete"),
        ({"rm": "posix.remove"}, "rm('x')", "delete"),
        ({"sp": "subprocess"}, "sp.run(['ls'])", "process"),
        ({"P": "pathlib.Path"}, "P('/etc/passwd').read_text()", "read-outside"),
        ({"P": "pathlib._local.Path"}, "P('/etc/passwd').read_text()", "read-outside"),
        ({"fetch": "requests.api.get"}, "fetch(url)", "network"),
        ({"s": "requests.sessions.Session()"}, "s.get(url)", "network"),
        ({"ip": "get_ipython()"}, "ip.system('ls')", "process"),
    ],
)
def test_a_name_bound_in_an_earlier_cell_is_followed(
    bindings: dict[str, str], code: str, kind: str
) -> None:
    assert kinds(code, bindings=bindings) == [kind]


@pytest.mark.parametrize(
    ("bindings", "code"),
    [
        ({"requests": "pandas.core.frame.DataFrame()"}, "requests.head()"),
        ({"os": "mine.operating_system"}, "os.remove('x')"),
        ({"reset": "mine.counter", "f": "mine.factor"}, "reset -f"),
        ({}, "os = Model()\nos.remove('x')"),
        ({}, "f = os.remove\nf = print\nf('x')"),
        ({}, "def g(os):\n    os.remove('x')"),
        ({}, "[os.remove(1) for os in models]"),
        ({}, "with manager() as os:\n    os.remove('x')"),
    ],
)
def test_a_name_that_means_something_else_does_not_ask(bindings: dict[str, str], code: str) -> None:
    assert kinds(code, bindings=bindings) == []


@pytest.mark.parametrize(
    "code",
    [
        "df = 1",
        "df += 1",
        "df: object = 1",
        "a, df = 1, 2",
        "[a, *df] = [1, 2]",
        "a = df = 1",
        "for df in frames:\n    pass",
        "with open('x') as df:\n    pass",
        "with manager() as (a, df):\n    pass",
        "import x as df",
        "from x import df",
        "import df.sub",
        "def df():\n    pass",
        "async def df():\n    pass",
        "class df:\n    pass",
        "if (df := 1):\n    pass",
        "[(df := x) for x in xs]",
        "try:\n    f()\nexcept E as df:\n    pass",
        "match x:\n    case df:\n        pass",
        "match x:\n    case [*df]:\n        pass",
        "match x:\n    case {**df}:\n        pass",
        "def f():\n    global df\n    df = 1",
        "def f():\n    def g():\n        global df\n        df = 1",
        "del df",
        "del a, df",
        "%time df = 1",
        "%%time\ndf = 1",
        "%%capture df\nx = 1",
        "%xdel df",
        "df = !ls",
        "exec('df = 1')",
        "globals()['df'] = 1",
        "del globals()['df']",
        "get_ipython().user_ns['df'] = 1",
        "if a:\n    while b:\n        df = 1",
    ],
)  # fmt: skip
def test_rebinding_a_name_the_person_made_asks(code: str) -> None:
    assert "overwrite-name" in kinds(code, protected=frozenset({"df"}))


@pytest.mark.parametrize(
    "code",
    [
        "df2 = df",
        "df['a'] = 1",
        "df.a = 1",
        "df: object",
        "[df for df in frames]",
        "{df: 1 for df in frames}",
        "lambda df: df",
        "f(df=1)",
        "def f(df):\n    df = df.dropna()\n    return df",
        "def f():\n    df = 1",
        "class A:\n    df = 1",
        "%timeit df = 1",
        "%%timeit\ndf = 1",
        "exec('df = 1', {})",
        "import numpy as np",
    ],
)
def test_using_a_name_the_person_made_does_not_ask(code: str) -> None:
    protected, bindings = frozenset({"df", "np"}), {"np": "numpy"}
    assert kinds(code, protected=protected, bindings=bindings) == []


def test_importing_something_else_under_an_imported_name_asks() -> None:
    protected, bindings = frozenset({"np"}), {"np": "numpy"}
    assert kinds("import cupy as np", protected=protected, bindings=bindings) == ["overwrite-name"]


def test_a_sibling_whose_name_begins_alike_is_outside() -> None:
    assert kinds("open('/srv/data-secret/x')") == ["read-outside"]
    assert kinds("open('../data-secret/x')") == ["read-outside"]
    assert kinds("open('../data/x')") == []
    assert kinds("open('/srv/data/x')") == []


def test_a_relative_path_begins_where_the_code_is_and_the_folder_stays_the_persons() -> None:
    outside, inside = Path("/srv"), WORKSPACE / "sub"
    assert kinds("open('x')", directory=outside) == ["read-outside"]
    assert kinds("df.to_csv('x.csv')", directory=outside) == ["write-outside"]
    assert kinds("df.to_csv('data/x.csv')", directory=outside) == []
    assert kinds("df.to_csv('/srv/data/x.csv')", directory=outside) == []
    assert kinds("df.to_csv('../x.csv')", directory=inside) == []
    assert kinds("df.to_csv('../../x.csv')", directory=inside) == ["write-outside"]
    assert kinds("df.to_csv(Path.cwd() / 'x.csv')", directory=outside) == ["write-outside"]


@pytest.mark.parametrize(
    "move",
    ["os.chdir('..')", "%cd ..", "%cd", "cd = os.chdir\ncd('/')", "os.chdir(Path.cwd().parent)"],
)
def test_a_move_is_followed_and_asks_only_for_what_comes_after_it(move: str) -> None:
    assert kinds(move) == []
    assert kinds(f"df.to_csv('before.csv')\n{move}") == []
    assert kinds(f"{move}\ndf.to_csv('after.csv')") == ["write-outside"]


def test_the_gate_judges_from_the_directory_of_the_namespace() -> None:
    action = Action("df.to_csv('x.csv')", "r-1-action")
    gate = Gate("risky")
    assert gate.assess(action, Namespace(workspace="/srv/data")).decision == "allow"
    moved = Namespace(workspace="/srv/data", directory="/srv")
    assert gate.assess(action, moved).decision == "deny"


@pytest.fixture
def elsewhere_is_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert tmp_path.exists()  # pytest made it where temporary files really are
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere/temporary")


@pytest.mark.usefixtures("elsewhere_is_temporary")
def test_a_link_that_leads_out_is_outside(tmp_path: Path) -> None:
    workspace, secret = tmp_path / "work", tmp_path / "secret"
    workspace.mkdir()
    secret.mkdir()
    (workspace / "link").symlink_to(secret)
    (workspace / "loop").symlink_to(workspace / "loop")

    def found(code: str) -> list[str]:
        return [effect.kind for effect in effects_of(code, workspace=workspace)]

    assert found("open('link/x')") == ["read-outside"]
    assert found("open('link/x', 'w')") == ["write-outside"]
    assert found("open('link/../x', 'w')") == ["write-outside"]
    assert found("open('work/x', 'w')") == []
    effects_of("open('loop/x')", workspace=workspace)


@pytest.mark.usefixtures("elsewhere_is_temporary")
def test_a_workspace_reached_through_a_link_is_itself(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "work")
    code = f"open({str(tmp_path / 'work' / 'x')!r}, 'w')"
    assert effects_of(code, workspace=tmp_path / "link") == ()


def test_the_temporary_folder_may_be_written() -> None:
    path = Path(tempfile.gettempdir()) / "x.csv"
    assert kinds(f"df.to_csv({str(path)!r})") == []


@pytest.mark.usefixtures("elsewhere_is_temporary")
def test_existing_files_are_asked_for_and_new_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a")
    (tmp_path / "folder").mkdir()

    def found(code: str) -> list[str]:
        return [effect.kind for effect in effects_of(code, workspace=tmp_path)]

    assert found("df.to_csv('data.csv')") == ["overwrite-file"]
    assert found("df.to_csv('other.csv')") == []
    assert found("shutil.copy('other.csv', 'folder')") == []
    assert found("shutil.copy('folder/data.csv', '.')") == ["overwrite-file"]


def test_the_words_are_for_a_person() -> None:
    code = "\nos.remove('data.csv')\n!rm -rf x\ndf = 1\ndel df\npd.read_csv('https://a.org/x')"
    found = effects_of(code, workspace=WORKSPACE, protected=frozenset({"df"}))
    assert found == (
        Effect("delete", "deletes files: os.remove('data.csv')", 2),
        Effect("process", "runs a shell command: rm -rf x", 3),
        Effect("overwrite-name", "overwrites your variable df", 4),
        Effect("overwrite-name", "deletes your variable df", 5),
        Effect("network", "uses the network: https://a.org/x", 6),
    )


def test_an_alias_is_told_with_its_real_name() -> None:
    (effect,) = effects_of("from os import remove as r\nr('x')", workspace=WORKSPACE)
    assert effect.detail == "deletes files: r('x') (this is os.remove)"


def test_a_password_in_an_address_is_not_repeated() -> None:
    code = "create_engine('postgresql://me:hunter2@host/db')"
    (effect,) = effects_of(code, workspace=WORKSPACE)
    assert effect.detail == "uses the network: postgresql://host/db"


def test_lines_inside_a_cell_magic_are_lines_of_the_cell() -> None:
    code = "\n\n%%time\nx = 1\n\nos.remove('x')\ndef f():\n    os.unlink('y')"
    found = effects_of(code, workspace=WORKSPACE)
    assert [effect.line for effect in found] == [6, 8]


def test_the_same_effect_on_one_line_is_told_once_and_lines_are_in_order() -> None:
    code = "def f():\n    os.remove('x')\nos.remove('y'); os.remove('y')\nos.unlink('z')"
    found = effects_of(code, workspace=WORKSPACE)
    assert [effect.line for effect in found] == [2, 3, 4]


@pytest.mark.parametrize("code", ["def f(:", "x = '", "\0", "(" * 500, "-" * 20_000 + "1", "%"])
def test_code_that_cannot_be_read_is_one_dynamic_effect(code: str) -> None:
    assert kinds(code) == ["dynamic"]


FRAGMENTS = st.sampled_from(
    ["os", ".", "remove", "(", ")", "'x'", "\n", "    ", "%%time\n", "%", "!", "import ", "as ",
     "=", "f'{", "}'", "Path", "/", "'/etc'", "open", ",", "def f", ":", "lambda ", "for x in ",
     "[", "]", "del ", "get_ipython()", "exec", "*", "global x", "with ", "\\\n", "?", "\0", "eval",
     "'\\ud800'", "'" + "a/" * 3000 + "'", "getattr", "'w'", "environ", "{", "await "]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(), st.lists(FRAGMENTS, max_size=20).map("".join)))
def test_no_text_makes_it_raise(code: str) -> None:
    for effect in effects_of(code, workspace=WORKSPACE, protected=frozenset({"x", "os"})):
        assert effect.line >= 1
