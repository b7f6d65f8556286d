"""A checkpoint stays within its seconds and bytes, also where one object alone would not."""

from __future__ import annotations

import gc
import weakref

import pytest
from IPython.core.interactiveshell import InteractiveShell

from codeact_jupyter.environments.undo import serving

from .test_edits import clean as clean
from .test_edits import run, shown, take
from .test_edits import shell as shell

MEGABYTE = 1 << 20
LONG = {
    "bytes": "bytearray(2_000_000)",
    "numbers": "__import__('array').array('d', bytes(2_000_000))",
    "list": "[0] * 200_000",
    "dict": "dict.fromkeys(range(200_000))",
    "dict of another kind": "__import__('collections').Counter(range(200_000))",
    "ordered": "__import__('collections').OrderedDict.fromkeys(range(200_000))",
    "set": "set(range(200_000))",
    "deque": "__import__('collections').deque(range(200_000))",
    "stream": "__import__('io').BytesIO(bytes(2_000_000))",
    "array of objects": "np.zeros(200_000, dtype=object)",
}


def copied() -> list[object]:
    """What the checkpoint has copies of the items of."""
    records = serving._kept["run"].checkpoint.records
    return [each.value for each in records if each.kind.length(each.value)]


@pytest.mark.parametrize("name", LONG)
def test_what_has_no_room_is_named_and_not_copied_and_what_fits_beside_it_is(
    shell: InteractiveShell, name: str
) -> None:
    run(shell, f"large = {LONG[name]}; x = [large, [1]]; later = list(range(9))")
    gaps = take(shell, most=MEGABYTE)
    assert "MB" in gaps["large"] or "MB" in gaps["x"]
    assert not any(each is shell.user_ns["large"] for each in copied())
    run(shell, "x[1].append(2); later.append(2)")
    serving.close("run", True)
    serving.put_back("run", False)
    assert shown(shell, "(x[1], later[-1])") == "([1], 8)"


def test_of_many_that_fit_alone_as_many_are_copied_as_there_is_room_for(shell) -> None:
    run(shell, "x = [[0] * 50_000 for _ in range(20)]; y = {'of': bytearray(3 * 200_000)}")
    assert "MB" in take(shell, most=MEGABYTE)["x"]
    kept = [each for each in shell.user_ns["x"] if any(each is one for one in copied())]
    assert 0 < len(kept) < 3


def test_what_takes_longer_than_there_is_time_is_not_begun(shell: InteractiveShell) -> None:
    run(shell, "x = {f'c{n}': [0.5] * 2_000_000 for n in range(9)}; x['small'] = [1]")
    assert "not reached within 0.05 s" in take(shell, seconds=0.05)["x"]
    assert not any(each is shell.user_ns["x"]["c3"] for each in copied())


def test_what_a_long_tuple_leads_to_is_not_begun_without_the_time(shell: InteractiveShell) -> None:
    run(shell, "x = ((1,) * 2_000_000,); small = [1]")
    gaps = take(shell, seconds=0.05)
    assert "not reached" in gaps["x"]


def test_the_clock_is_looked_at_also_where_one_object_is_met_again_and_again(shell) -> None:
    run(shell, "same = []; x = [same] * 3_000; y = [same] * 3_000")
    checkpoint = serving.begin(shell, "run", 20.0, 1 << 29, "", ())
    without = sum(1 for _ in checkpoint)
    run(shell, "z = [[same] * 900 for _ in range(20)]")
    assert sum(1 for _ in serving.begin(shell, "run", 20.0, 1 << 29, "", ())) > without + 50


def test_no_step_is_kept_apart_where_the_run_itself_lacked_the_room(shell) -> None:
    run(shell, "large = [0] * 200_000; a = [1]")
    take(shell, most=MEGABYTE)
    run(shell, "a.append(2)")
    serving.close("run", True)
    assert serving.take(shell, "run-2", 20.0, MEGABYTE, "", ()) is None
    run(shell, "a.append(3)")
    serving.close("run", True)
    serving.put_back("run", False)
    assert shown(shell, "a") == "[1]"


def test_what_a_run_made_long_is_asked_about_rather_than_copied(shell: InteractiveShell) -> None:
    run(shell, "a = [1]; b = [1]")
    take(shell, most=MEGABYTE)
    run(shell, "a.extend(range(200_000)); b.append(2)")
    serving.close("run", True)
    states = serving._kept["run"].changes.states.values()
    assert not any(type(each.mark) is list and len(each.mark) > 2 for each in states)
    items = {item["name"]: item["conflict"] for item in serving.look("run")["items"]}
    assert items == {"a": True, "b": False}
    assert serving.put_back("run", True)["done"] and shown(shell, "(a, b)") == "([1], [1])"


def test_a_run_that_is_over_holds_nothing_that_it_left_alone(shell: InteractiveShell) -> None:
    run(shell, "class Thing: pass\nthing = Thing(); a = [1]")
    alive = weakref.ref(shell.user_ns["thing"])
    take(shell)
    run(shell, "a.append(2)")
    serving.close("run", True)
    run(shell, "del thing")
    gc.disable()
    try:
        serving.take(shell, "next", 20.0, 1 << 29, "", ())
        assert alive() is None
    finally:
        gc.enable()
