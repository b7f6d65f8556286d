"""What the agent's cells that run in a kernel have put out so far, for who comes later.

A front end gets a kernel's messages from when it connects on. What came before it is told as
messages of the same kinds, with the last one's id: by that it knows what it has itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...engine.trajectory import Display, Output
from ...environments.collecting import Collector
from ...environments.outputs import produced
from ...environments.own_cells import DONE
from ...environments.watched import PREFIX
from ...notebook.outputs import to_format

Message = Mapping[str, Any]


@dataclass
class _Cell:
    run: str
    outputs: Collector
    last: str = ""


class Printed:
    """The cells of one kernel that go on, as far as their beginning was seen.

    Called with each message of IOPub.
    """

    def __init__(self) -> None:
        self._cells: dict[str, _Cell] = {}

    def __call__(self, message: Message) -> None:
        parent, kind = message.get("parent_header") or {}, message["msg_type"]
        prefix, _, place = str(parent.get("msg_id") or "").partition(":")
        if f"{prefix}:" != PREFIX:
            return
        run, _, cell = place.partition(":")
        if kind == "execute_input":  # a kernel runs one after another: others' ends were lost
            self._cells = {cell: _Cell(run, Collector())}
        elif kind == DONE or _is_idle(message):
            self._cells.pop(cell, None)
        elif cell in self._cells and (item := produced(message)) is not None:
            self._cells[cell].outputs.add(item)
            self._cells[cell].last = str(message["header"]["msg_id"])

    def forget(self) -> None:
        """The kernel was restarted: nothing goes on."""
        self._cells = {}

    def of(self, runs: Iterable[str]) -> Iterator[dict[str, Any]]:
        """What the cells of these runs have put out, if anything."""
        wanted = set(runs)
        for name, cell in self._cells.items():
            if cell.run in wanted and cell.last:
                messages = [_message(output) for output in cell.outputs.outputs]
                yield {"run": cell.run, "cell": name, "messages": messages, "last": cell.last}


def _is_idle(message: Message) -> bool:
    """Whether the request itself is over, not one that a front end sent under its id."""
    asked = message["parent_header"].get("msg_type")
    state = (message["msg_type"], message["content"].get("execution_state"), asked)
    return state == ("status", "idle", "execute_request")


def _message(output: Output) -> dict[str, Any]:
    """The kind and the content of a message that would have produced this."""
    ((content,), _) = to_format((output,))
    kind = content.pop("output_type")
    if isinstance(output, Display):
        content["transient"] = {"display_id": output.display_id} if output.display_id else {}
    return {"kind": kind, "content": content}
