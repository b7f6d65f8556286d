"""What recorded code needs from the start is told from what it brings itself."""

from __future__ import annotations

import pytest

from codeact_jupyter.record.needing import needed
from codeact_jupyter.record.recorded import Part

CODES: dict[str, tuple[list[str], list[str]]] = {
    "plain imports": (["import pandas as pd, numpy", "from scipy.stats import norm"], [
        "pandas", "numpy", "scipy"]),
    "Python's own": (["import json, os.path\nfrom importlib.resources import files"], []),
    "once": (["import pandas", "import pandas.api"], ["pandas"]),
    "maybe": (["try:\n    import polars\nexcept ImportError: pass\nif x: import dask"], []),
    "in a function": (["def f():\n    import polars"], []),
    "relative": (["from . import mine\nfrom .mine import it"], []),
    "with a magic": (["%matplotlib inline\nimport seaborn"], []),
    "installed": (["import numpy", "%pip install polars", "import polars"], ["numpy"]),
    "after a change of the path": (["import sys; sys.path.insert(0, 'lib')", "import mine"], []),
    "a module of its own": (["open('mine.py', 'w').write('x = 1')", "import mine, numpy"], [
        "numpy"]),
    "a package of its own": (["import os; os.mkdir('mine/'); import mine"], []),
    "no Python": (["import numpy", "import polars ("], ["numpy"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CODES)
def test_what_is_imported_in_any_case_is_needed(name: str) -> None:
    codes, wanted = CODES[name]
    parts = [Part(f"1.{n}", f"a-{n}-action", code, "ok") for n, code in enumerate(codes, 1)]
    assert needed(parts) == wanted


def test_what_failed_in_the_record_need_not_be_there() -> None:
    assert needed([Part("1.1", "a-1-action", "import polars", "error")]) == []
