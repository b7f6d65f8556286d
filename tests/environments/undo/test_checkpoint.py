"""What a checkpoint covers within its bounds, what it names, and what it never calls."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.undo import checkpoint, serving

from .test_edits import clean as clean
from .test_edits import run, shown, take
from .test_edits import shell as shell

HOSTILE = """
class Hostile:
    def __getattribute__(self, name): raise SystemExit(f'called {name}')
    __eq__ = __hash__ = __repr__ = __len__ = __iter__ = __bool__ = lambda *_: 1 / 0
    def __reduce__(self): raise SystemExit('pickled')
class Meta(type):
    def __instancecheck__(cls, other): raise SystemExit('asked')
    def __getattribute__(cls, name): raise SystemExit(f'called {name}')
class Odd(metaclass=Meta): pass
class D(dict):
    def __iter__(self): raise SystemExit('iterated')
    keys = items = values = copy = __getitem__ = __iter__
class L(list):
    __iter__ = copy = __len__ = __getitem__ = D.__iter__
x = [Hostile(), Odd(), D(a=1), L([1])]
"""


def test_no_code_of_the_persons_is_called(shell: InteractiveShell) -> None:
    run(shell, HOSTILE)
    take(shell)
    run(shell, "x.append(1); dict.__setitem__(x[2], 'b', 2); list.append(x[3], 2)")
    serving.close("run", True)
    serving.look("run")
    serving.put_back("run", False)
    assert shown(shell, "(len(x), list(dict.keys(x[2])), list.__len__(x[3]))") == "(4, ['a'], 1)"


def test_what_was_changed_again_since_is_told_apart_and_left(shell: InteractiveShell) -> None:
    run(shell, "a = [1]; b = [1]; c = 1; d = 1")
    take(shell)
    run(shell, "a.append(2); b.append(2); c = 2; d = 2; e = 2")
    serving.close("run", True)
    run(shell, "b.append('mine'); d = 'mine'; f = 'mine'")
    items = {item["name"]: item["conflict"] for item in serving.look("run")["items"]}
    assert items == {"a": False, "b": True, "c": False, "d": True, "e": False}
    done = serving.put_back("run", False)
    assert sorted(done["kept"]) == ["b", "d"]
    assert shown(shell, "(a, b, c, d, f, 'e' in dir())").startswith(
        "([1], [1, 2, 'mine'], 1, 'mine'"
    )
    serving.put_back("run", True)
    serving.put_back("run", True)
    assert shown(shell, "(b, d)") == "([1], 1)"


def test_an_object_that_the_run_left_alone_is_left_alone(shell: InteractiveShell) -> None:
    run(shell, "a = [1]; b = [1]")
    take(shell)
    run(shell, "a.append(2)")
    serving.close("run", True)
    run(shell, "b.append('mine')")
    serving.put_back("run", True)
    assert shown(shell, "(a, b)") == "([1], [1, 'mine'])"


def test_what_is_not_reached_in_time_is_named(shell: InteractiveShell) -> None:
    run(shell, "big = [[n] for n in range(300_000)]; small = [1]")
    gaps = take(shell, seconds=0.02)
    assert "not reached" in gaps["big"] and "small" not in gaps
    assert "big" in take(shell, seconds=0.02, first=("small",))


def test_what_takes_more_room_than_there_is_is_named(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shell, "big = np.zeros(4_000_000); small = [1]")
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "can_park", lambda: False)
        gaps = take(shell, most=1 << 20)
    assert "MB" in gaps["big"] and "small" not in gaps


def test_large_arrays_are_copied_where_nothing_can_be_forked(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(shell, "big = np.zeros(4_000_000)")
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "can_park", lambda: False)
        assert "big" not in take(shell)
    run(shell, "big += 1")
    serving.close("run", True)
    serving.put_back("run", False)
    assert shown(shell, "float(big.sum())") == "0.0"


def test_memory_that_a_file_shares_is_named(shell: InteractiveShell) -> None:
    run(shell, "m = np.memmap('m.bin', dtype='f8', mode='w+', shape=(4_000_000,))")
    assert take(shell, most=1 << 20)["m"] and take(shell)["m"]
    run(shell, "del m")


def test_a_run_that_did_nothing_leaves_the_one_before_to_be_undone(
    shell: InteractiveShell,
) -> None:
    run(shell, "a = [1]")
    take(shell)
    run(shell, "a.append(2)")
    serving.close("run", True)
    serving.take(shell, "next", 1.0, 1 << 29, "", ())
    serving.close("next", False)
    assert serving.look("next") is None
    serving.put_back("run", False)
    assert shown(shell, "a") == "[1]"


def test_an_end_that_was_not_noted_makes_everything_a_question(shell: InteractiveShell) -> None:
    run(shell, "a = [1]; b = 1")
    take(shell)
    run(shell, "a.append(2); b = 2")
    assert all(item["conflict"] for item in serving.look("run")["items"])
