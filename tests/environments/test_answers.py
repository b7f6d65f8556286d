"""What a kernel answers is read as what was asked for, or it is no answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from codeact_jupyter.engine.undoing import Change, Gap, Points, Restored, Undoable
from codeact_jupyter.environments.answers import (
    answer_of,
    gaps_of,
    look_of,
    points_of,
    restored_of,
    shown_of,
    undoable_of,
)
from codeact_jupyter.environments.probe import probe
from codeact_jupyter.errors import EnvironmentFailure


def looked() -> dict[str, Any]:
    """A look, as a kernel tells it."""

    def double(number: int) -> int:
        return 2 * number

    names = {"x": 1, "word": "short", "listed": [1, 2], "double": double, "loads": json.loads}
    look: dict[str, Any] = json.loads(json.dumps(probe(names, limit=3)))
    look["touched"] = [["reads", "/data.csv"]]
    return look


LOOK = looked()
UNDOABLE = {
    "items": [{"kind": "variable", "name": "x", "what": "changed", "type": "int"}],
    "gaps": {"f": "it is open"},
    "undone": False,
    "points": ["0000000a"],
}
POINTS = {"kept": ["0000000a"], "undone": [["0000000b", "0000000b-2"]]}
RESTORED = {"done": ["x"], "kept": [], "failed": ["y"]}


def shown(answer: Any) -> dict[str, Any]:
    """An answer, as a kernel shows it."""
    return {"status": "ok", "data": {"text/plain": repr(json.dumps(answer))}, "metadata": {}}


@pytest.mark.parametrize(
    ("read", "told", "meant"),
    [
        (look_of, LOOK, LOOK),
        (gaps_of, {"f": "it is open"}, (Gap("f", "it is open"),)),
        (
            undoable_of,
            UNDOABLE,
            Undoable(
                (Change("variable", "x", "changed", "int"),),
                (Gap("f", "it is open"),),
                points=("0000000a",),
            ),
        ),
        (points_of, POINTS, Points(("0000000a",), (("0000000b", "0000000b-2"),))),
        (restored_of, RESTORED, Restored(("x",), (), ("y",))),
        (look_of, None, None),
    ],
    ids=["look", "gaps", "undoable", "points", "restored", "nothing"],
)
def test_what_was_asked_for_is_read(read: Callable[[Any], Any], told: Any, meant: Any) -> None:
    assert answer_of(shown(told), read) == meant


def without(told: dict[str, Any], part: str) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name != part}


def entry_with(**facts: Any) -> dict[str, Any]:
    look = deepcopy(LOOK)
    look["names"]["x" if "x" in look["names"] else next(iter(look["names"]))].update(facts)
    return look


ILL = [
    *((look_of, without(LOOK, part)) for part in ("names", "others", "omitted", "bindings")),
    *((look_of, {**LOOK, part: 1}) for part in ("names", "others", "bindings", "folders")),
    *((look_of, {**LOOK, part: [1]}) for part in ("directory", "omitted", "folders", "touched")),
    *((look_of, {**LOOK, "touched": [each]}) for each in (["reads"], "ab", ["reads", 1])),
    *((look_of, {**LOOK, part: {"x": 1}}) for part in ("names", "others", "bindings")),
    *((look_of, entry_with(**{part: [[]]})) for part in ("type", "mark", "text", "size", "shape")),
    *((look_of, told) for told in ([], "look", 1, True)),
    *((gaps_of, told) for told in ([1], "gaps", 1)),
    *((undoable_of, without(UNDOABLE, part)) for part in UNDOABLE),
    (undoable_of, {**UNDOABLE, "items": [{"kind": "x", "name": "x", "what": "changed"}]}),
    (undoable_of, {**UNDOABLE, "items": [{"kind": "variable", "name": [], "what": "changed"}]}),
    (undoable_of, {**UNDOABLE, "items": [{"kind": [], "name": "x", "what": "changed"}]}),
    (undoable_of, {**UNDOABLE, "items": [{"other": 1}]}),
    *((points_of, without(POINTS, part)) for part in POINTS),
    (points_of, {**POINTS, "undone": [1]}),
    *((restored_of, without(RESTORED, part)) for part in RESTORED),
]


@pytest.mark.parametrize(("read", "told"), ILL)
def test_what_was_not_asked_for_is_no_answer(read: Callable[[Any], Any], told: Any) -> None:
    with pytest.raises(EnvironmentFailure, match="cannot be read"):
        answer_of(shown(told), read)


@pytest.mark.parametrize(
    "content",
    [
        *({}, {"user_expressions": 1}, {"user_expressions": {}}),
        *({"user_expressions": {"codeact": told}} for told in ("x", {"status": 1})),
    ],
)
def test_a_reply_that_shows_nothing_of_what_was_asked_is_no_answer(content: Any) -> None:
    with pytest.raises(EnvironmentFailure, match="did not answer"):
        shown_of(content)
