"""What a checkpoint covers within its bounds, what it names, and what it never calls."""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
import threading
import types
from pathlib import Path

import httpx2._transports.default as transports
import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.undo import checkpoint, serving
from codeact_jupyter.environments.undo.plans import is_library

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


def test_a_function_leads_to_nothing_of_the_kernels(shell: InteractiveShell) -> None:
    shell.user_ns["taken"] = lambda: take(shell)
    run(shell, "def f(): return len([])")
    run(shell, "gaps = taken()")  # as from a magic: in a cell, the kernel puts more into builtins
    assert "f" not in shell.user_ns["gaps"]


def test_of_a_plot_nothing_is_named_for_what_matplotlib_counts_and_draws_for_itself(shell) -> None:
    plots = "import matplotlib.pyplot as plt\nfigure, (ax, bars) = plt.subplots(1, 2)"
    run(shell, f"{plots}\nax.plot([1, 2])\nbars.bar([0, 1], [1, 2])\nfigure.canvas.draw()")
    assert take(shell) == {}
    run(shell, "ax.set_title('changed')\nax.plot([2, 1])")
    serving.close("run", True)
    serving.look("run")
    serving.put_back("run", False)
    assert shown(shell, "(ax.get_title(), len(ax.lines), len(figure.axes))") == "('', 1, 2)"
    run(shell, "bars.twinx()\nfigure.canvas.draw()")
    assert shown(shell, "len(figure.axes)") == "3"


def test_what_a_module_of_the_working_directory_keeps_is_taken_back_without_a_name_for_it(
    shell: InteractiveShell, tmp_path, monkeypatch
) -> None:
    (tmp_path / "own_words.py").write_text("kept = []\ndef add(word): kept.append(word)\n")
    monkeypatch.syspath_prepend(tmp_path)
    run(shell, "from own_words import add; add('before')")
    take(shell, place=str(tmp_path))
    run(shell, "add('of the run')")
    serving.close("run", True)
    (item,) = serving.look("run")["items"]
    assert item["name"].startswith("module ")  # its own, or one of these tests that leads to it
    serving.put_back("run", False)
    assert sys.modules.pop("own_words").kept == ["before"]


def test_what_a_module_from_anywhere_else_keeps_is_taken_back_too(
    shell: InteractiveShell, tmp_path, monkeypatch
) -> None:
    for folder in ("source", "notebooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "source" / "own_rates.py").write_text("rates = [1]\ndef bump(): rates.append(2)\n")
    monkeypatch.syspath_prepend(tmp_path / "source")
    run(shell, "import own_rates; a = [1]")
    take(shell, place=str(tmp_path / "notebooks"))
    run(shell, "own_rates.rates.append(99); own_rates.bump(); a.append(2)")
    serving.close("run", True)
    assert sorted(item["name"] for item in serving.look("run")["items"]) == ["a", "own_rates"]
    serving.put_back("run", False)
    assert sys.modules.pop("own_rates").rates == [1] and shown(shell, "a") == "[1]"


def test_whose_a_module_is_rests_on_where_it_really_lies(tmp_path, monkeypatch) -> None:
    installed = tmp_path / "lib" / "site-packages"
    installed.mkdir(parents=True)
    (tmp_path / "linked").symlink_to(installed)
    (installed / "linked_out").symlink_to(tmp_path / "cache")
    for name, path in {
        "own": tmp_path / "own.py",
        "notes": tmp_path / "my-site-packages-notes" / "notes.py",
        "package": tmp_path / "linked" / "package.py",
        "cached": installed / "linked_out" / "cached.py",
    }.items():
        made = types.ModuleType(name)
        made.__file__ = str(path)
        monkeypatch.setitem(sys.modules, name, made)
    assert not is_library("own", "/elsewhere") and not is_library("notes", str(tmp_path))
    assert is_library("package", str(tmp_path)) and is_library("cached", str(tmp_path))


def test_the_client_that_asks_the_model_is_no_setting_of_the_persons(shell, monkeypatch) -> None:
    monkeypatch.setattr(transports, "HTTPCORE_EXC_MAP", {})
    run(shell, "a = [1]")
    take(shell)
    monkeypatch.setattr(transports, "HTTPCORE_EXC_MAP", {1: 1})
    run(shell, "a.append(2)")
    serving.close("run", True)
    assert [item["name"] for item in serving.look("run")["items"]] == ["a"]


def test_what_a_module_makes_when_it_is_asked_for_it_is_no_change(shell, monkeypatch) -> None:
    lazy = types.ModuleType("lazy")
    lazy.__spec__ = importlib.machinery.ModuleSpec("lazy", None)
    lazy.__all__ = ["announced"]
    lazy.__getattr__ = lambda name: vars(lazy).setdefault(name, 1)
    monkeypatch.setitem(sys.modules, "lazy", lazy)
    run(shell, "import lazy; a = [1]")
    take(shell)
    run(shell, "lazy.announced; a.append(2)")
    serving.close("run", True)
    assert [item["name"] for item in serving.look("run")["items"]] == ["a"]
    run(shell, "lazy.patched = 1")
    take(shell)
    run(shell, "lazy.patched = 2; lazy.new = 3; del lazy.announced; lazy.announced")
    serving.close("run", True)
    assert [item["name"] for item in serving.look("run")["items"]] == ["module lazy"]
    serving.put_back("run", False)
    assert (lazy.patched, "new" in vars(lazy), "announced" in vars(lazy)) == (1, False, True)


def test_pythons_own_modules_are_not_taken_for_the_persons_wherever_they_work() -> None:
    assert is_library("json", "/") and is_library("numpy", "/")
    assert not is_library(__name__, "/")


def test_what_undoes_is_not_undone_where_the_person_works_in_a_checkout_of_it(
    shell: InteractiveShell,
) -> None:
    shell.user_ns.update(ours=serving, a=[1])
    take(shell, place=str(Path(serving.__file__).parents[3]))
    run(shell, "a.append(2)")
    serving.close("run", True)
    assert [item["name"] for item in serving.look("run")["items"]] == ["a"]
    for expected in ("[1]", "[1, 2]"):
        serving.put_back("run", False)
        assert shown(shell, "a") == expected


def test_a_part_of_a_package_that_a_run_imported_is_still_there_after_an_undo(
    shell: InteractiveShell, tmp_path, monkeypatch
) -> None:
    (tmp_path / "own_package").mkdir()
    (tmp_path / "own_package" / "__init__.py").touch()
    (tmp_path / "own_package" / "part.py").write_text("value = 1")
    monkeypatch.syspath_prepend(tmp_path)
    run(shell, "import own_package")
    take(shell, place=str(tmp_path))
    run(shell, "import own_package.part; own_package.new = 1")
    serving.close("run", True)
    serving.put_back("run", False)
    run(shell, "import own_package.part")
    assert shown(shell, "(own_package.part.value, hasattr(own_package, 'new'))") == "(1, False)"
    del sys.modules["own_package"], sys.modules["own_package.part"]


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


def test_whoever_drew_random_numbers_since_goes_on_with_those_unasked(shell) -> None:
    run(shell, "import random; random.seed(1); a = [1]")
    take(shell)
    run(shell, "random.random(); a.append(2)")
    serving.close("run", True)
    run(shell, "random.random(); goes_on = random.getstate()")
    assert [item["name"] for item in serving.look("run")["items"]] == ["a"]
    assert serving.put_back("run", False) == {"done": ["a"], "kept": [], "failed": []}
    assert shown(shell, "(a, random.getstate() == goes_on)") == "([1], True)"


def test_calculating_with_decimals_is_no_change_of_a_setting(shell: InteractiveShell) -> None:
    run(shell, "import decimal; decimal.getcontext().clear_flags()")
    take(shell)
    run(shell, "decimal.Decimal(1) / 3; decimal.getcontext().prec = 9")
    serving.close("run", True)
    run(shell, "decimal.getcontext().clear_flags()")
    found = [(item["name"], item["conflict"]) for item in serving.look("run")["items"]]
    assert found == [("decimal's context", False)]
    serving.put_back("run", False)
    assert shown(shell, "decimal.getcontext().prec") == "28"


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


def test_an_array_whose_memory_was_given_up_is_named_before_the_undo(shell) -> None:
    run(shell, "r = np.arange(4); a = [1]")
    take(shell)
    run(shell, "r.resize(2, refcheck=False); a.append(2)")
    serving.close("run", True)
    assert "resize" in serving.look("run")["gaps"]["r"]
    assert serving.put_back("run", False)["failed"] == ["r"]
    assert shown(shell, "(a, r.tolist())") == "([1], [0, 1])"


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


def test_a_module_that_was_just_being_imported_is_left_whole(shell, tmp_path, monkeypatch) -> None:
    (tmp_path / "slow_module.py").write_text(
        "import importing\nimporting.begun.set()\nassert importing.may_end.wait(30)\nvalue = 1\n"
    )
    gates = types.ModuleType("importing")
    gates.begun, gates.may_end = threading.Event(), threading.Event()
    monkeypatch.setitem(sys.modules, "importing", gates)
    monkeypatch.syspath_prepend(tmp_path)
    thread = threading.Thread(target=importlib.import_module, args=("slow_module",))
    thread.start()
    assert gates.begun.wait(30)
    take(shell)
    gates.may_end.set()
    thread.join()
    run(shell, "import slow_module")
    serving.close("run", True)
    serving.put_back("run", False)
    assert sys.modules.pop("slow_module").value == 1


def test_what_an_import_and_the_clock_leave_in_modules_is_no_change(shell, monkeypatch) -> None:
    library = types.ModuleType("library")
    library.zone, library.offset = ("UTC", "UTC"), 3600
    monkeypatch.setitem(sys.modules, "library", library)
    take(shell)
    run(shell, "import library, types")
    run(shell, "class Lazy(types.ModuleType): pass")  # as pygments has them
    run(shell, "library.part = Lazy('library.part')")
    run(shell, "library.zone, library.offset = tuple(list(library.zone)), int('3600')")
    serving.close("run", True)
    found = serving.look("run")["items"]
    assert sorted(item["name"] for item in found) == ["Lazy", "library", "types"]
    serving.put_back("run", False)
    assert library.offset == 3600


def points(shell, *codes: str, run: str = "run") -> None:
    """Run each code as a step of one run, with a point before it."""
    for step, code in enumerate(codes, 1):
        point = run if step == 1 else f"{run}-{step}"
        serving.take(shell, point, 20.0, 1 << 29, "", ())
        shell.run_cell(code).raise_error()
        serving.close(point, True, False, 1 << 29)


def state(shell) -> str:
    return repr(shell.user_ns.get("state") and shell.ev("state()"))


STEPS = """
import numpy as np, pandas as pd
import sys; sys.setrecursionlimit(4000)
items = [1]; alias = items; table = pd.DataFrame({'a': [1., 2.]}); big = np.zeros(400_000)
view = big[5:9]; count = 0
def state():
    there = sorted(name for name in globals() if name in ('new', 'late', 'gone'))
    seen = (view.tolist(), big.sum(), count, there, sys.getrecursionlimit())
    return (items, alias is items, table.values.tolist(), *seen)
"""
CODES = (
    "items.append(2); big[6] = 1; count = 1; new = [1]; gone = 1; sys.setrecursionlimit(4001)",
    "items.append(3); big[6] = 2; big[-1] = 5; table.loc[0, 'a'] = 9.; new.append(2); del gone",
    "items.clear(); big[:] += 1; count = 3; del new; late = 1; table['b'] = 1\n"
    "sys.setrecursionlimit(4003)",
)


@pytest.mark.parametrize("back_to", [1, 2, 3])
def test_any_step_of_a_run_is_gone_back_to_and_brought_again(shell, back_to: int) -> None:
    shell.run_cell(STEPS).raise_error()
    states = [state(shell)]
    for step, code in enumerate(CODES, 1):
        point = "run" if step == 1 else f"run-{step}"
        serving.take(shell, point, 20.0, 1 << 29, "", ())
        shell.run_cell(code).raise_error()
        serving.close(point, True, False, 1 << 29)
        states.append(state(shell))
    start = "run" if back_to == 1 else f"run-{back_to}"
    for _ in range(2):
        assert not any(item["conflict"] for item in serving.look(start)["items"])
        serving.put_back(start, False)
        assert state(shell) == states[back_to - 1]
        assert not any(item["conflict"] for item in serving.look(start)["items"])
        serving.put_back(start, False)
        assert state(shell) == states[-1]


def test_runs_are_taken_back_one_after_another_and_brought_again_the_last_first(shell) -> None:
    shell.run_cell(STEPS).raise_error()
    states = [state(shell)]
    for name, code in zip(("one", "two", "three"), CODES, strict=True):
        points(shell, code, run=name)
        states.append(state(shell))
    for at in (2, 1, 0):
        serving.put_back(("one", "two", "three")[at], False)
        assert state(shell) == states[at]
    assert serving.points() == {"kept": [], "undone": [["three"], ["two"], ["one"]]}
    for at in (0, 1, 2):
        serving.put_back(("one", "two", "three")[at], False)
        assert state(shell) == states[at + 1]
    points(shell, "count = 4", run="four")
    assert serving.points() == {"kept": ["one", "two", "three", "four"], "undone": []}


def test_what_the_person_changed_between_two_runs_is_told_apart(shell) -> None:
    shell.run_cell("mine = [1]; theirs = [1]; name = 1").raise_error()
    points(shell, "mine.append(2); theirs.append(2); name = 2", run="one")
    shell.run_cell("mine.append('person'); name = 'person'").raise_error()
    points(shell, "mine.append(3); theirs.append(3); name = 3", run="two")
    items = {item["name"]: item["conflict"] for item in serving.look("one")["items"]}
    assert items == {"mine": True, "theirs": False, "name": True}
    serving.put_back("one", False)
    assert shell.ev("(mine, theirs, name)") == ([1, 2, "person", 3], [1], 3)
    serving.put_back("one", False)
    serving.put_back("two", False)
    assert shell.ev("(mine, theirs, name)") == ([1, 2, "person"], [1, 2], "person")


def test_a_point_of_a_step_is_given_up_where_it_would_take_too_long(shell) -> None:
    shell.run_cell("items = [[number] for number in range(5_000)]").raise_error()
    serving.take(shell, "run", 20.0, 1 << 29, "", ())
    shell.run_cell("items[0].append(1)").raise_error()
    serving.close("run", True)
    assert serving.take(shell, "run-2", 0.0, 1 << 29, "", ()) is None
    shell.run_cell("items[1].append(1)").raise_error()
    serving.close("run", True)
    assert serving.points()["kept"] == ["run"]
    serving.put_back("run", False)
    assert shell.ev("items[:2]") == [[0], [1]]


def test_the_oldest_runs_go_while_more_is_kept_than_may_be(shell) -> None:
    for number in range(4):
        shell.run_cell("data = bytes(1_000_000)").raise_error()
        point, most = f"run{number}", 3_000_000
        serving.take(shell, point, 20.0, most, "", ())
        shell.run_cell(f"data = {number}").raise_error()
        serving.close(point, True, False, most)
    assert serving.points()["kept"][-1] == "run3" and len(serving.points()["kept"]) == 3
