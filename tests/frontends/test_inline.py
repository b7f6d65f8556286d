"""A run under the magic's own cell, as a front end gets it."""

from __future__ import annotations

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.engine import events
from codeact_jupyter.engine.trajectory import (
    Action,
    Display,
    Observation,
    Reply,
    Step,
    Trajectory,
    Turn,
)
from codeact_jupyter.frontends.inline import InlineView


@pytest.fixture
def shell(shell: InteractiveShell) -> InteractiveShell:
    shell.display_pub = CapturingDisplayPublisher()
    return shell


def shown(text: str) -> Display:
    return Display({"text/plain": text}, display_id="one")


def test_what_stays_when_a_cell_is_cleared_is_shown_as_it_is_now(shell: InteractiveShell) -> None:
    view, turn = InlineView(shell), Turn("abcd1234", "task")
    seen = Observation("ok", (shown("first"),)), Observation("ok", updated=(shown("second"),))
    happened: list[events.Event] = [events.RunStarted("abcd1234", "task", "m")]
    for number, observation in enumerate(seen, 1):
        step = Step(number, Reply(()), action=Action("f()", f"abcd1234-{number}-action"))
        done = Step(number, step.reply, action=step.action, observation=observation)
        happened += [events.StepStarted(step), events.StepFinished(done)]
    for event in happened:
        turn = events.apply(turn, event)
        view.show(event, Trajectory(turns=(turn,)))
    view.clear()
    texts = [output["data"]["text/plain"] for output in shell.display_pub.outputs]
    assert "second" in texts and "first" not in texts


def test_a_notice_before_a_run_is_no_display_of_another_run(shell: InteractiveShell) -> None:
    for text in ("the demo", "a local server"):
        InlineView(shell).notice(text)
    names = [output["transient"].get("display_id") for output in shell.display_pub.outputs]
    assert names == [None, None]
