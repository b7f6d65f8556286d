"""Whatever a program changes of what there was, an undo takes back and a redo brings again."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.undo import serving

from .programs import MADE, NAMES, edits, picture, run_lines
from .test_edits import shell as shell

MANY = int(os.environ.get("CODEACT_PROGRAMS", "25"))
LOCAL = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


@pytest.mark.timeout(7200)
@seed(4)
@settings(max_examples=MANY, deadline=None, suppress_health_check=LOCAL, database=None)
@given(edits(4), st.lists(edits(5), min_size=1, max_size=3), st.data())
def test_any_program_is_taken_back_from_any_point_and_brought_again(
    shell: InteractiveShell, before: list[str], steps: list[list[str]], data: Any
) -> None:
    names = shell.user_ns
    for name in (*NAMES, "Thing", "Slotted", "made"):
        names.pop(name, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_lines([MADE, *before], names)
        pictures, missing = [picture(names)], set[str]()
        for step, lines in enumerate(steps, 1):
            point = "run" if step == 1 else f"run-{step}"
            serving.take(shell, point, 60.0, 1 << 29, "", ())
            run_lines(lines, names)
            missing |= serving.close(point, True, False, 1 << 29).keys()
            pictures.append(picture(names))
    back_to = data.draw(st.integers(1, len(steps)))
    start = "run" if back_to == 1 else f"run-{back_to}"
    for expected in (pictures[back_to - 1], pictures[-1], pictures[back_to - 1]):
        missing |= serving.look(start)["gaps"].keys()
        told = serving.put_back(start, False)
        assert not told["kept"] and not set(told["failed"]) - missing, told
        now = picture(names)
        assert now.keys() == expected.keys()
        wrong = {name: (now[name], expected[name]) for name in now if now[name] != expected[name]}
        assert not wrong.keys() - missing, wrong
    serving.forget()
