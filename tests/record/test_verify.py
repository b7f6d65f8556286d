"""Verifying: every change of what was recorded is noticed at its cell; what is theirs is not."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from codeact_jupyter.engine.aftermath import displays_of, renewed, with_late
from codeact_jupyter.engine.environment import Late
from codeact_jupyter.engine.trajectory import Display, Observation, Stream, Trajectory
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.notebook.chain import Link, sealed
from codeact_jupyter.notebook.document import Document
from codeact_jupyter.notebook.marks import mark_of
from codeact_jupyter.record.findings import Verdict
from codeact_jupyter.record.signing import Key
from codeact_jupyter.record.verify import verify, verify_file
from tests.frontends.command import codeact, environment
from tests.notebook.stories import PNG, conversation, persons_notebook, step, story

KEY = Key(b"the person's secret")
Json = dict[str, Any]


def pictured(run: str) -> Any:
    """A turn whose task came with a picture, as its cell attaches it."""
    image = {"type": "image", "source": {"media_type": "image/png", "data": PNG, "type": "base64"}}
    turn = story(run)
    return replace(turn, told=(*turn.told, image))


def recorded(path: Path, trajectory: Trajectory | None = None) -> Json:
    """A notebook of the person's with two turns of a run in it, as the command writes it."""
    path.write_text(json.dumps(persons_notebook()), "utf-8")
    document = Document(path, sign=KEY.sign)
    document.show(trajectory or conversation(pictured("0000000a"), story("0000000b")))
    content: Json = json.loads(path.read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Json:
    return recorded(tmp_path_factory.mktemp("whole") / "run.ipynb")


def ours(content: Json) -> list[int]:
    return [index for index, cell in enumerate(content["cells"]) if mark_of(cell)]


def first(content: Json) -> tuple[str, str]:
    found = verify(content, KEY).first
    return (found.kind, found.cell) if found else ("", "")


def test_a_notebook_as_it_was_recorded_holds(whole: Json) -> None:
    verdict = verify(whole, KEY)
    assert verdict == Verdict((), (f"Its end is signed with your key ({KEY.name}).",), 16, 2, True)


def test_every_cell_that_is_removed_is_named(whole: Json) -> None:
    for index in ours(whole):
        cells = [cell for at, cell in enumerate(whole["cells"]) if at != index]
        assert first({**whole, "cells": cells}) == ("removed", whole["cells"][index]["id"])


def test_a_run_that_was_cut_off_anywhere_is_noticed(whole: Json) -> None:
    for index in ours(whole):
        kept = [cell for at, cell in enumerate(whole["cells"]) if at < index or not mark_of(cell)]
        assert first({**whole, "cells": kept}) == ("removed", "0000000b-4-answer")


def test_two_cells_that_changed_places_are_noticed_at_one_of_them(whole: Json) -> None:
    places = ours(whole)
    for one, other in pairwise(places):
        cells = list(whole["cells"])
        cells[one], cells[other] = cells[other], cells[one]
        kind, cell = first({**whole, "cells": cells})
        assert kind == "moved"
        assert cell in (cells[one]["id"], cells[other]["id"])


def test_a_cell_that_was_moved_far_is_the_one_that_is_named(whole: Json) -> None:
    cells = list(whole["cells"])
    moved = cells.pop(ours(whole)[2])
    assert first({**whole, "cells": [*cells, moved]}) == ("moved", moved["id"])


def test_a_cell_that_stands_there_twice_is_named(whole: Json) -> None:
    for index in ours(whole):
        cells = list(whole["cells"])
        cells.insert(index + 1, copy.deepcopy(cells[index]))
        assert first({**whole, "cells": cells}) == ("inserted", cells[index]["id"])


def forged(path: Path, trajectory: Trajectory) -> list[Json]:
    """Cells that are sealed well, made by who has not the key."""
    Document(path).show(trajectory)
    cells: list[Json] = json.loads(path.read_text("utf-8"))["cells"]
    return cells


def test_a_cell_that_was_made_anew_or_put_in_is_named(whole: Json, tmp_path: Path) -> None:
    turns = (pictured("0000000a"), story("0000000b"))
    other = replace(turns[1], steps=(*turns[1].steps[:1], step(2, "other()", run="0000000b")))
    made = {cell["id"]: cell for cell in forged(tmp_path / "x", conversation(turns[0], other))}
    cells = [made.get(c["id"], c) if c["id"] == "0000000b-2-action" else c for c in whole["cells"]]
    kind, cell = first({**whole, "cells": cells})
    assert (kind, cell) == ("altered", "0000000b-2-action")
    shorter = conversation(turns[0], replace(turns[1], steps=turns[1].steps[:2]))
    made = {cell["id"]: cell for cell in forged(tmp_path / "y", shorter)}
    cells = [*whole["cells"], made["0000000b-3-answer"]]
    assert first({**whole, "cells": cells}) == ("inserted", "0000000b-3-answer")


def test_a_chain_that_was_made_anew_is_noticed_by_its_signature(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    old = recorded(path)
    other = conversation(pictured("0000000a"), story("0000000b", "Another task."))
    new = recorded(tmp_path / "new.ipynb", other)
    end = new["metadata"]["codeact"]["chain"]["0000000a"]
    end |= {k: old["metadata"]["codeact"]["chain"]["0000000a"][k] for k in ("key", "signature")}
    (finding,) = verify(new, KEY).findings
    assert finding.what == "signature"


@pytest.mark.parametrize("key", [None, Key(b"of somebody else")])
def test_a_wrong_or_missing_key_is_said_and_the_chain_holds(whole: Json, key: Key | None) -> None:
    verdict = verify(whole, key)
    assert verdict.holds
    assert not verdict.signed
    said = "no key" if key is None else f"another key than yours ({KEY.name}, yours is {key.name})"
    assert said in verdict.notes[0]


def views(cell: Json) -> None:
    cell["metadata"] |= {
        "tags": ["mine"],
        "collapsed": True,
        "scrolled": False,
        "trusted": True,
        "execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"},
        "jupyter": {"source_hidden": True, "outputs_hidden": False},
        "vscode": {"languageId": "python"},
        "editable": False,
    }
    if cell["cell_type"] == "code":
        cell["execution_count"] = None


def in_one_string(cell: Json) -> None:
    cell["source"] = "".join(cell["source"])
    for output in cell.get("outputs", ()):
        if "text" in output:
            output["text"] = "".join(output["text"])


def through_javascript(value: Any) -> Any:
    """JSON as JavaScript writes it: in an order of its own, whole numbers without a point."""
    if isinstance(value, dict):
        return {key: through_javascript(value[key]) for key in reversed(list(value))}
    if isinstance(value, list):
        return [through_javascript(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


ALIKE: dict[str, Callable[[Json], Any]] = {
    "views": lambda content: [views(cell) for cell in content["cells"]],
    "lines": lambda content: [in_one_string(cell) for cell in content["cells"]],
    "widgets": lambda content: content["metadata"].update(widgets={"state": {}}),
    "a cell of theirs": lambda content: content["cells"].insert(
        6, nbformat.v4.new_code_cell("mine = 2", id="mine")
    ),
    "theirs moved and edited": lambda content: content["cells"].insert(
        9, {**content["cells"].pop(0), "source": "other"}
    ),
    "theirs deleted": lambda content: content["cells"].pop(0),
    "a copy": lambda content: content["cells"].append({**content["cells"][5], "id": "copied"}),
    "another title": lambda content: content["metadata"].update(title="x", kernelspec={}),
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_is_only_view_or_the_persons_own_is_no_tampering(name: str, whole: Json) -> None:
    content = copy.deepcopy(whole)
    ALIKE[name](content)
    assert verify(content, KEY).findings == ()
    assert verify(through_javascript(content), KEY).findings == ()


def test_a_chain_survives_nbformat_and_the_jupyter_server(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    content = recorded(path)
    content["cells"].pop(1)  # what nbformat cannot write
    path.write_text(json.dumps(content), "utf-8")
    nbformat.write(nbformat.read(path, as_version=4), path)
    assert verify_file(path, KEY).holds

    async def opened_and_saved() -> None:
        manager = AsyncLargeFileManager(root_dir=str(tmp_path))
        model = await manager.get("run.ipynb")
        await manager.save(model, "run.ipynb")
        manager.notary.store.close()

    asyncio.run(opened_and_saved())
    assert verify_file(path, KEY).holds
    without_ids = json.loads(path.read_text("utf-8"))
    without_ids["nbformat_minor"] = 4
    for cell in without_ids["cells"]:
        del cell["id"]
    path.write_text(json.dumps(without_ids), "utf-8")
    assert verify_file(path, KEY).holds


def test_a_stream_is_the_same_as_jupyterlab_keeps_it(tmp_path: Path) -> None:
    bar = Stream("start\n 10%\r 50%\r100%\nab\bc\n")
    steps = (step(1, "work()", bar, Stream("more"), Stream("!", "stderr"), run="0000000a"),)
    told = conversation(replace(story("0000000a"), steps=steps))
    content = recorded(tmp_path / "run.ipynb", told)
    (cell,) = (cell for cell in content["cells"] if cell.get("id") == "0000000a-1-action")
    cell["outputs"][:2] = [
        {"output_type": "stream", "name": "stdout", "text": "start\n100%\nac\nmore"}
    ]
    assert verify(content, KEY).holds
    cell["outputs"][0]["text"] = "start\n 99%\nac\nmore"
    assert first(content) == ("altered", "0000000a-1-action")


def shown_late(*, framed_again: bool) -> Trajectory:
    """A step's display that a later step and then a thread updated, and output after the end."""
    bar = Display({"text/plain": "0%"}, {}, "bar")
    half, full = (replace(bar, data={"text/plain": text}) for text in ("50%", "100%"))
    run = "0000000a"
    steps = (step(1, "begin()", bar, run=run), step(2, "go()", run=run, updated=(half,)))
    told = conversation(replace(story(run), steps=steps))
    if not framed_again:
        return told
    told = renewed(told, displays_of(Observation("ok", updated=(half,))))
    late = Late((Stream("late\n"),), (full,))
    return told.with_turn(with_late(told.turns[-1], 2, late))


def test_displays_that_later_code_updated_and_late_output_are_of_the_record(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    content = recorded(path, shown_late(framed_again=True))
    assert "100%" in json.dumps(content["cells"])
    assert verify(content, KEY).holds
    again = Document(path, sign=KEY.sign)
    assert again.trajectory == shown_late(framed_again=True)
    again.show(again.trajectory.begin(story("0000000b")))
    assert verify_file(path, KEY).holds
    (cell,) = (cell for cell in content["cells"] if cell.get("id") == "0000000a-1-action")
    cell["outputs"][0]["data"]["text/plain"] = "99%"
    assert first(content) == ("altered", "0000000a-1-action")


def test_a_display_that_jupyterlab_updated_in_place_is_of_the_record(tmp_path: Path) -> None:
    content = recorded(tmp_path / "run.ipynb", shown_late(framed_again=False))
    (cell,) = (cell for cell in content["cells"] if cell.get("id") == "0000000a-1-action")
    cell["outputs"][0]["data"]["text/plain"] = "50%"
    assert verify(content, KEY).holds
    cell["outputs"][0]["data"]["text/plain"] = "51%"
    assert first(content) == ("altered", "0000000a-1-action")


def test_an_edit_by_the_person_is_said_in_plain_words(whole: Json) -> None:
    content = copy.deepcopy(whole)
    cell = content["cells"][ours(content)[4]]
    cell["source"] = ["x = [1, 2, 4]\n", "sum(x)"]
    (finding,) = verify(content, KEY).findings
    assert finding.what == "code"
    assert finding.words == (
        "The code of step 2 (cell 8 of the notebook, id 0000000a-2-action) is not the code that "
        "ran: line 1 was 'x = [1, 2, 3]' and is 'x = [1, 2, 4]'; its record is whole, so an "
        "ordinary edit may have done it."
    )
    cell["source"], cell["outputs"] = whole["cells"][ours(content)[4]]["source"], []
    assert "has no outputs any more: they were cleared" in verify(content, KEY).findings[0].words


def test_a_conversation_that_goes_on_holds_and_remembers_what_was_missing(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    content = recorded(path)
    again = Document(path, sign=KEY.sign)
    again.show(again.trajectory.begin(story("0000000c")))
    assert verify_file(path, KEY) == Verdict((), verify(content, KEY).notes, 24, 3, True)
    content["cells"].pop(ours(content)[-1])
    path.write_text(json.dumps(content), "utf-8")
    again = Document(path, sign=KEY.sign)
    again.show(again.trajectory.begin(story("0000000c")))
    found = verify_file(path, KEY).first
    assert found is not None
    assert (found.kind, found.cell) == ("removed", "0000000b-4-answer")


def test_two_conversations_in_a_notebook_each_hold_and_each_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    recorded(path, conversation(story("0000000a")))
    Document(path, sign=KEY.sign).show(conversation(story("0000000b")))
    content = json.loads(path.read_text("utf-8"))
    assert verify(content, KEY).holds and verify(content, KEY).signed
    for index in ours(content):
        cells = [cell for at, cell in enumerate(content["cells"]) if at != index]
        assert first({**content, "cells": cells}) == ("removed", content["cells"][index]["id"])
        cells.append(content["cells"][index])
        if not content["cells"][index]["id"].endswith("-answer"):
            assert first({**content, "cells": cells}) == ("moved", content["cells"][index]["id"])


def test_a_cell_that_claims_to_begin_a_conversation_and_is_no_task_is_named(whole: Json) -> None:
    content = copy.deepcopy(whole)
    (cell,) = (cell for cell in content["cells"] if cell.get("id") == "0000000b-1-action")
    mark = {key: value for key, value in cell["metadata"]["codeact"].items() if key != "seal"}
    new = {**cell, "id": "0000000c-1-action", "metadata": {"codeact": {**mark, "run": "0000000c"}}}
    content["cells"] += sealed([new], Link("", "0" * 64))
    assert first(content) == ("inserted", "0000000c-1-action")


def test_a_record_from_before_the_chain_is_readable_and_said_to_be_unchained(whole: Json) -> None:
    content = copy.deepcopy(whole)
    del content["metadata"]["codeact"]["chain"]
    for index in ours(content):
        del content["cells"][index]["metadata"]["codeact"]["seal"]
    found = verify(content, KEY).first
    assert found is not None
    assert (found.kind, found.cell) == ("unchained", "0000000a-0-task")
    assert "recorded before codeact kept a chain" in found.words


BAD: dict[str, tuple[str, str]] = {
    "cut off": ('{"cells": [', "is not a notebook that can be read"),
    "no notebook": ("[]", "is not a notebook that can be read"),
    "without an end": ("[" * 100_000, "is not a notebook that can be read"),
    "without a run": (json.dumps(persons_notebook()), "holds no run"),
    "newer": (
        json.dumps({**persons_notebook(), "metadata": {"codeact": {"version": 9}}}),
        "newer codeact .version 9.*upgrade",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_verified_is_said_and_left_as_it_is(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.ipynb"
    text, words = BAD[name]
    path.write_text(text, "utf-8")
    with pytest.raises(NotebookError, match=rf"bad\.ipynb'.*{words}"):
        verify_file(path, KEY)
    assert path.read_text("utf-8") == text
    with pytest.raises(NotebookError, match="look for a typing error"):
        verify_file(tmp_path / "none.ipynb", KEY)


def test_the_command_names_the_cell_and_exits_with_how_it_went(tmp_path: Path) -> None:
    path = tmp_path / "run.ipynb"
    content = recorded(path)
    env = {**environment(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "data")}
    good = codeact("verify", path, cwd=tmp_path, env=env)
    assert (good.returncode, good.stderr) == (0, "")
    assert "as recorded. 16 cells of 2 runs" in good.stdout
    assert "you have no key here" in good.stdout
    assert codeact("verify", path, "--signed", cwd=tmp_path, env=env).returncode == 1
    assert not (tmp_path / "data").exists(), "verifying makes no key"
    content["cells"][ours(content)[4]]["outputs"][0]["data"]["text/plain"] = ["7"]
    text = json.dumps(content)
    path.write_text(text, "utf-8")
    bad = codeact("verify", path, cwd=tmp_path, env=env)
    assert bad.returncode == 1
    assert "NOT as recorded. The code of step 2 (cell 8 of the notebook, id 000" in bad.stdout
    assert "has another output 1 than was recorded" in bad.stdout
    assert path.read_text("utf-8") == text
    assert codeact("verify", tmp_path / "none", cwd=tmp_path, env=env).returncode == 2


def test_outputs_of_an_action_whose_end_nobody_saw_are_told_and_no_tampering(
    tmp_path: Path,
) -> None:
    lost = Observation("unknown", lost="outcome unknown: the program that ran it ended")
    turn = replace(story("0000000a"), steps=(replace(step(1, "print('begun')"), observation=lost),))
    content = recorded(tmp_path / "run.ipynb", conversation(turn))
    index = next(i for i in ours(content) if "outputs" in content["cells"][i])
    outputs = content["cells"][index]["outputs"]
    shown = {"output_type": "stream", "name": "stdout", "text": ["begun\n"]}
    outputs[:] = [shown, dict(shown), *outputs]
    verdict = verify(content, KEY)
    assert verdict.holds and any("broke off" in note for note in verdict.notes), verdict
    outputs.append(shown)
    assert first(content) == ("altered", content["cells"][index]["id"])
    del outputs[1:]
    assert first(content) == ("altered", content["cells"][index]["id"])
