"""Every single field of a recorded run, changed and taken away: noticed, or declared to be view."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from codeact_jupyter.engine.aftermath import renewed
from codeact_jupyter.engine.trajectory import Trajectory
from codeact_jupyter.errors import NotebookError
from codeact_jupyter.record.findings import Verdict
from codeact_jupyter.record.verify import verify
from tests.notebook.stories import bar, conversation, kinds_of_outputs, story

from .test_verify import KEY, Json, ours, pictured, recorded

Way = tuple[Any, ...]
OF_THE_RECORD = ("source", "outputs", "attachments", "cell_type", "execution_count")
SHARES = 4  # so that each test is short


def kinds() -> Trajectory:
    told = conversation(replace(story("0000000a"), steps=kinds_of_outputs("0000000a")))
    return renewed(told, {"bar": bar("100%")})


NOTEBOOKS = {"stories": conversation(pictured("0000000a"), story("0000000b")), "kinds": kinds()}


@pytest.fixture(scope="module", params=NOTEBOOKS)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Json:
    path = tmp_path_factory.mktemp("whole") / "run.ipynb"
    return recorded(path, NOTEBOOKS[request.param])


def ways(value: Any, way: Way = ()) -> Iterator[Way]:
    """The way to each part of this value: to what is in it, and then to itself."""
    if isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from ways(item, (*way, key))
    if way:
        yield way


def mutated(value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return f"{value[:-1]}{'x' if value[-1:] != 'x' else 'y'}"
    return {dict: {"new": 1}, list: ["new"]}.get(type(value), "not nothing")


def mutations(whole: Any, parts: Any) -> Iterator[tuple[Way, Any]]:
    """Copies of `whole` in which one thing of its `parts` is another, or is not there."""
    for way in ways(parts):
        for is_there in (True, False):
            changed = copy.deepcopy(whole)
            holder = changed
            for key in way[:-1]:
                holder = holder[key]
            if holder[way[-1]] in ({}, []):
                continue  # none means the same
            if is_there:
                holder[way[-1]] = mutated(holder[way[-1]])
            else:
                del holder[way[-1]]
            yield (*way, is_there), changed


def verdict_of(content: Json, way: Way) -> Verdict | None:
    """What comes of verifying this; None where it is refused, as of a newer version."""
    try:
        return verify(content, KEY)
    except NotebookError as error:
        assert "newer" in str(error) and way[-3:] == ("codeact", "version", True)
        return None


def is_view(cell: Json, way: Way) -> bool:
    """What the README names as not sealed: counts of executions, that a display was updated."""
    match way:
        case ("execution_count", _):
            return True
        case ("outputs", at, "execution_count", _):
            return bool(cell["outputs"][at]["execution_count"] is None)
        case ("metadata", "codeact", "extras", _, "was", is_there):
            return not is_there
    return False


@pytest.mark.parametrize("share", range(SHARES))
def test_every_change_of_a_field_is_noticed_at_its_cell_but_for_counts_of_executions(
    whole: Json, share: int
) -> None:
    missed, changes = [], 0
    for index in ours(whole)[share::SHARES]:
        cell = whole["cells"][index]
        parts = {key: cell[key] for key in OF_THE_RECORD if key in cell}
        parts["metadata"] = {"codeact": cell["metadata"]["codeact"]}
        for way, changed in mutations(cell, parts):
            changes += 1
            cells = [*whole["cells"][:index], changed, *whole["cells"][index + 1 :]]
            if (verdict := verdict_of({**whole, "cells": cells}, way)) is None:
                continue
            at = (verdict.first.cell, verdict.first.place) if verdict.first else None
            said = any("shows a widget, and lacks 1" in note for note in verdict.notes)
            if at != (cell["id"], index + 1) and not said and not is_view(cell, way):
                missed.append((cell["id"], way, at))
    assert not missed, missed
    assert changes > 50


def test_every_change_of_the_notebooks_own_metadata_is_noticed_but_of_what_merges_saves(
    whole: Json,
) -> None:
    missed = []
    for way, changed in mutations(whole["metadata"], {"codeact": whole["metadata"]["codeact"]}):
        if (verdict := verdict_of({**whole, "metadata": changed}, way)) is None:
            continue
        if (verdict.holds and verdict.signed) != ("written" in way):
            missed.append((way, verdict))
    assert not missed, missed
