"""Sets of code with a label: what must ask, and what must not; how the gate fares on each."""

from pathlib import Path

import pytest

from codeact_jupyter.safety.effects import Effect, effects_of

from .bypasses import BYPASSES, EARLIER, Earlier
from .detours import DETOURS
from .documented import BINDINGS as DOCUMENTED
from .documented import examples
from .notebooks import BINDINGS, CELLS, TEXTS
from .test_effects_ordinary import ORDINARY
from .test_effects_risky import RISKY

WORKSPACE = Path("/srv/data")
MOST_FALSE_ASKS = 0.10


def found(code: str, **known: object) -> tuple[Effect, ...]:
    def exists(path: Path) -> bool:
        return path == WORKSPACE / "existing.csv"

    return effects_of(code, workspace=WORKSPACE, exists=exists, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "code"),
    [(row, code) for row, codes in (BYPASSES | DETOURS).items() for code in codes],
)
def test_a_known_way_around_the_reading_asks(row: str, code: str) -> None:
    assert found(code), f"nothing was found in this one of {row!r}"


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda earlier: earlier.code)
def test_what_an_earlier_cell_left_does_not_hide_it(earlier: Earlier) -> None:
    known = {"bindings": earlier.bindings, "texts": earlier.texts, "sources": earlier.sources}
    assert found(earlier.code, **known)


def test_the_cells_of_ordinary_notebooks_rarely_ask() -> None:
    asking = {
        cell: effects for cell in CELLS if (effects := found(cell, bindings=BINDINGS, texts=TEXTS))
    }
    assert len(asking) <= MOST_FALSE_ASKS * len(CELLS), asking
    assert not asking, "the rate is kept at nothing: a new rule that asks here is too wide"


def test_the_examples_of_a_librarys_documentation_rarely_ask() -> None:
    codes = list(examples("pandas"))[::5]  # all of them in `benchmarks gate`
    asking = [code for code in codes if found(code, bindings=DOCUMENTED)]
    assert len(codes) > 200
    assert len(asking) <= MOST_FALSE_ASKS * len(codes), asking


def test_the_labelled_sets_are_large() -> None:
    risky = sum(map(len, RISKY.values())) + sum(map(len, BYPASSES.values())) + len(EARLIER)
    assert risky + sum(map(len, DETOURS.values())) >= 900
    assert len(set(CELLS) | set(ORDINARY)) >= 300
