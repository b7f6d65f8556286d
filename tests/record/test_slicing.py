"""Slices: what a cell needs is kept, what it plainly does not need is left out."""

from __future__ import annotations

import pytest

from codeact_jupyter.record.slicing import needed

CASES: dict[str, tuple[list[str], list[int]]] = {
    # The cells, and which of them the last one needs (itself too).
    "a plain chain": (["a = 1", "b = 2", "c = a + 1", "c"], [0, 2, 3]),
    "what is bound anew": (["x = 1", "x = 2", "x"], [1, 2]),
    "what is added to": (["x = 1", "x += 1", "x"], [0, 1, 2]),
    "bound perhaps": (["y = 1", "if y: z = 2", "z = z if y else 3", "z"], [0, 1, 2, 3]),
    "a column": (["import pandas as pd", "d = pd.DataFrame()", "d['a'] = 1", "d.a"], [0, 1, 2, 3]),
    "looking only": (["d = [3]", "print(len(d))", "sorted(d)", "d"], [0, 3]),
    "a method unknown": (["d = [3]", "d.append(4)", "d"], [0, 1, 2]),
    "a method of a set": (["s = set()", "s.add(4)", "s"], [0, 1, 2]),
    "a try that failed": (
        [
            "d = load()",
            "q = d.groupby(d.m.dt.to_period('Q'))",
            "d['m'] = 1",
            "q = d.m.sum()",
            "q",
        ],
        [0, 2, 3, 4],
    ),
    "in place": (["d = f()", "d.dropna(inplace=True)", "d.dropna()", "d"], [0, 1, 3]),
    "a function unknown": (["d = [3]", "train(d)", "d"], [0, 1, 2]),
    "by another name": (["a = [1]", "b = a", "b.append(2)", "c = 1", "a"], [0, 1, 2, 4]),
    "held in another": (["a = [1]", "h = {'a': a}", "h['a'].append(2)", "a"], [0, 1, 2, 3]),
    "a function's globals": (["k = 2", "def f(x): return x * k", "o = 1", "f(3)"], [0, 1, 3]),
    "a function that changes": (
        ["log = []", "def note(x): log.append(x)", "note(1)", "n = 1", "log"],
        [0, 1, 2, 4],
    ),
    "a local name is none": (["x = 1", "def f(x): return x", "f(2)"], [1, 2]),
    "a file": (
        ["x = 1", "open('f', 'w').write('1')", "y = 2", "t = open('f').read()", "t"],
        [1, 3, 4],
    ),
    "a table's file": (
        ["d = 1", "d.to_csv('f')", "import pandas as pd\npd.read_csv('f')"],
        [0, 1, 2],
    ),
    "random numbers": (
        [
            "import numpy as np",
            "np.random.seed(0)",
            "a = np.random.rand()",
            "b = np.random.rand()",
            "b",
        ],
        [0, 1, 2, 3, 4],
    ),
    "an option": (
        ["import pandas as pd", "pd.set_option('x', 1)", "e = 1", "pd.DataFrame()"],
        [0, 1, 3],
    ),
    "a magic": (["%matplotlib inline", "x = 1", "y = 2", "y"], [0, 2, 3]),
    "a shell command": (["x = 1", "!make", "y = 2", "y"], [0, 1, 2, 3]),
    "code as text": (["x = 1", "exec('y = x')", "z = 2", "z"], [0, 1, 2, 3]),
    "deleted and made": (["x = 1", "del x", "x = 3", "x"], [2, 3]),
    "await": (["import asyncio", "x = await f(1)", "o = 1", "x"], [1, 3]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_last_cell_keeps_what_it_needs(name: str) -> None:
    codes, kept = CASES[name]
    assert needed(codes, [len(codes) - 1]) == kept


def test_a_name_is_wanted_as_it_is_at_the_end() -> None:
    codes = ["x = 1", "y = x + 1", "x = 5", "z = 1"]
    assert needed(codes, [], ["x"]) == [2]
    assert needed(codes, [], ["y"]) == [0, 1]
    assert needed(codes, []) == []
