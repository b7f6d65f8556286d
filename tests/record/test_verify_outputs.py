"""Verifying outputs that front ends keep in other ways: widgets, and displays that code updates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from codeact_jupyter.engine.aftermath import renewed
from codeact_jupyter.engine.trajectory import (
    Display,
    Output,
    Result,
    Stream,
    Trajectory,
)
from codeact_jupyter.record.verify import verify
from tests.notebook.stories import bar, conversation, step, story, widget

from .test_verify import KEY, Json, first, recorded

RUN = "0000000a"
CELL = f"{RUN}-1-action"


def shown(*outputs: Output) -> Trajectory:
    """A run of one step with these outputs."""
    return conversation(replace(story(RUN), steps=(step(1, "show()", *outputs, run=RUN),)))


def outputs_of(content: Json) -> list[Any]:
    (cell,) = (cell for cell in content["cells"] if cell.get("id") == CELL)
    outputs: list[Any] = cell["outputs"]
    return outputs


MAY_TAKE = ("Output()", "VBox(children=(Output(),))", f"interactive(children=({'x' * 88}…")


@pytest.mark.parametrize("words", MAY_TAKE)
@pytest.mark.parametrize("kind", [Display, Result])
def test_what_an_output_widget_may_have_taken_is_said_to_be_missing_and_no_tampering(
    words: str, kind: Any, tmp_path: Path
) -> None:
    made = (widget(words), Stream("inside\n"), Display({"text/plain": "too"}), Stream("after\n"))
    told = (kind(made[0].data), *made[1:])
    content = recorded(tmp_path / "run.ipynb", shown(*told))
    assert len(verify(content, KEY).notes) == 1
    outputs = outputs_of(content)
    del outputs[1:3]
    verdict = verify(content, KEY)
    assert verdict.holds, verdict
    (note,) = (each for each in verdict.notes if "widget" in each)
    assert note == (
        "The code of step 1 (cell 6 of the notebook, id 0000000a-1-action) shows a widget, and "
        "lacks 2 of 4 outputs that were recorded: the widget took them, or they were removed, "
        "which no record tells apart."
    )
    outputs[1]["text"] = "altered\n"
    assert first(content) == ("altered", CELL)


def test_what_goes_missing_beside_a_widget_that_takes_no_outputs_is_noticed(tmp_path: Path) -> None:
    bar = widget("IntProgress(value=1, max=4)")
    content = recorded(tmp_path / "run.ipynb", shown(Stream("before\n"), bar, Stream("after\n")))
    for place in range(3):
        outputs = outputs_of(content)
        gone = outputs.pop(place)
        assert first(content) == ("altered", CELL)
        outputs.insert(place, gone)
    assert verify(content, KEY).holds


def test_an_output_widget_takes_neither_itself_nor_changes_what_is_left(tmp_path: Path) -> None:
    made = (Stream("before\n"), widget("Output()"), Display({"text/plain": "after"}))
    content = recorded(tmp_path / "run.ipynb", shown(*made))
    outputs = outputs_of(content)
    gone = outputs.pop(1)
    assert first(content) == ("altered", CELL)
    outputs.insert(0, gone)
    assert first(content) == ("altered", CELL), "they stand in another order"
    outputs.append(outputs[1])
    assert first(content) == ("altered", CELL), "there is one more"


def moving(*texts: str, framed_again: bool = True) -> Trajectory:
    """A display that begins at 0% and that a step each brings to these texts, one after another."""
    steps = [step(1, "begin()", bar("0%"), run=RUN)]
    for number, text in enumerate(texts, 2):
        steps.append(step(number, "go()", run=RUN, updated=(bar(text),)))
    told = conversation(replace(story(RUN), steps=tuple(steps)))
    for text in texts if framed_again else ():
        told = renewed(told, {"bar": bar(text)})
    return told


@pytest.mark.parametrize("framed_again", [True, False])
def test_of_a_display_that_code_updated_only_the_last_state_is_as_recorded(
    framed_again: bool, tmp_path: Path
) -> None:
    content = recorded(tmp_path / "run.ipynb", moving("50%", "100%", framed_again=framed_again))
    (output,) = outputs_of(content)
    for text, found in {
        "100%": ("", ""),
        "50%": ("altered", CELL),
        "0%": ("altered", CELL),
        "99%": ("altered", CELL),
    }.items():
        output["data"]["text/plain"] = text
        assert first(content) == found, text


def test_a_display_that_went_back_to_what_it_was_holds(tmp_path: Path) -> None:
    content = recorded(tmp_path / "run.ipynb", moving("50%", "0%"))
    assert verify(content, KEY).holds
    outputs_of(content)[0]["data"]["text/plain"] = "50%"
    assert first(content) == ("altered", CELL)


def test_a_display_that_is_shown_again_is_as_it_was_shown_last(tmp_path: Path) -> None:
    steps = (
        step(1, "begin()", bar("0%"), run=RUN),
        step(2, "again()", bar("100%"), bar("100%"), run=RUN),
    )
    told = conversation(replace(story(RUN), steps=steps))
    content = recorded(tmp_path / "run.ipynb", renewed(told, {"bar": bar("100%")}))
    assert verify(content, KEY).holds
    (again,) = (cell for cell in content["cells"] if cell.get("id") == f"{RUN}-2-action")
    again["outputs"][1]["data"]["text/plain"] = "0%"
    assert first(content) == ("altered", again["id"]), "the earlier display is as it was made"


def test_an_altered_or_moved_update_is_named_and_not_the_display_that_it_updated(
    tmp_path: Path,
) -> None:
    content = recorded(tmp_path / "run.ipynb", moving("50%", "100%", "100%"))
    cells = content["cells"]
    at = {cell.get("id"): place for place, cell in enumerate(cells)}
    half, last = (at[f"{RUN}-{number}-action"] for number in (2, 3))
    cells[half], cells[last] = cells[last], cells[half]
    assert first(content)[0] == "moved"
    cells[half], cells[last] = cells[last], cells[half]
    (updated,) = cells[last]["metadata"]["codeact"]["record"]["observation"]["updated"]
    updated["data"]["text/plain"] = "99%"
    assert first(content) == ("altered", f"{RUN}-3-action")


@pytest.mark.parametrize("outputs", [["x"], [5], "abc", 5, [{"metadata": [1]}]])
def test_outputs_that_are_none_are_named_as_altered(tmp_path: Path, outputs: object) -> None:
    content = recorded(tmp_path / "run.ipynb", conversation(story(RUN)))
    cell = next(cell for cell in content["cells"] if cell.get("id") == f"{RUN}-1-action")
    cell["outputs"] = outputs
    assert first(content) == ("altered", cell["id"])
