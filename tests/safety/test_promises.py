"""The tables of SECURITY.md: each promise names tests that exist, and numbers that are so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .bypasses import BYPASSES, EARLIER
from .detours import DETOURS
from .notebooks import CELLS
from .test_effects_ordinary import ORDINARY
from .test_effects_risky import RISKY

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`((?:tests/)?[\w/]*test_\w+)(?:\.py)?(?:::(\w+))?`")
LABELLED = sum(len(codes) for kind in (RISKY, BYPASSES, DETOURS) for codes in kind.values())


def promises() -> Iterator[tuple[str, str]]:
    """Each promise, with what its row says to prove it."""
    promising = False
    for line in (ROOT / "SECURITY.md").read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        promising = line.startswith("|") and (promising or cells == ["promise", "test"])
        if promising and len(cells) == 2 and cells[0] not in ("promise", "---"):
            yield cells[0], cells[1]


def modules_of(name: str) -> list[Path]:
    """The test modules of this name, whole from the root or the last part alone."""
    place = f"{name}.py" if "/" in name else f"tests/**/{name}.py"
    return list(ROOT.glob(place))


@pytest.mark.parametrize(("promise", "proof"), list(promises()))
def test_a_promise_names_tests_that_exist(promise: str, proof: str) -> None:
    named = NAMED.findall(proof)
    assert named, f"nothing proves {promise!r}"
    for name, function in named:
        modules = modules_of(name)
        assert modules, f"there is no {name}.py"
        if function:
            assert any(f"def {function}(" in module.read_text("utf-8") for module in modules)


def test_the_page_says_how_large_the_labelled_sets_are() -> None:
    page = (ROOT / "SECURITY.md").read_text("utf-8")
    assert f"all {LABELLED + len(EARLIER)} of a labelled set" in page
    assert f"none of the {len(set(CELLS) | set(ORDINARY))} of a set of ours" in page
