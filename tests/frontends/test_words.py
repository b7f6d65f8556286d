"""What a person is asked about is shown as it is, in every front end: nothing in it can hide."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from codeact_jupyter.engine import events
from codeact_jupyter.engine.trajectory import Action, Reply, Step
from codeact_jupyter.frontends.magic_views import TextView
from codeact_jupyter.frontends.retelling import step_words
from codeact_jupyter.frontends.terminal import TerminalView
from codeact_jupyter.frontends.words import visible

HIDING = json.loads((Path(__file__).parents[1] / "golden" / "visible.json").read_text("utf-8"))
"""What code hides, and how it is shown: the panel shows the same (labextension/src/visible.ts)."""


@pytest.mark.parametrize("code", HIDING)
def test_what_code_would_hide_is_visible(code: str) -> None:
    assert visible(code) == HIDING[code]


@pytest.mark.parametrize("code", HIDING)
def test_code_is_shown_as_it_runs_before_it_is_allowed(code: str) -> None:
    said = io.StringIO()
    step = Step(1, Reply(()), action=Action(code, "a-1-action"))
    with TerminalView(Console(file=said, width=80)) as view:
        view.show(events.ApprovalAsked(step, ("runs",)))
    assert said.getvalue().split() == HIDING[code].split()
    assert step_words(step) == f"```python\n{HIDING[code]}\n```"


def test_the_reasons_of_a_question_command_no_terminal(capsys) -> None:
    TextView().asks("Run it?", ["runs a shell command: echo \x1b[2J\rls"])
    assert capsys.readouterr().out == (
        "  asks because it runs a shell command: echo \\x1b[2J\nls\n"
    )


def test_an_action_that_asks_as_every_one_does_has_words_of_its_own(capsys) -> None:
    TextView().asks("Run it?", ())
    assert capsys.readouterr().out == "  Every action asks (--approve ask).\n"
