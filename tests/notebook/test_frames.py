"""Frames: applied one after the other they give the projection, whatever the run was."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from codeact_jupyter.engine import events
from codeact_jupyter.engine.limits import Limits
from codeact_jupyter.engine.trajectory import Mistake, Observation, Trajectory
from codeact_jupyter.notebook.armour import shown
from codeact_jupyter.notebook.frames import Framing, conversation_frames
from codeact_jupyter.notebook.growing import to_cells

from .retold import applied, framed, retold
from .stories import conversation, step, story
from .trajectories import trajectories

GOLDEN = Path(__file__).parents[1] / "golden" / "frames"


def with_a_mistake_and_a_no() -> Trajectory:
    """A run whose first reply is a mistake, whose second action is refused, and that stops."""
    turn = story()
    first, second, third = turn.steps
    reply = replace(first.reply, code=None, mistake=Mistake("cut", "the call was cut off"))
    mistaken = replace(
        first, reply=reply, action=None, mistake=reply.mistake, approval=None, observation=None
    )
    seen = Observation("rejected", lost="not run: the person said no: not these files")
    refused = replace(second, observation=seen)
    stopped = replace(
        turn, steps=(mistaken, refused, third), answer=None, state="stopped", reason="by the person"
    )
    return conversation(stopped)


def golden(name: str, frames: list[dict[str, object]]) -> None:
    path = GOLDEN / f"{name}.json"
    if os.environ.get("CODEACT_WRITE_GOLDEN"):
        path.write_text(json.dumps(frames, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert json.loads(path.read_text("utf-8")) == frames


def test_frames_are_what_the_labextension_was_tested_with() -> None:
    golden("story", framed(conversation(), after="magic"))
    golden("asked", framed(with_a_mistake_and_a_no(), asks=True))
    golden("kept", conversation_frames(conversation(story(), story("0000beef", "And again."))))


def was_told(trajectory: Trajectory) -> bool:
    """Whether there is a last turn, and each of its steps came to an end that was seen."""
    steps = trajectory.turns[-1].steps if trajectory.turns else ()
    return bool(trajectory.turns) and all(each.observation or each.mistake for each in steps)


@settings(max_examples=100, deadline=None)
@given(trajectories().filter(was_told), st.booleans())
def test_applied_frames_are_the_projection(trajectory: Trajectory, asks: bool) -> None:
    before = to_cells(replace(trajectory, turns=trajectory.turns[:-1]))
    after = before[-1]["id"] if before else ""
    frames = json.loads(json.dumps(framed(trajectory, after=after, asks=asks)))
    running = trajectory.turns[-1].state in ("running", "waiting")
    told, want = applied(frames, before), shown(to_cells(trajectory))
    assert [cell["id"] for cell in told] == [cell["id"] for cell in want]
    if not running:
        assert shown(told) == want


def test_numbers_grow_and_every_frame_names_its_run() -> None:
    frames = framed(conversation(), asks=True)
    assert [frame["number"] for frame in frames] == list(range(1, len(frames) + 1))
    assert {frame["run"] for frame in frames} == {"0000cafe"}
    assert {frame["version"] for frame in frames} == {1}


def test_a_corrected_step_is_told_again_as_folded() -> None:
    frames = framed(conversation())
    told = [each["cell"] for each in frames if each["type"] == "cell"]
    first = [cell for cell in told if cell["id"] == "0000cafe-1-action"]
    assert "jupyter" not in first[-2]["metadata"]
    assert first[-1]["metadata"]["jupyter"] == {"outputs_hidden": True, "source_hidden": True}


def test_code_is_typed_into_a_cell_that_comes_first() -> None:
    frames = framed(conversation())
    at = next(n for n, frame in enumerate(frames) if frame.get("part") == "code")
    cell = frames[at - 1]
    assert (cell["type"], cell["phase"], cell["cell"]["source"]) == ("cell", "typing", "")
    assert cell["after"] == "0000cafe-1-thought"


def test_what_the_kernel_shows_is_not_replaced_while_it_runs() -> None:
    frames = framed(conversation())
    running = [each for each in frames if each["type"] == "cell" and each["phase"] == "running"]
    assert len(running) == 3
    assert not any("outputs" in frame["cell"] for frame in running)


def test_a_cell_that_was_only_typed_is_taken_away() -> None:
    turn = story()
    framing = Framing(limits=Limits(), after="")
    record = conversation(replace(turn, steps=(), answer=None, state="running"))
    frames = framing.take(events.RunStarted(turn.run, turn.task, "m"), record)
    frames += framing.take(events.QueryStarted(1), record)
    frames += framing.take(events.Streamed(1, "code", "pri"), record)
    ended = record.with_turn(replace(record.turns[-1], state="stopped", reason="by the person"))
    frames += framing.take(events.RunFinished(turn.run, "stopped", "by the person"), ended)
    assert {"removed"} == {f["type"] for f in frames if f.get("cell") == "0000cafe-1-action"}
    assert applied(frames, []) == shown(to_cells(ended))


def test_a_step_says_in_words_what_it_showed() -> None:
    frames = framed(conversation())
    steps = {f["step"]: f for f in frames if f["type"] == "step"}
    assert [steps[n]["outputs"] for n in (1, 2, 3)] == ["1 error", "1 value", "1 line, 1 image"]


def test_the_meter_counts_what_was_billed() -> None:
    run = [frame for frame in framed(conversation()) if frame["type"] == "run"][-1]
    assert run["state"] == "answered" and run["waiting"] == ""
    meter = run["meter"]
    assert (meter["steps"], meter["input"], meter["output"]) == (3, 1000, 72)
    assert meter["limits"] == {"steps": 50, "tokens": 5_000_000, "cost": 2.0, "seconds": 1800.0}
    assert abs(meter["cost"] - 0.0045) < 1e-9


def test_a_question_is_told_before_the_run_goes_on() -> None:
    kinds = [frame["type"] for frame in framed(conversation(), asks=True)]
    assert kinds.count("asked") == 3
    events_of_run = [e for e, _ in retold(conversation(), asks=True)]
    assert any(isinstance(event, events.ApprovalAsked) for event in events_of_run)
    runs = [f for f in framed(conversation(), asks=True) if f["type"] == "run"]
    waiting = [f["waiting"] for f in runs]
    assert "approval" in waiting and waiting[-1] == ""
    assert {f["state"] for f in runs if f["waiting"]} == {"waiting"}
    assert {f["state"] for f in runs if not f["waiting"]} >= {"running"}
    assert all(f["state"] != "waiting" for f in runs if not f["waiting"])


def test_a_step_without_an_action_has_no_cells() -> None:
    frames = framed(with_a_mistake_and_a_no())
    mistaken = next(f for f in frames if f["type"] == "step" and f["mistake"])
    assert mistaken["cells"] == {"action": "", "thought": ""}
    assert step(1, "x").action is not None
