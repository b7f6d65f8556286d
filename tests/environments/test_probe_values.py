"""What is told of one value, and that telling it calls nobody's code."""

import collections
import datetime
import decimal
import json
import math
import os
import pathlib

import numpy
import pandas
import pytest

from codeact_jupyter.environments import probe as probe_module
from codeact_jupyter.environments.probe import changes, probe
from tests.environments.hostile import CALLS, SpyZone, hostile_values


@pytest.fixture(autouse=True)
def time_enough(monkeypatch):
    """However busy the machine is: what is told when time is short is tested in `test_probe`."""
    monkeypatch.setattr(probe_module, "DEADLINE_SECONDS", 60)


def entry(value):
    return probe({"value": value})["names"]["value"]


def told(value):
    found = entry(value)
    return found["type"], found["shape"], found["detail"]


def test_no_code_of_the_users_is_called():
    namespace, hostile = hostile_values()
    hostile.arm()
    CALLS.clear()
    found = probe(namespace)
    again = probe(namespace, hidden={"nothing": namespace["plain"]})
    assert CALLS == []
    assert changes(found, again) == {"added": [], "changed": [], "deleted": []}
    assert list(found["names"]) == list(namespace)
    assert found["names"]["labelled"]["detail"] == "?: int64, ?: int64"
    json.dumps(found)


def test_the_spies_do_count():
    namespace, hostile = hostile_values()
    hostile.arm()
    CALLS.clear()
    plain = namespace["plain"]
    for call in (repr, len, bool, hash, list, lambda each: each.any, lambda each: type(each).any):
        with pytest.raises(RuntimeError):
            call(plain)
    for call in (
        lambda: plain == 1,
        lambda: isinstance(plain, int),
        lambda: isinstance(1, type(plain)),
    ):
        with pytest.raises(RuntimeError):
            call()
    assert len(CALLS) == 10


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, ("int", None, "5")),
        (True, ("bool", None, "True")),
        (math.nan, ("float", None, "nan")),
        (None, ("NoneType", None, "None")),
        (1 << 100_000, ("int", None, "100001 bits")),
        ("", ("str", None, "0 characters")),
        ("a\nb\ud800", ("str", None, "4 characters: 'a\\nb\\ud800'")),
        (b"abc", ("bytes", None, "3 bytes")),
        ([1, "a", 2.0, 4], ("list", None, "4 items: int, str, float, ...")),
        ((), ("tuple", None, "0 items")),
        ({1}, ("set", None, "1 item: int")),
        ({"a": 1, 2: []}, ("dict", None, "2 items: 'a': int, 2: list")),
        (collections.Counter("a"), ("collections.Counter", None, "1 item: 'a': int")),
        (range(3), ("range", None, "0, 3, 1")),
        (
            lambda x, /, y=1, *z, k, m=2, **w: x,
            ("function", None, "(x, /, y=..., *z, k, m=..., **w)"),
        ),
        (lambda *, k: k, ("function", None, "(*, k)")),
        (SpyZone, ("type", None, "class")),
        (os, ("module", None, "os")),
        (object(), ("object", None, None)),
        (decimal.Decimal("1.5"), ("decimal.Decimal", None, "1.5")),
        (pathlib.Path("/tmp/a"), ("pathlib.PosixPath", None, "/tmp/a")),
        (datetime.date(2026, 1, 2), ("datetime.date", None, "2026-01-02")),
        (
            datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
            ("datetime.datetime", None, "2026-01-02T00:00:00+00:00"),
        ),
        (numpy.zeros((2, 3)), ("numpy.ndarray", [2, 3], "float64")),
        (numpy.zeros(2, [("a", "i4")]), ("numpy.ndarray", [2], "structured")),
        (numpy.float64(1.5), ("numpy.float64", None, "1.5")),
        (pandas.Timestamp("2026-01-02"), ("pandas.Timestamp", None, "2026-01-02T00:00:00")),
        (pandas.Series([1], name="n"), ("pandas.Series", [1], "n: int64")),
        (pandas.RangeIndex(3), ("pandas.RangeIndex", [3], "int64")),
        (pandas.MultiIndex.from_tuples([(1, 2)]), ("pandas.MultiIndex", [1], "2 levels")),
    ],
    ids=lambda each: each[0] if isinstance(each, tuple) and len(each) == 3 else "",
)
def test_a_value_of_a_known_type_is_described(value, expected):
    assert told(value) == expected


@pytest.mark.parametrize("name", ["api_key", "OPENAI_API_KEY", "token", "db_password", "secret_2"])
def test_a_text_whose_name_says_that_it_is_secret_is_not_shown(name):
    found = probe({name: "hunter2-hunter2", "keyboard": "qwerty"})["names"]
    assert found[name]["detail"] == "15 characters"
    assert found["keyboard"]["detail"] == "6 characters: 'qwerty'"
