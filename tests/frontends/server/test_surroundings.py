"""The notebook around a conversation, in words for the model."""

from __future__ import annotations

from typing import Any

from codeact_jupyter.frontends.server.surroundings import LONGEST, MOST_CELLS, surroundings


def cell(source: str, kind: str = "code", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "source": source, "metadata": {}, **more}


def test_an_empty_notebook_says_nothing() -> None:
    assert surroundings([]) == ""
    assert surroundings([cell("  "), cell("%%codeact\ndo it")]) == ""


def test_cells_are_told_in_order_with_their_numbers() -> None:
    words = surroundings([cell("# Title", "markdown"), cell("x = 1", execution_count=7)])
    assert words.index("# Title") < words.index("In [7]:\nx = 1")


def test_cells_of_runs_and_those_that_are_told_anyway_are_left_out() -> None:
    ours = {**cell("agent = 1"), "metadata": {"codeact": {}}}
    assert surroundings([ours, cell("known = 1\n")], {"known = 1"}) == ""


def test_of_a_large_notebook_the_end_is_told() -> None:
    many = [cell(f"x{number} = 1") for number in range(MOST_CELLS + 5)]
    words = surroundings(many)
    assert "x4 = 1" not in words and "x5 = 1" in words and "(5 earlier" in words
    assert len(surroundings([cell("y" * 10**6)] * 40)) < LONGEST + 500
