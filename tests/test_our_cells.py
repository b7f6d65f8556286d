"""Which cells are the person's own, whatever stands above their first line."""

from __future__ import annotations

import pytest

from codeact_jupyter.frontends.magic import awaited
from codeact_jupyter.our_cells import OURS

COMMENTED = "# an old line\n\n" * 500
MAGICS = (
    "%%codeact\ndo it",
    "%codeact undo",
    "%load_ext codeact_jupyter\n",
    "\t%reload_ext codeact_jupyter",
)


@pytest.mark.timeout(20)
def test_a_cell_that_is_commented_out_is_the_persons_and_is_read_once() -> None:
    for last in ("", "x = 1", "# %%codeact", "print('%codeact')"):
        assert not OURS.match(COMMENTED + last)


@pytest.mark.parametrize("above", ["", "\n", "# a\n\n \t# b\n", COMMENTED])
@pytest.mark.parametrize("magic", MAGICS)
def test_comments_and_blank_lines_may_stand_above_a_magic(above: str, magic: str) -> None:
    assert OURS.match(above + magic)


@pytest.mark.timeout(20)
def test_a_cell_that_is_commented_out_runs_as_it_is() -> None:
    lines = f"{COMMENTED}x = 1\n".splitlines(keepends=True)
    assert awaited(lines) == lines
