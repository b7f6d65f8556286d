"""What is seen and was not foreseen is said; what was asked about, or is ordinary, is not."""

import pytest

from codeact_jupyter.engine.noticing import noticed
from codeact_jupyter.engine.telling import Telling
from codeact_jupyter.engine.trajectory import (
    Action,
    Approval,
    Observation,
    Reply,
    Step,
    Touched,
)

REPLY = Reply((), code="f()")


def step(*kinds: str) -> Step:
    approval = Approval("allowed", "policy", "", kinds=kinds)
    return Step(1, REPLY, action=Action("f()", "abc-1-action"), approval=approval)


def said(touched: Touched, *kinds: str) -> str:
    return noticed(step(*kinds), Observation("ok", touched=(touched,)), "/srv/data").unforeseen


@pytest.mark.parametrize(
    ("touched", "words"),
    [
        (Touched("deletes", "data.csv"), "it also deleted data.csv"),
        (Touched("moves", "a"), "it also moved a"),
        (Touched("overwrites", "data.csv"), "it also wrote over data.csv"),
        (Touched("altered", "data.csv"), "it also changed data.csv, as its file shows"),
        (Touched("gone", "data.csv"), "it also left data.csv deleted"),
        (Touched("changed", "new.parquet"), ""),
        (Touched("process", "curl x"), "it also started the process curl x"),
        (Touched("process", "/usr/bin/fc-list --format=%{file}\\n"), ""),
        (Touched("process", "lscpu -p; curl x"), "it also started the process lscpu -p; curl x"),
        (Touched("network", "evil.example 443"), "it also contacted evil.example 443"),
        (Touched("writes", "/etc/x"), "it also wrote /etc/x"),
        (Touched("writes", "/srv/data-2/x"), "it also wrote /srv/data-2/x"),
        (Touched("writes", "/home/me/.cache/matplotlib/fontlist-v390.json"), ""),
        (Touched("deletes", "/home/me/.matplotlib/fontlist-v390.json.matplotlib-lock"), ""),
        (Touched("writes", "/home/me/matplotlib/x"), "it also wrote /home/me/matplotlib/x"),
        (Touched("writes", "new.csv"), ""),
        (Touched("writes", "/srv/data/new.csv"), ""),
        (Touched("of another version", "x"), ""),
    ],
)
def test_what_was_not_foreseen_is_said_in_words(touched: Touched, words: str) -> None:
    assert said(touched) == words
    assert said(touched, "reads") == words


def test_where_the_reading_told_of_a_risk_nothing_more_is_said() -> None:
    assert said(Touched("deletes", "x"), "delete") == ""


def test_much_is_counted_and_the_model_reads_it() -> None:
    many = tuple(Touched("deletes", f"{number}.csv") for number in range(8))
    seen = noticed(step(), Observation("ok", touched=many), "/srv/data")
    assert seen.unforeseen.endswith("deleted 4.csv; 3 more such things")
    (told,) = Telling().observation(REPLY, seen)
    assert "it also deleted 0.csv" in told["text"]
