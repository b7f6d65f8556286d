"""Looking again and again tells what looking afresh would."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

from codeact_jupyter.environments import probe as probing
from codeact_jupyter.environments.looking import Looking
from codeact_jupyter.environments.names import Names
from codeact_jupyter.environments.probe import changes, probe

VALUES = (1, 2.5, True, None, "text", b"bytes", 10**400, "\ud800", (1, 2), [1], {"a": 1}, {1})


class Hostile:
    """A name that is no text, and a value whose class counts who asks."""

    asked = 0

    def __hash__(self) -> int:
        Hostile.asked += 1
        return 1

    def __eq__(self, other: object) -> bool:
        Hostile.asked += 1
        return self is other


def shell(namespace: dict[Any, Any]) -> Any:
    return SimpleNamespace(user_ns=namespace, user_ns_hidden={})


def told(look: dict[str, Any]) -> dict[str, Any]:
    """A look without what it says of the one before it."""
    return {key: value for key, value in look.items() if key not in ("since", "renewed")}


def test_it_tells_what_a_fresh_probe_tells(monkeypatch):
    for name in ("DEADLINE_SECONDS", "CONTENT_SECONDS"):  # not a question of time
        monkeypatch.setattr(probing, name, 60.0)
    chance = random.Random(7)
    namespace: dict[str, Any] = {}
    looking = Looking(shell(namespace))
    before, last = probe(namespace), looking.look()
    assert told(last) == before
    afresh, again = Names("."), Names(".")
    for _ in range(400):
        for _ in range(chance.randrange(4)):
            name = f"v{chance.randrange(30)}"
            if chance.random() < 0.25:
                namespace.pop(name, None)
            elif isinstance(value := namespace.get(name), list):
                value.append(chance.random())
            else:
                namespace[name] = chance.choice(VALUES)
        now, look = probe(namespace), looking.look()
        assert told(look) == now and list(look["names"]) == list(now["names"])
        assert changes(last, look) == changes(before, now)
        if chance.random() < 0.7:  # else they have not seen every look
            is_persons = chance.random() < 0.5
            for names, seen in ((afresh, now), (again, look)):
                (names.after_person if is_persons else names.after_action)(seen)
            assert again.namespace() == afresh.namespace()
        before, last = now, look


def test_what_there_was_no_time_to_describe_is_described_at_the_next_look(monkeypatch):
    looking = Looking(shell({"x": "text"}))
    monkeypatch.setattr(probing, "CONTENT_SECONDS", 0.0)
    monkeypatch.setattr(probing, "DEADLINE_SECONDS", 0.0)
    assert looking.look()["names"]["x"]["detail"] is None
    monkeypatch.undo()
    assert looking.look()["names"]["x"]["detail"]


def test_changes_are_told_in_a_namespace_of_any_size():
    namespace: dict[str, Any] = {f"v{at}": at * 1_000 for at in range(3_000)}
    looking, names = Looking(shell(namespace)), Names(".")
    names.after_person(looking.look())
    for step in range(12):
        namespace[f"v{step}"] = "other"
        namespace[f"new{step}"] = step
        del namespace[f"v{1_000 + step}"]
        change = names.after_action(looking.look())
        assert [each.name for each in change.added] == [f"new{step}"]
        assert change.deleted == (f"v{1_000 + step}",)
    namespace["v100"] = -1
    assert [each.name for each in names.after_action(looking.look()).changed] == ["v100"]


def test_no_code_of_the_persons_is_called():
    namespace: dict[Any, Any] = {"kept": 1, "odd": Hostile()}
    namespace[Hostile()] = 1
    looking, asked = Looking(shell(namespace)), Hostile.asked
    for _ in range(3):
        assert set(looking.look()["names"]) == {"kept", "odd"}
    assert Hostile.asked == asked
