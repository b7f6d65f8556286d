"""The person's cells, as a kernel's messages show them to somebody who only listens."""

from __future__ import annotations

from typing import Any

from codeact_jupyter.engine.environment import Ran
from codeact_jupyter.environments.observed_cells import ObservedCells

OURS = "session-of-ours"


class Kernel:
    """Says on IOPub what a kernel says."""

    def __init__(self, cells: ObservedCells) -> None:
        self.cells = cells
        self.count = 0

    def begin(self, request: str, code: str, session: str = "person") -> None:
        self.count += 1
        self.say(request, session, "execute_input", code=code, execution_count=self.count)

    def end(self, request: str, session: str = "person") -> None:
        self.say(request, session, "status", execution_state="idle")

    def say(self, request: str, session: str, kind: str, **content: Any) -> None:
        parent = {"msg_id": request, "session": session, "msg_type": "execute_request"}
        message = {"msg_type": kind, "parent_header": parent, "content": content, "metadata": {}}
        self.cells({**message, "header": {"msg_type": kind}})


def test_a_cell_is_told_once_with_what_it_printed() -> None:
    cells = ObservedCells(OURS)
    kernel = Kernel(cells)
    kernel.begin("a", "print('x')")
    kernel.say("a", "person", "stream", name="stdout", text="x\n")
    assert cells.take() == ()
    kernel.end("a")
    assert cells.take() == (Ran("print('x')", "x", False, 1),)
    assert cells.take() == ()


def test_a_cell_that_failed_is_told_as_failed() -> None:
    cells = ObservedCells(OURS)
    kernel = Kernel(cells)
    kernel.begin("a", "1/0")
    kernel.say("a", "person", "error", ename="ZeroDivisionError", evalue="by 0", traceback=[])
    kernel.end("a")
    assert [(each.code, each.failed) for each in cells.take()] == [("1/0", True)]


def test_actions_and_our_own_commands_are_no_cells_of_the_person() -> None:
    cells = ObservedCells(OURS)
    kernel = Kernel(cells)
    requests = (
        ("codeact:ab:ab-1-action", "a = 1", "person"),
        ("a-look", "b = 2", OURS),
        ("magic", "%%codeact\ndo it", "person"),
        ("load", "%load_ext codeact_jupyter", "person"),
        ("empty", "  \n", "person"),
    )
    for request, code, session in requests:
        kernel.begin(request, code, session)
        kernel.end(request, session)
    assert cells.take() == ()


def test_a_cell_whose_end_was_lost_is_told_when_the_next_one_begins() -> None:
    cells = ObservedCells(OURS)
    kernel = Kernel(cells)
    kernel.begin("a", "first")
    kernel.begin("b", "second")
    kernel.end("b")
    assert [each.code for each in cells.take()] == ["first", "second"]


def test_of_very_many_cells_the_last_ones_are_told() -> None:
    cells = ObservedCells(OURS)
    kernel = Kernel(cells)
    for number in range(100):
        kernel.begin(str(number), f"cell {number}")
        kernel.end(str(number))
    assert [each.code for each in cells.take()] == [f"cell {number}" for number in range(80, 100)]
