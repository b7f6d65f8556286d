"""What an action leaves in its cell: merged, cleared, updated, bounded."""

from __future__ import annotations

import sys
import threading

import pytest

from codeact_jupyter.engine.environment import Cleared, Late, Produced, Updated
from codeact_jupyter.engine.trajectory import Display, Result, Stream
from codeact_jupyter.environments.collecting import MOST_CHARACTERS, MOST_OUTPUTS, Collector


def shown(text: str, name: str = "") -> Display:
    return Display({"text/plain": text}, display_id=name)


def collected(*items: Produced, before: Collector | None = None) -> Collector:
    collector = Collector(before=before)
    for item in items:
        collector.add(item)
    return collector


def test_text_of_one_stream_is_one_output_until_something_else_comes() -> None:
    collector = collected(Stream("a"), Stream("b"), Stream("c", "stderr"), shown("d"), Stream("e"))
    first = collector.outputs
    assert first == (Stream("ab"), Stream("c", "stderr"), shown("d"), Stream("e"))
    collector.add(Stream("f"))
    assert collector.outputs == (*first[:-1], Stream("ef"))


def test_what_came_before_is_told_first_and_is_not_cleared() -> None:
    before = collected(Stream("late"), shown("old", "x"), Updated(shown("new", "y"), "y"))
    told: list[Produced] = []
    collector = Collector(told.append, before=before)
    for item in (Stream("gone"), Cleared(), Stream("kept"), Updated(shown("now", "x"), "x")):
        collector.add(item)
    assert told[:3] == [Stream("late"), shown("old", "x"), Updated(shown("new", "y"), "y")]
    assert collector.outputs == (Stream("late"), shown("now", "x"), Stream("kept"))
    assert collector.updated == (shown("new", "y"),)


def test_a_display_shown_here_is_updated_here_and_another_is_updated_where_it_is() -> None:
    collector = collected(
        shown("a", "x"),
        Updated(shown("b", "x"), "x"),
        Updated(shown("c", "y"), "y"),
        Updated(shown("d", "y"), "y"),
    )
    assert (collector.outputs, collector.updated) == ((shown("b", "x"),), (shown("d", "y"),))
    collector.add(shown("e", "y"))
    collector.add(shown("f", "x"))
    assert collector.outputs == (shown("f", "x"), shown("e", "y"), shown("f", "x"))
    assert collector.updated == ()


def test_a_clearing_that_waits_for_the_next_output_is_not_done_by_an_update() -> None:
    collector = collected(shown("a", "x"), Cleared(wait=True), Updated(shown("b", "x"), "x"))
    assert collector.outputs == (shown("b", "x"),)
    collector.add(Stream("c"))
    assert collector.outputs == (Stream("c"),)


def test_displays_without_an_id_are_not_replaced() -> None:
    collector = collected(shown("a"), Result({"text/plain": "1"}), shown("b"))
    assert collector.outputs == (shown("a"), Result({"text/plain": "1"}), shown("b"))


def test_alternating_streams_are_bounded_and_lose_no_text_but_its_order() -> None:
    lines = [(f"{name} {at}\n", name) for at in range(2_000) for name in ("stdout", "stderr")]
    collector = collected(*(Stream(text, name) for text, name in lines))  # type: ignore[arg-type]
    assert len(collector.outputs) == MOST_OUTPUTS + 2
    for name in ("stdout", "stderr"):
        parts = [e.text for e in collector.outputs if isinstance(e, Stream) and e.name == name]
        assert "".join(parts) == "".join(text for text, each in lines if each == name)
    assert collector.lost == (
        "output incomplete: the order of stdout and stderr after 1,000 outputs not kept"
    )


def test_what_is_too_much_is_counted_also_what_came_before() -> None:
    before = collected(Stream("x" * MOST_CHARACTERS), Stream("yy"))
    collector = collected(*[shown("d")] * (MOST_OUTPUTS + 3), before=before)
    assert len(collector.outputs) == MOST_OUTPUTS + 1
    assert collector.lost == (
        "output incomplete: 2 characters of text not kept; output incomplete: 3 outputs not kept"
    )
    many = collected(*(Updated(shown("u", str(at)), str(at)) for at in range(MOST_OUTPUTS + 1)))
    assert (len(many.updated), many.lost) == (
        MOST_OUTPUTS, "output incomplete: 1 outputs not kept"
    )  # fmt: skip


def test_nothing_is_late_when_nothing_came() -> None:
    assert collected(Cleared(), Stream("")).late == Late()


@pytest.fixture
def busy_switching() -> object:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("busy_switching")
def test_threads_lose_nothing_of_each_other() -> None:
    collector = Collector()

    def work(name: str) -> None:
        for at in range(2_000):
            collector.add(Stream(f"{at} ", name))  # type: ignore[arg-type]

    threads = [threading.Thread(target=work, args=(name,)) for name in ("stdout", "stderr")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("stdout", "stderr"):
        parts = [e.text for e in collector.outputs if isinstance(e, Stream) and e.name == name]
        assert "".join(parts).split() == [str(at) for at in range(2_000)]
