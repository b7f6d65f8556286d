"""Code that cannot be compiled is told to the model, whatever it is."""

from __future__ import annotations

import pytest

from codeact_jupyter.environments.syntax import Transforming, syntax_problem
from codeact_jupyter.plain import plain_python

TEXT = "page = '''\n" + "% a remark in TeX\n" * 1000 + "'''"
SCRIPT = "%%bash\n" + "!! x\n" * 1000
PROBLEMS = {
    "x = (": "SyntaxError",
    ";" * 600: "Input transformation still changing",
    "=%\\": "Error",
    "!ls\n" * 1000: "1000 of these 1000 lines are for IPython",
    "x = 1\0": "null bytes|SyntaxError|ValueError",
    "x = " + "-" * 100_000 + "1": "Error",
}


@pytest.mark.parametrize("code", PROBLEMS, ids=range(len(PROBLEMS)))
def test_what_cannot_be_compiled_is_named(code: str) -> None:
    problem = syntax_problem(code, plain_python)
    assert problem is not None
    assert any(part in problem for part in PROBLEMS[code].split("|"))


def test_what_can_be_compiled_has_no_problem() -> None:
    for code in ("x = 1", "await x", "%time x = 1", "!ls", "", TEXT, SCRIPT):
        assert syntax_problem(code, plain_python) is None


def test_a_shell_is_not_asked_to_read_what_takes_too_long() -> None:
    asked: list[str] = []
    problem = Transforming(lambda code: asked.append(code) or code).check("!ls\n" * 1000)
    assert problem is not None and "lines are for IPython" in problem
    assert asked == []
