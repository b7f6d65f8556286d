"""The projection's laws: lossless, deterministic, valid, and the person's text wins."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from codeact_jupyter.engine.context import messages
from codeact_jupyter.engine.trajectory import (
    Action,
    Display,
    Mistake,
    Observation,
    Output,
    Reply,
    Result,
    Step,
    Stream,
    Trajectory,
    Turn,
)
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.beginning import new_notebook
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.growing import to_cells
from codeact_jupyter.notebook.marks import mark_of
from codeact_jupyter.notebook.recalling import from_cells

from .stories import conversation, step, story
from .trajectories import trajectories


def generated(examples: int) -> settings:
    """So many generated examples; a file that stands in one fixture is written over by each."""
    checks = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=checks)


MARK = "codeact"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept.ipynb"


def with_outputs(*outputs: Output) -> Trajectory:
    return conversation(replace(story(), steps=(step(1, "x", *outputs),)))


def written(trajectory: Trajectory, path: Path) -> dict[str, Any]:
    """The notebook as it comes back from a file that nbformat wrote."""
    nbformat.write(nbformat.from_dict(new_notebook(trajectory)), path)
    content: dict[str, Any] = nbformat.read(path, as_version=4)
    return content


def read(content: dict[str, Any]) -> Trajectory:
    return from_cells(content["cells"], content["metadata"].get(MARK, {}))


def sent(trajectory: Trajectory) -> str:
    """The bytes of the conversation, as JSON."""
    said = [(message.role, message.blocks) for message in messages(trajectory)]
    return json.dumps([trajectory.system, trajectory.tools, said])


EMPTY = Trajectory()
EMPTY_TURN = Trajectory("", (), (Turn("00000000", ""),))
LONG = with_outputs(Stream("0123456789abcde\n" * 655_360))


@pytest.mark.timeout(900)
@generated(1_500)
@given(trajectory=trajectories())
@example(trajectory=EMPTY)
@example(trajectory=EMPTY_TURN)
@example(trajectory=LONG)
def test_a_trajectory_survives_a_saved_notebook(trajectory: Trajectory, path: Path) -> None:
    content = written(trajectory, path)
    nbformat.validate(content)
    again = read(content)
    assert again == trajectory
    assert sent(again) == sent(trajectory)
    assert to_cells(again) == to_cells(trajectory), "projecting twice changes nothing"
    check_ids(content["cells"])


def check_ids(cells: list[dict[str, Any]]) -> None:
    """Ids are computed from what a cell shows, unique, and allowed by the format."""
    ids = [cell["id"] for cell in cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name) for name in ids)
    for cell in cells:
        mark = cell["metadata"][MARK]
        assert cell["id"] == f"{mark['run']}-{mark['step']}-{mark['role']}"


@generated(400)
@given(trajectory=trajectories())
def test_a_trajectory_survives_the_document(trajectory: Trajectory, path: Path) -> None:
    path.unlink(missing_ok=True)
    Document(path).show(trajectory)
    nbformat.validate(nbformat.read(path, as_version=4))
    assert Document(path).trajectory == trajectory
    text = path.read_text("utf-8")
    assert text == nbformat.writes(nbformat.reads(text, as_version=4)) + "\n", "as Jupyter saves it"
    Document(path).show(trajectory)
    assert path.read_text("utf-8") == text


@generated(100)
@given(trajectory=trajectories())
def test_a_trajectory_survives_a_save_by_the_jupyter_server(
    trajectory: Trajectory, tmp_path: Path
) -> None:
    async def save_and_get() -> dict[str, Any]:
        manager = AsyncLargeFileManager(root_dir=str(tmp_path))
        model = {"type": "notebook", "format": "json", "content": new_notebook(trajectory)}
        await manager.save(json.loads(json.dumps(model)), "kept.ipynb")
        got = await manager.get("kept.ipynb")
        manager.notary.store.close()
        content: dict[str, Any] = json.loads(json.dumps(got["content"], allow_nan=False))
        return content

    content = asyncio.run(save_and_get())
    assert read(content) == trajectory
    assert Document(tmp_path / "kept.ipynb").trajectory == trajectory


def test_the_same_trajectory_gives_the_same_bytes_whatever_the_order_of_its_keys(
    tmp_path: Path,
) -> None:
    one = {"text/plain": "1", "application/json": {"b": 1, "a": {"d": 2, "c": [{"f": 1, "e": 2}]}}}
    other = {
        "application/json": {"a": {"c": [{"e": 2, "f": 1}], "d": 2}, "b": 1},
        "text/plain": "1",
    }
    Document(tmp_path / "one.ipynb").show(with_outputs(Result(one), Display(one, one)))
    Document(tmp_path / "other.ipynb").show(with_outputs(Result(other), Display(other, other)))
    assert (tmp_path / "one.ipynb").read_bytes() == (tmp_path / "other.ipynb").read_bytes()


def test_not_a_number_survives_and_the_file_is_json_that_a_browser_reads(path: Path) -> None:
    data = {"application/json": {"x": float("nan"), "y": [float("inf")]}}
    content = written(with_outputs(Result(data)), path)
    json.loads(path.read_text("utf-8"), parse_constant=pytest.fail)
    (kept,) = read(content).turns[0].steps[0].observation.outputs  # type: ignore[union-attr]
    assert isinstance(kept, Result)
    assert repr(kept.data) == repr(data)


def test_a_copy_that_the_person_made_is_theirs(path: Path) -> None:
    trajectory = conversation()
    content = written(trajectory, path)
    copy = {**content["cells"][2], "id": "copy", "source": "mine()"}
    content["cells"].append(copy)
    assert mark_of(copy) is None
    assert read(content) == trajectory


def test_a_cell_that_the_person_moved_stays_where_it_was_said(path: Path) -> None:
    trajectory = conversation(story("0000000a"), story("0000000b"))
    content = written(trajectory, path)
    content["cells"].reverse()
    assert read(content) == trajectory


def test_a_deleted_step_is_gone_and_the_conversation_stays_whole(path: Path) -> None:
    content = written(conversation(), path)
    content["cells"] = [cell for cell in content["cells"] if cell["id"] != "0000cafe-2-action"]
    (turn,) = read(content).turns
    assert turn == replace(story(), steps=(story().steps[0], story().steps[2]))
    calls = [block["id"] for m in messages(read(content)) for block in m.blocks if "input" in block]
    results = [
        b["tool_use_id"] for m in messages(read(content)) for b in m.blocks if "tool_use_id" in b
    ]
    assert calls == results == ["call_1", "call_3"]


def test_a_turn_without_its_task_cell_is_gone(path: Path) -> None:
    content = written(conversation(story("0000000a"), story("0000000b")), path)
    content["cells"] = [cell for cell in content["cells"] if cell["id"] != "0000000a-0-task"]
    left = read(content)
    assert left == replace(conversation(story("0000000b")), began="0000000a")
    assert left.name == "0000000a", "what goes on is still of the same conversation"


def test_cleared_outputs_change_nothing_that_the_model_was_told(path: Path) -> None:
    content = written(conversation(), path)
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    assert sent(read(content)) == sent(conversation())


def test_outputs_of_a_cell_that_the_person_ran_again_are_the_new_ones(path: Path) -> None:
    content = written(with_outputs(Stream("\ud800"), Display({"text/plain": "x"}, {}, "id")), path)
    action = next(cell for cell in content["cells"] if cell["cell_type"] == "code")
    fresh = {"output_type": "stream", "name": "stdout", "text": "fresh"}
    action["outputs"] = [nbformat.from_dict(fresh)] * 2
    seen = read(content).turns[0].steps[0].observation
    assert seen is not None
    assert seen.outputs == (Stream("fresh"), Stream("fresh"))


def test_a_record_of_a_future_version_is_passed_over(path: Path) -> None:
    content = written(conversation(), path)
    for holder in (content, *content["cells"]):
        holder["metadata"][MARK]["version"] = 2
    assert read(content) == Trajectory()


def broken_records() -> Iterator[tuple[str, Any]]:
    yield "a list", []
    yield "a text", "x"
    yield "no number", {"number": "one", "reply": {"blocks": []}}
    yield "an unknown state", {"number": 1, "reply": {"blocks": []}, "observation": {"status": "?"}}
    yield "armour that is none", {"escaped": 3}


@pytest.mark.parametrize("record", [pytest.param(r, id=name) for name, r in broken_records()])
def test_a_record_broken_by_hand_names_its_cell_and_the_way_on(record: Any, path: Path) -> None:
    content = written(conversation(), path)
    content["cells"][2]["metadata"][MARK]["record"] = record
    with pytest.raises(NotebookError, match=r"'0000cafe-1-action'.*remove its metadata 'codeact'"):
        read(content)


def test_what_did_not_run_or_was_not_seen_or_is_not_all_says_so_in_its_cell() -> None:
    refused = Observation("rejected", lost="not run: the person said no")
    cut = Observation("ok", (Stream("x"),), lost="output incomplete: 9 characters not kept")
    bare = Step(1, Reply(()), action=Action("f()", "0000cafe-1-action"))
    shown = {
        "The person": replace(bare, observation=refused),
        "unknown": bare,
        "output incomplete": replace(bare, observation=cut),
        "interrupted": replace(bare, observation=Observation("interrupted")),
        "never closed": replace(bare, mistake=Mistake("syntax error", "never closed")),
    }
    for words, each in shown.items():
        trajectory = conversation(replace(story(), steps=(each,)))
        cell = to_cells(trajectory)[1]
        ran = cell["cell_type"] == "code"
        said = json.dumps(cell["outputs"][-1]) if ran else cell["source"]
        assert words.lower() in said.lower(), words
        assert ran == (words in ("unknown", "output incomplete", "interrupted"))
        assert from_cells(to_cells(trajectory), {}).turns == trajectory.turns


def test_a_failed_step_that_was_corrected_is_folded_and_kept() -> None:
    folded = [cell["id"] for cell in to_cells(conversation()) if "jupyter" in cell["metadata"]]
    assert folded == ["0000cafe-1-action"]
