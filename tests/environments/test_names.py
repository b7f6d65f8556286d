"""What is told of a namespace with more names than can be told."""

from __future__ import annotations

from typing import Any

from codeact_jupyter.environments.names import MOST_TOLD, Names
from codeact_jupyter.environments.probe import probe


def many(count: int) -> dict[str, Any]:
    return {f"v{at}": at for at in range(count)}


def test_all_names_that_are_not_told_are_counted() -> None:
    for count in (5_000, 30_000):
        for anew in (True, False):
            told, _, omitted = Names(".").after_person(probe(many(count)), anew=anew)
            assert (len(told), omitted) == (MOST_TOLD, count - MOST_TOLD)


def test_names_that_are_new_later_are_counted_too() -> None:
    names, namespace = Names("."), many(5_000)
    names.after_person(probe(namespace), anew=True)
    namespace |= {f"w{at}": at for at in range(700)}
    told, _, omitted = names.after_person(probe(namespace))
    assert (told[-1].name, len(told), omitted) == ("w699", MOST_TOLD, 600)
    assert names.after_person(probe(namespace))[0::2] == ((), 0)


def test_names_that_the_task_mentions_are_told_whatever_their_age() -> None:
    names, look = Names("."), probe({"df": 1, **many(300), "last": 2})
    told, _, omitted = names.after_person(look, anew=True, mentioned=["add", "df", "v7", "last"])
    known = [each.name for each in told]
    assert (known[:2], known[-1]) == (["df", "v7"], "last")
    assert (len(told), omitted) == (MOST_TOLD, 302 - MOST_TOLD)
    assert len(names.after_person(look, anew=True, mentioned=list(many(250)))[0]) == MOST_TOLD


def test_a_name_that_was_left_out_is_told_once_when_a_task_mentions_it() -> None:
    names, look = Names("."), probe({"df": 1, **many(300)})
    names.after_person(look, anew=True)
    told, _, omitted = names.after_person(look, mentioned=["df", "v299"])
    assert ([each.name for each in told], omitted) == (["df"], 0)
    assert names.after_person(look, mentioned=["df"])[0] == ()
