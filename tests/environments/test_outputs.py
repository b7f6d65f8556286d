"""What a kernel or a shell shows becomes outputs that a notebook can hold."""

from __future__ import annotations

import json

import pytest

from codeact_jupyter.engine.trajectory import Display
from codeact_jupyter.environments.outputs import MOST_NESTED, TOO_DEEP, clean, produced
from tests.nesting import nested

WORD = TOO_DEEP.format(MOST_NESTED)


def test_data_becomes_what_the_format_has() -> None:
    given = {"application/json": {"b": (1, {"c": 2})}, "text/plain": ["a", "b"], "image/png": b"x"}
    assert clean(given) == {
        "application/json": {"b": [1, {"c": 2}]},
        "image/png": "eA==",
        "text/plain": "ab",
    }


@pytest.mark.parametrize("levels", [MOST_NESTED + 1, 600, 100_000])
def test_json_too_deep_for_a_notebook_is_left_out_and_said(levels: int) -> None:
    deep = nested(levels)
    assert clean({"application/json": deep}) == {"text/plain": WORD}
    assert clean({"application/x+json": deep, "text/plain": "t"}) == {"text/plain": f"t\n{WORD}"}
    content = {"data": {"text/plain": "t"}, "metadata": {"m": deep}}
    shown = produced({"msg_type": "display_data", "content": content})
    assert shown == Display({"text/plain": "t"}, {}, "")


def test_json_as_deep_as_a_notebook_holds_is_kept() -> None:
    kept = clean({"application/json": nested(MOST_NESTED)})
    json.dumps(kept)
    assert kept["application/json"] == nested(MOST_NESTED)
