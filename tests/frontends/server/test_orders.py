"""What a front end sends: read as it is meant, or refused in words that name what is wrong."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from codeact_jupyter.errors import CodeActError, SettingsError
from codeact_jupyter.frontends.server.orders import notebook_of, order_of
from codeact_jupyter.frontends.server.rebuilds import rebuilding_of
from codeact_jupyter.frontends.server.surroundings import surroundings
from codeact_jupyter.notebook.beginning import new_notebook
from codeact_jupyter.notebook.frames import conversation_frames
from codeact_jupyter.notebook.inline import conversations_of
from codeact_jupyter.notebook.outputs import KEY
from codeact_jupyter.safety.locking import locked_by_cells
from tests.notebook.stories import conversation, step, story

ODD: tuple[Any, ...] = (None, 5, "x", [], {}, [1], ["x", 2], {"a": 1}, True, -1, [[]], [{}])
STREAM = {"output_type": "stream", "name": "stdout", "text": "1\n"}
ODD_OUTPUTS = (
    {**STREAM, "text": -1},
    {**STREAM, "text": [{}]},
    {"output_type": "stream", "name": "stdout"},
    {"output_type": "error", "ename": "E", "evalue": 5},
    {"output_type": "error", "ename": "E", "evalue": "", "traceback": 5},
    {"output_type": "display_data", "data": 5, "metadata": {}},
    {"output_type": "execute_result", "data": {}, "metadata": [1]},
    {"output_type": [5]},
    "x",
)


def body() -> dict[str, Any]:
    """An order in a notebook with a run, and a cell of the person's."""
    said = conversation(replace(story(), steps=(step(1, "x = 1"),)))
    notebook = new_notebook(said)
    mine = {"id": "p", "cell_type": "code", "source": "a = 1", "execution_count": 1}
    tags = {"metadata": {"tags": ["codeact:locked"]}, "outputs": [STREAM]}
    cells = [{**mine, **tags}, *notebook["cells"]]
    given = {"context": [{"title": "t", "text": "x"}], "images": [], "options": {}}
    about = {"path": "n.ipynb", "kernel": "k", "task": "do", "after": "", **given}
    whole = {**about, "cells": cells, "metadata": notebook["metadata"][KEY]}
    return json.loads(json.dumps(whole))  # type: ignore[no-any-return]


def read(sent: Any) -> list[Any]:
    """The frames of the conversations that a body holds, as the route tells them."""
    held = conversations_of(*notebook_of(sent))
    frames = [frame for each in held for frame in conversation_frames(each)]
    return json.loads(json.dumps(frames))  # type: ignore[no-any-return]


def begin(sent: Any) -> None:
    """Read an order as far as a run does that begins."""
    order = order_of(sent)
    conversations_of(order.cells, order.metadata)
    assert order.words and surroundings(order.cells) is not None
    locked_by_cells(order.cells)


def places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where each value in this one is."""
    listed = enumerate(value) if isinstance(value, list) else ()
    for key, each in value.items() if isinstance(value, dict) else listed:
        yield (*place, key)
        yield from places(each, (*place, key))


@pytest.mark.parametrize("use", [read, begin, rebuilding_of], ids=lambda use: use.__name__)
def test_a_body_with_anything_odd_in_it_is_used_or_refused_in_words(
    use: Callable[[Any], object],
) -> None:
    chance = random.Random(7)
    whole = body()
    near = [place for place in places(whole) if "record" not in place and "chain" not in place]
    for place in chance.sample(near, 60):
        sent = copy.deepcopy(whole)
        holder = sent
        for key in place[:-1]:
            holder = holder[key]
        holder[place[-1]] = copy.deepcopy(chance.choice(ODD))
        with suppress(CodeActError):
            use(sent)


@pytest.mark.parametrize("odd", ODD_OUTPUTS, ids=repr)
def test_an_output_that_is_none_is_left_out_and_the_rest_is_shown(odd: Any) -> None:
    sent = body()
    action = next(cell for cell in sent["cells"] if cell["id"].endswith("-1-action"))
    action["outputs"] = [odd, STREAM]
    sent["cells"][0]["outputs"] = [STREAM, odd]
    steps = [frame for frame in read(sent) if frame["type"] == "step"]
    assert [frame["outputs"] for frame in steps] == ["1 line"]
    cells, _ = notebook_of(sent)
    assert cells[0]["outputs"] == [STREAM]
    assert rebuilding_of({**sent, "allow": []}).parts


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"context": ["x"]}, "a context must be an object, not str"),
        ({"context": [{"title": 3, "text": "x"}]}, "title cannot be 3: it must be a text"),
        ({"cells": [{"id": "a", "source": [{}]}]}, r"source of the cell 'a' cannot be \[{}\]"),
        ({"cells": [{"id": "a", "source": 5}]}, "it must be a text, or a list of texts"),
        ({"cells": [{"id": "a", "source": "", "cell_type": 5}]}, "cannot be of the type 5; use"),
    ],
)
def test_what_is_odd_is_named(change: Any, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        order_of({**body(), **change})
