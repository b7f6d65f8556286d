"""A locked name is guarded wherever code runs that touches it, and is never less than another."""

from pathlib import Path

import pytest

from codeact_jupyter.safety.effects import effects_of

SOURCES = {
    "clean": "def clean():\n    global df\n    df = None",
    "shrink": "def shrink(x):\n    df.pop(x)",
    "tidied": "def tidied(df):\n    df['a'] = 1\n    return df",
    "fresh": "def fresh():\n    df = load()\n    df['a'] = 1\n    return df",
    "outer": "def outer(df):\n    def inner():\n        df.clear()\n    inner()",
}
OVERWRITES = [
    "df = 1",
    "import x as df",
    "clean()",
    "list(map(clean, xs))",
    "globals()['df'] = 1",
    "del globals()['df']",
    "vars()['df'] = 1",
    "get_ipython().user_ns['df'] = 1",
    "import __main__\n__main__.df = 1",
    "import __main__\ndel __main__.df",
]
CHANGES = [
    "shrink('a')",
    "list(map(shrink, xs))",
    "df.__setitem__('a', 1)",
    "df['a'].__delitem__(0)",
    "df.drop(columns='a', **{'inplace': True})",
    "df.drop(columns='a', **options)",
    "def f():\n    global df\n    df.pop('a')",
    "lambda x: df.pop(x)",
]
LEAVES = [
    "tidied(other)",
    "fresh()",
    "outer(other)",
    "def f(df):\n    df['a'] = 1",
    "lambda df: df.pop('a')",
    "df.plot(**style)",
    "df.drop(columns='a', **{'axis': 1})",
    "%timeit df = 1",
]


def kinds(code: str, **known: object) -> set[str]:
    found = effects_of(code, workspace=Path("/srv/data"), sources=SOURCES, **known)  # type: ignore[arg-type]
    return {effect.kind for effect in found}


@pytest.mark.parametrize("code", OVERWRITES)
def test_what_overwrites_a_name_of_the_persons_asks_and_for_the_lock_where_there_is_one(
    code: str,
) -> None:
    names = frozenset({"df"})
    assert kinds(code, protected=names) == {"overwrite-name"}
    assert kinds(code, protected=names, locked=names) == {"locked"}
    assert kinds(code, locked=names) == {"locked"}


@pytest.mark.parametrize("code", CHANGES)
def test_what_changes_a_locked_name_asks_also_inside_of_functions(code: str) -> None:
    assert kinds(code, locked=frozenset({"df"})) == {"locked"}


@pytest.mark.parametrize("code", LEAVES)
def test_what_a_function_has_for_itself_is_not_the_locked_name(code: str) -> None:
    assert kinds(code, locked=frozenset({"df"})) == set()
