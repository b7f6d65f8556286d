"""Which lines IPython runs as magics though they have no `%`, and what it takes off a line."""

from pathlib import Path

import pytest
from ipykernel.zmqshell import KernelMagics
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.safety.effects import effects_of
from codeact_jupyter.safety.magics import is_automagic


def kinds(code: str, **known: object) -> set[str]:
    found = effects_of(code, workspace=Path("/srv/data"), **known)  # type: ignore[arg-type]
    return {effect.kind for effect in found}


def test_every_line_magic_of_the_installed_ipython_and_ipykernel_is_known() -> None:
    shell = InteractiveShell()
    shell.register_magics(KernelMagics)
    names = [*shell.magics_manager.magics["line"], *dict(shell.alias_manager.aliases), "store"]
    assert [name for name in names if is_automagic(name) != name] == []


@pytest.mark.parametrize(
    "line",
    [
        *("rerun", "rerun -f", "debug", "recall", "edit -x", "rehashx", "logstart", "connect_info"),
        *("bookmark -r", "store -r", "store -z", "macro -q", "load -y", "popd", "  rerun  "),
    ],
)
def test_a_magic_without_its_sign_asks_where_the_name_is_not_bound(line: str) -> None:
    assert kinds(line) == kinds(f"%{line.strip()}") == {"dynamic"}
    word = line.split()[0]
    assert kinds(line, names=frozenset({word})) == kinds(line, bindings={word: "f.x()"}) == set()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("page  = os.system('ls')", "process"),
        ("html \t= requests.get(u).text", "network"),
        ("pwd\t= subprocess.check_output('ls')", "process"),
        ("pwd = subprocess.check_output('ls')", "process"),
        ("page, html = os.system('ls'), 1", "process"),
        ("page == os.system('ls')", "process"),
    ],
)
def test_a_line_that_assigns_or_compares_is_python(line: str, kind: str) -> None:
    assert kinds(line) == {kind}


@pytest.mark.parametrize(
    "line", ["page += os.system('ls')", "page if os.system('ls') else 1", "page(os.system('ls'))"]
)
def test_a_line_that_is_a_magic_and_python_is_read_as_both(line: str) -> None:
    assert kinds(line) == {"process"}


@pytest.mark.parametrize("prompt", ["In [3]: ", "[ins] In [12]: ", ">>> "])
def test_a_prompt_that_was_pasted_hides_nothing(prompt: str) -> None:
    assert kinds(f"{prompt}exit") == {"kernel"}
    assert kinds(f"{prompt}os.environ") == {"environment"}
    assert kinds(f"{prompt}rm -rf x") == {"delete"}
    assert kinds(f"{prompt}df = None", protected=frozenset({"df"})) == {"overwrite-name"}
    assert kinds(f"\n\n{prompt}rm x") == {"delete"}
    assert kinds(f"{prompt}df.head()") == set()
