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
    "what cannot be read": (["a = 1", "-" * 100_000 + "1", "a"], [0, 1, 2]),
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
    "a list shuffled": (
        ["import random", "random.seed(1)", "l = [1, 2]", "o = 1", "random.shuffle(l)", "l"],
        [0, 1, 2, 4, 5],
    ),
    "an array shuffled": (
        [
            "import numpy as np",
            "np.random.seed(1)",
            "a = np.arange(3)",
            "np.random.shuffle(a)",
            "a",
        ],
        [0, 1, 2, 3, 4],
    ),
    "a function of a module by itself": (
        ["from random import choice, seed", "seed(1)", "l = [1, 2]", "o = 1", "choice(l)"],
        [0, 1, 2, 4],
    ),
    "an array filled": (
        ["import numpy as np", "a = np.zeros(4)", "np.fill_diagonal(a, 1)", "np.sum(a)", "a"],
        [0, 1, 2, 4],
    ),
    "an array copied to": (
        ["import numpy as np", "a = np.zeros(4)", "np.copyto(a, 1)", "np.sum(a)", "a"],
        [0, 1, 2, 4],
    ),
    "an output by its word": (
        ["import numpy as np", "a = np.zeros(4)", "np.add(a, 1, out=a)", "np.add(a, 1)", "a"],
        [0, 1, 2, 4],
    ),
    "an output by its place": (
        ["import numpy as np", "a = np.ones(4)", "np.sqrt(a, a)", "np.add(1, 1, a)", "a"],
        [0, 1, 2, 3, 4],
    ),
    "put into another": (
        ["a = [1]", "b = []", "b.append(a)", "b[0].append(2)", "o = 1", "a"],
        [0, 1, 2, 3, 5],
    ),
    "given back by a lambda": (
        ["a = [1]", "b = (lambda x: x)(a)", "b.append(2)", "o = 1", "a"],
        [0, 1, 2, 4],
    ),
    "chained to another": (
        ["from itertools import chain", "a = [[1]]", "b = list(chain(a))", "b[0].append(2)", "a"],
        [0, 1, 2, 3, 4],
    ),
    "a view": (
        ["import numpy as np", "a = np.ones(4)", "b = a.reshape(2, 2)", "b[0] = 9", "o = b", "a"],
        [0, 1, 2, 3, 5],
    ),
    "what a module keeps": (
        ["import mine", "mine.configure(3)", "import mine", "o = 1", "mine.answer()"],
        [0, 1, 2, 4],
    ),
    "a function of the code's own by a name that is known": (
        ["def score(x): x[:] = []", "l = [1]", "score(l)", "o = 1", "l"],
        [0, 1, 2, 4],
    ),
    "where files are read": (
        ["import os", "os.chdir('data')", "o = 1", "t = open('f').read()", "t"],
        [0, 1, 3, 4],
    ),
    "where tables are read": (
        [
            "from os import chdir",
            "chdir('data')",
            "import pandas as pd",
            "o = 1",
            "pd.read_csv('f')",
        ],
        [0, 1, 2, 4],
    ),
    "where modules are found": (
        ["import sys", "sys.path.append('lib')", "o = 1", "import mine", "mine.f()"],
        [0, 1, 3, 4],
    ),
    "a module written": (
        ["open('m.py', 'w').write('x = 1')", "o = 1", "import m", "m.x"],
        [0, 2, 3],
    ),
    "a module of Python's reads no file": (
        ["open('f', 'w').write('1')", "import math", "math.pi"],
        [1, 2],
    ),
    "a module loaded again": (
        ["import importlib, m", "open('m.py', 'w')", "importlib.reload(m)", "o = 1", "m.x"],
        [0, 1, 2, 4],
    ),
    "a file closed": (
        ["f = open('n', 'w')", "f.write('1')", "f.close()", "o = 1", "open('n').read()"],
        [0, 1, 2, 4],
    ),
    "a method handed on": (
        ["l = []", "list(map(l.append, [1, 2]))", "list(map(str, l))", "l"],
        [0, 1, 3],
    ),
    "a method handed to others": (
        ["pool = make()", "l = []", "pool.map(l.append, [1])", "o = 1", "l"],
        [0, 1, 2, 4],
    ),
    "a method kept": (["l = []", "f = l.append", "f(1)", "o = 1", "l"], [0, 1, 2, 4]),
    "a method in a list": (["l = []", "fs = [l.index]", "fs[0](1)", "o = 1", "l"], [0, 1, 2, 4]),
    "a function that keeps something": (
        ["c = counter()", "c()", "def g(): pass", "g()", "c()"],
        [0, 1, 4],
    ),
    "a function handed on": (
        ["rows = [{}]", "def f(r): r['a'] = 1", "list(map(f, rows))", "o = 1", "rows"],
        [0, 1, 2, 4],
    ),
    "what a lambda changes": (
        ["rows = [{}]", "list(map(lambda r: r.update(a=1), rows))", "o = 1", "rows"],
        [0, 1, 3],
    ),
    "what a lambda reads": (
        ["rows = [{}]", "max(rows, key=lambda r: len(r))", "rows"],
        [0, 2],
    ),
    "what a loop changes": (
        ["rows = [{}]", "for r in rows:\n    r['a'] = 1", "for r in rows: print(r)", "rows"],
        [0, 1, 3],
    ),
    "an iterator listed": (["it = iter([1, 2])", "list(it)", "o = 1", "next(it)"], [0, 1, 3]),
    "a generator added up": (
        ["gen = (x for x in [1, 2])", "sum(gen)", "o = 1", "list(gen)"],
        [0, 1, 3],
    ),
    "an iterator looped over": (
        ["it = produce()", "for x in it: print(x)", "o = 1", "a, b = it"],
        [0, 1, 3],
    ),
    "an iterator by another name": (
        ["it = iter([1])", "same = it", "sum(same)", "print(it)", "list(it)"],
        [0, 1, 2, 4],
    ),
    "a list added up": (["l = [1, 2]", "sum(l)", "for x in l: print(x)", "l"], [0, 3]),
    "how arrays are shown": (
        ["import numpy as np", "a = np.ones(4)", "np.set_printoptions(precision=2)", "o = 1", "a"],
        [0, 1, 2, 4],
    ),
    "how tables are shown": (
        ["import pandas as pd", "d = load()", "pd.options.display.max_rows = 5", "o = 1", "d"],
        [0, 1, 2, 4],
    ),
    "how plots look": (
        ["import matplotlib.pyplot as plt", "plt.style.use('x')", "o = 1", "draw()"],
        [0, 1, 3],
    ),
    "which warnings are shown": (
        ["import warnings", "warnings.filterwarnings('ignore')", "o = 1", "f()"],
        [0, 1, 3],
    ),
    "a name of a comprehension": (["x = 1", "print([x for x in [3]])", "o = 1", "x"], [0, 3]),
    "added to by another name": (["a = [1]", "b = a", "b += [2]", "o = 1", "a"], [0, 1, 2, 4]),
    "bound by a pattern": (["v = [1]", "match v:\n    case [x]: pass", "o = 1", "x"], [0, 1, 3]),
    "a very long chain": (["a = 1", "b" + ".c(a)" * 300, "o = 1", "a"], [0, 1, 3]),
    "another name, looked at": (["a = [1]", "b = a", "print(b)", "a"], [0, 3]),
    "a plot beside": (
        [
            "import matplotlib.pyplot as plt",
            "a = [1]",
            "plt.plot(a)\nplt.title('t')\nplt.show()",
            "plt.hist(a)",
        ],
        [0, 1, 3],
    ),
    "what models are measured by": (
        ["from sklearn.metrics import r2_score", "a, b = [1], [2]", "r2_score(a, b)", "sum(a)"],
        [1, 3],
    ),
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


def test_a_cell_that_failed_may_not_have_bound_its_names() -> None:
    codes = ["x = 1", "fail()\nx = 2", "o = 1", "x"]
    assert needed(codes, [3]) == [1, 3]
    assert needed(codes, [3], failed=[1]) == [0, 1, 3]
