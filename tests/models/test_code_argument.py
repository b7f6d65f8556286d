"""The code of a call while its JSON streams in: any string, split anywhere."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codeact_jupyter.models.code_argument import CodeArgument

anything = st.text(st.characters(categories=["L", "N", "P", "S", "Z", "C"])) | st.text(
    '\\"/bfnrtu\n\t\ud83d\ude00😀dD8cC0{}, '
)


def typed(argument: CodeArgument, raw: str, cuts: list[int]) -> str:
    places = sorted({0, len(raw), *(cut % (len(raw) + 1) for cut in cuts)})
    return "".join(argument.feed(raw[a:b]) for a, b in pairwise(places))


@given(anything, st.booleans(), st.lists(st.integers(0, 10**6)))
@example("\ud83d\ud83d\ude00", True, list(range(40)))
@example("\ud83dA", True, list(range(40)))
@example("\ud83d", True, list(range(40)))
@example("\ud83d\n", True, list(range(40)))
def test_what_is_typed_is_the_code_however_it_is_split(
    code: str, ascii_only: bool, cuts: list[int]
) -> None:
    raw = json.dumps({"code": code, "more": 'x"'}, ensure_ascii=ascii_only)
    argument = CodeArgument()
    shown = typed(argument, raw, cuts)
    assert shown == json.loads(raw)["code"]
    assert argument.raw == raw
    final, problem = argument.final()
    if any("\ud800" <= character <= "\udfff" for character in shown):
        assert (final, "surrogate" in problem) == (None, True)
    else:
        assert (final, problem) == (shown, "")


@given(anything, st.integers(0, 10**6))
def test_a_call_that_is_cut_has_no_code(code: str, cut: int) -> None:
    raw = json.dumps({"code": code})
    argument = CodeArgument()
    shown = argument.feed(raw[: cut % len(raw)])
    assert argument.final()[0] is None
    assert json.loads(raw)["code"].startswith(shown)


@given(st.text(), st.lists(st.integers(0, 100)))
def test_no_text_at_all_is_too_odd(raw: str, cuts: list[int]) -> None:
    argument = CodeArgument()
    typed(argument, raw, cuts)
    code, problem = argument.final()
    assert (code is None) == bool(problem)


def test_other_keys_come_before_or_after() -> None:
    argument = CodeArgument()
    assert argument.feed('{"why": "to see", "code" : "1') == "1"
    assert argument.feed(' + 1"') == " + 1"
    assert argument.feed(', "x": "2"}') == ""
    assert argument.final() == ("1 + 1", "")
    assert argument.arguments() == {"why": "to see", "code": "1 + 1", "x": "2"}


@pytest.mark.parametrize(
    "raw",
    ['{"code": "a"} b', "[" * 100_000, '{"code": "1", "x": Infinity}', '{"code": 1e999}', "3"],
)
def test_what_is_no_json_object_has_no_code(raw: str) -> None:
    argument = CodeArgument()
    argument.feed(raw)
    code, problem = argument.final()
    assert code is None
    assert problem
    assert argument.arguments() is None


def test_raw_control_characters_are_what_the_model_meant() -> None:
    argument = CodeArgument()
    assert argument.feed('{"code": "a\nb\tc"}') == "a\nb\tc"
    assert argument.final() == ("a\nb\tc", "")
