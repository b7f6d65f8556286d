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
        "f = lambda x=(df := 1): x",
        "def f(x=(df := 1)):\n    return x",
        "class A(make(df := object)):\n    pass",
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
        "exec('df = 1', globals())",
        "exec('df = 1', {}, globals())",
        "exec('del df', globals())",
        "globals().__setitem__('df', 1)",
        "globals().__delitem__('df')",
        "globals().pop('df')",
        "import __main__\n__main__.df = 1",
        "import __main__\ndel __main__.df",
        "import __main__ as m\nm.df += 1",
        "import __main__ as m\nm.__dict__['df'] = 1",
        "setattr(__main__, 'df', 1)",
        "delattr(__main__, 'df')",
        "sys.modules['__main__'].df = 1",
        "locals().update(df=1)",
        "vars().update({'df': 1})",
        "globals().update(df=1)",
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
        "globals().pop('other', None)",
        "globals().update(other=1)",
        "vars().update({'other': 1})",
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


def test_a_workspace_reached_through_a_link_is_itself(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "work")
    code = f"open({str(tmp_path / 'work' / 'x')!r}, 'w')"
    assert effects_of(code, workspace=tmp_path / "link") == ()


def test_what_tempfile_made_may_be_used_and_other_temporary_files_are_outside() -> None:
    folder = Path(tempfile.mkdtemp())
    folder.rmdir()
    made = "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    df.to_csv(d + '/x.csv')"
    assert kinds(made) == kinds(f"df.to_csv({str(folder / 'x.csv')!r})") == []
    other = folder.with_name("x.csv")
    assert kinds(f"df.to_csv({str(other)!r})") == ["write-outside"]
    assert kinds(f"open({str(other)!r}).read()") == ["read-outside"]
    named = "import os, tempfile\nopen(os.path.join(tempfile.gettempdir(), 'x'), 'w')"
    assert kinds(named) == ["write-outside"]


def test_existing_files_are_asked_for_and_new_ones_are_not(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("a")
    (tmp_path / "folder").mkdir()

    def found(code: str) -> list[str]:
        return [effect.kind for effect in effects_of(code, workspace=tmp_path)]

    assert found("df.to_csv('data.csv')") == ["overwrite-file"]
    assert found("df.to_csv('other.csv')") == []
    assert found("shutil.copy('other.csv', 'folder')") == []
    assert found("shutil.copy('folder/data.csv', '.')") == ["overwrite-file"]


@pytest.mark.parametrize(
    "code",
    [
        "hits = df[df['path'].isin(['/etc/passwd', '/etc/hosts', '.pem'])]",
        "logs[logs['path'].str.startswith('/usr/bin')]",
        "if path == '/etc/passwd' or '/etc/hosts' in paths:\n    pass",
        "with open('/dev/null', 'w') as nothing:\n    pass",
    ],
)
def test_a_place_that_texts_are_only_compared_with_does_not_ask(code: str) -> None:
    assert effects_of(code, workspace=WORKSPACE, exists=lambda path: True) == ()


def test_a_place_that_is_handed_on_asks_though_others_are_compared_with() -> None:
    code = "if name == '/etc/passwd':\n    read('/etc/passwd')"
    (effect,) = effects_of(code, workspace=WORKSPACE, exists=lambda path: True)
    assert effect.kind == "read-outside" and effect.line == 2


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


def test_what_ipython_gives_up_on_asks() -> None:
    assert kinds(";" * 600) == kinds("=%\\") == ["dynamic"]
    assert "dynamic" in kinds(f"eval('{';' * 600}')")


OPEN = ["<a ", "<img ", "![", "{__", "{" + "__" * 9, " onx", "](//", "<a on"]


@pytest.mark.parametrize("opened", OPEN)
def test_a_text_in_which_a_hundred_thousand_things_stay_open_is_judged(opened: str) -> None:
    assert kinds(f"page = '<{opened * 100_000}'") == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<a <b onclick=x>", "dynamic"),
        ("<a> onclick=x", ""),
        ("<b><i onclick = x", "dynamic"),
        ("<img <b src='//h/x'", "network"),
        ("<img> src='//h/x'", ""),
        ("] ![a](//h/x)", "network"),
        ("![a] (//h/x) [b](//h/x)", ""),
        ("{a} {b.__class__}", ""),
        ("{a} {b.__globals__}", "dynamic"),
        ("{a} __class__ {b}", ""),
    ],
)
def test_what_belongs_to_one_tag_or_bracket_is_told_apart(text: str, kind: str) -> None:
    assert kinds(f"page = {text!r}") == [kind] * bool(kind)


@pytest.mark.parametrize(
    ("code", "kind", "found"),
    [
        ("duckdb.sql('copy t to \\'/x.csv\\'')", "write-outside", True),
        ("duckdb.sql('copy copy t to \\'/x.csv\\'')", "write-outside", True),
        ("duckdb.sql('copy t; select 1 to \\'/x.csv\\'')", "write-outside", False),
        ("duckdb.sql('select 1;\\n\\n  force install x')", "dynamic", True),
        ("duckdb.sql('select * from my_read_csv_auto (\\'/x.csv\\')')", "read-outside", True),
        ("os.system('pip list && npm pip install x')", "install", True),
        ("os.system('pip list; echo install')", "install", False),
    ],
)
def test_a_command_ends_where_the_next_begins(code: str, kind: str, found: bool) -> None:
    assert (kind in kinds(f"import duckdb, os\n{code}")) is found


@pytest.mark.parametrize(
    ("code", "bindings"),
    [
        ("import datetime\ndatetime(2024, 1, 1).isoformat()", {}),
        ("glob('*.csv').sort()", {"glob": "glob"}),
        ("import tqdm\nlist(tqdm(x).iterable)", {}),
    ],
)
def test_a_module_that_is_called_as_a_function_is_judged(
    code: str, bindings: dict[str, str]
) -> None:
    assert kinds(code, bindings=bindings) == []


def test_a_function_nested_too_deeply_to_be_parsed_asks() -> None:
    assert kinds("f()", sources={"f": f"def f():\n    return {'-' * 20_000}1"}) == ["dynamic"]


def test_a_with_that_changes_the_directory_tells_of_no_text_that_the_code_lacks(
    tmp_path: Path,
) -> None:
    code = "import contextlib\nwith contextlib.chdir('sub'):\n    pass"
    assert effects_of(code, workspace=tmp_path, directory=Path("/usr/lib")) == ()
