"""Sets of code with a label: what must ask, and what must not; how the gate fares on each."""

import ast
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


def in_turn(number: int) -> dict[str, str]:
    """The sources of functions of which each calls the one before; the first deletes a file."""
    first = {"f0": "def f0():\n    import os\n    os.remove('x')\n"}
    return first | {f"f{at}": f"def f{at}():\n    f{at - 1}()\n" for at in range(1, number + 1)}


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


@pytest.mark.parametrize("far", [1, 8, 29])
def test_a_function_that_others_call_in_turn_is_read(far: int) -> None:
    assert [each.kind for each in found(f"f{far}()", sources=in_turn(far))] == ["delete"]


def test_functions_that_call_each_other_beyond_what_is_read_ask() -> None:
    (effect,) = found("f200()", sources=in_turn(200))
    assert effect.kind == "dynamic" and "could not be read" in effect.detail


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


# Code in which each part would be read twice by the part around it, or put together to no end.
GROWING = {
    "a chain of methods": "df" + ".assign(a=1).dropna()" * 40 + ".to_csv('/etc/x')",
    "a sum on the right": "open('/etc/x' + " + "('a' + " * 60 + "'b'" + ")" * 60 + ", 'w')",
    "a text that doubles": "a = 'x'\n" + "a = a + a\n" * 200 + "open('/etc/x' + a, 'w')",
    "a path that doubles": "a = Path('x')\n" + "a = a / a\n" * 200 + "open('/etc' / a, 'w')",
    "a template of itself": "a = '/'\n"
    + "a = '{0}{0}'.format(a)\n" * 99
    + "open('/etc/' + a, 'w')",
    "an older template": "a = 'x'\n" + "a = '%s%s' % (a, a)\n" * 99 + "open('/etc/' + a, 'w')",
    "a wide template": "open('/etc/{:>{}}'.format('x', '9999999999'), 'w')",
    "a wide older template": "open('/etc/%9999999999s' % 'x', 'w')",
    "a replacement": f"os.remove('{'x' * 20_000}'.replace('x', '{'y' * 20_000}'))",
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("shape", GROWING)
def test_code_of_any_shape_is_read_in_bounds_and_asks_as_ever(shape: str) -> None:
    assert found(GROWING[shape])


# What is read again and again, for longer than people wait.
TOO_MUCH = {
    "long chains": f"df{'.a()' * 100}\n" * 200,
    "calls in calls": f"{'f(' * 80}{')' * 80}\n" * 300,
    "a long text that each call is given": f"a = '{'x' * 50_000}'\n" + "d.get(a)\n" * 2_000,
    "a long path that each call is given": f"a = '{'a/' * 2_000}'\n" + "open(a)\n" * 2_000,
    "functions among many names": "".join(f"a{at} = 1\n" for at in range(4_000))
    + "".join(f"def f{at}(): 0\n" for at in range(2_000)),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("shape", TOO_MUCH)
def test_code_that_would_take_too_long_to_read_asks(shape: str) -> None:
    (effect,) = (each for each in found(TOO_MUCH[shape]) if each.kind == "dynamic")
    assert effect.detail == "the code could not be read"


def test_a_long_cell_of_ordinary_lines_is_read_whole() -> None:
    line = "df['a{0}'] = df['b{0}'].fillna(0).astype(int).rolling(7).mean()\n"
    code = "".join(line.format(at) for at in range(500))
    assert not found(code, bindings=BINDINGS)
    (effect,) = found(f"{code}import os\nos.remove('x')", bindings=BINDINGS)
    assert effect.kind == "delete"


DOTS = "./" * 10_001  # which the file system drops: what follows counts
TOO_LONG = [
    "open('{:{}}'.format('/etc/x', '1'), 'w')",
    "open('sub/{:.9999}'.format('../../../etc/x'), 'w')",
    "open('sub/%0001s' % '../../../etc/x', 'w')",
    f"(Path('{DOTS}') / '../../etc/x').write_text('x')",
    f"Path('{DOTS}').joinpath('../../etc/x').write_text('x')",
    f"open(os.path.join('{DOTS}', '../../etc/x'), 'w')",
    f"open(os.path.normpath('{DOTS}' + '../../etc/x'), 'w')",
    f"shutil.copy('a', '{DOTS}' + '../../etc/x')",
    f"df.to_csv('{DOTS}' + '../../etc/x')",
    f"a = '../../etc/x'\nopen(f'{DOTS}{{a}}', 'w')",
    f"open('sub/X/../../../etc/x'.replace('X', '{DOTS}'), 'w')",
    f"os.remove('{DOTS}' + '../../etc/x')",
]


@pytest.mark.parametrize("code", TOO_LONG, ids=range(len(TOO_LONG)))
def test_a_path_that_is_too_long_to_be_put_together_is_not_lost(code: str) -> None:
    assert found(code)


def test_a_function_too_far_away_is_read_once_however_often_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed, parse = [], ast.parse

    def noted(source: str, *more: object, **named: object) -> ast.AST:
        parsed.append(source)
        return parse(source, *more, **named)  # type: ignore[call-overload, no-any-return]

    sources = in_turn(40)
    sources["f11"] = "def f11():\n" + "    f10()\n" * 50  # the first that is too far
    monkeypatch.setattr(ast, "parse", noted)
    assert found("f40()", sources=sources)
    assert max(parsed.count(each) for each in sources.values()) <= 1
