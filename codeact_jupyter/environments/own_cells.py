"""Actions as cells of their own, from inside the running cell of a magic, in ipykernel.

While one runs, everything it sends says that it belongs to the request `codeact:<run>:<cell>`. A
front end that shows the cell for that request gets its outputs there by its own machinery.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

from ..engine.trajectory import Action

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

CLIENT = "codeact_client"  # what a front end that shows cells puts into its request's metadata
FRAME = "codeact"
DONE = "codeact_done"
REVERTED = "codeact_reverted"
SANDBOX = "CODEACT_SANDBOX"  # which walls are around this process; set by who built them


class OwnCells:
    """The cells that a magic's run makes.

    `after` is the id of the one that the next goes below, `count` the last one's execution count.
    `on_question` is told the prompt of what the code asks for, and whether it is a password;
    `on_answer` that it goes on.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = cast("Any", shell)
        self._kernel = self._shell.kernel
        self._identity = self._kernel._parent_ident["shell"]
        self._outer = self._kernel.get_parent("shell")
        self.count: int | None = None
        self.on_question: Callable[[str, bool], None] = lambda prompt, password: None
        self.on_answer: Callable[[], None] = lambda: None
        # IPython 8 counts at a cell's end, 9 at its start: is the magic's own number still up?
        inputs = self._shell.history_manager.input_hist_parsed  # `In`, unless they call theirs so
        self._counts_at_end = shell.execution_count == len(inputs) - 1
        self.after = str((self._outer.get("metadata") or {}).get("cellId") or "")

    def tell(self, frame: Mapping[str, Any]) -> None:
        """Send a frame to whoever shows the run."""
        self._send(FRAME, frame, self._outer)

    def tell_reverted(self, points: list[str], *, undone: bool) -> None:
        """Have the front end take the cells of what is undone out, or put them in again."""
        self._send(REVERTED, {"points": points, "undone": undone}, self._outer)

    @contextmanager
    def cell(self, action: Action) -> Iterator[None]:
        """In here, what is sent belongs to the action's own cell; it takes the next count."""
        parent = self._request(action)
        _flush()
        self._shell.execution_count += self._counts_at_end
        self._kernel.set_parent(self._identity, parent, "shell")
        # A question travels on another channel than outputs and would come before the cell is
        # there, so it goes to the magic's own request, which every front end can answer.
        before = vars(self._kernel).get("_input_request")
        self._kernel._input_request = self._asked_of_the_magic(self._kernel._input_request)
        count = self.count = self._shell.execution_count
        self._send("execute_input", {"code": action.code, "execution_count": count}, parent)
        try:
            yield
        finally:
            _flush()
            if before is None:
                del self._kernel._input_request
            else:
                self._kernel._input_request = before
            if self._counts_at_end:  # the magic's own end counts this one
                self._shell.execution_count = count
            self._kernel.set_parent(self._identity, self._outer, "shell")
            self._send(DONE, {"execution_count": count}, parent)
            self.after = action.cell

    def _asked_of_the_magic(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def asked(prompt: str, identity: Any, parent: Any, password: bool = False) -> Any:
            self.on_question(prompt, password)
            try:
                return ask(prompt, self._identity, self._outer, password=password)
            finally:
                self.on_answer()

        return asked

    def _request(self, action: Action) -> dict[str, Any]:
        """An execute request as the action's cell would have made it.

        The header holds texts only: ipykernel hashes its items.
        """
        run = action.cell.split("-")[0]
        header = {
            **self._outer["header"],
            "msg_id": f"codeact:{run}:{action.cell}",
            "msg_type": "execute_request",
            "date": datetime.now(timezone.utc),
            "codeact_run": run,
            "codeact_after": self.after,
        }
        content = {"code": action.code, "silent": False, "store_history": True}
        return {
            "header": header,
            "msg_id": header["msg_id"],
            "msg_type": "execute_request",
            "parent_header": {},
            "metadata": {"cellId": action.cell},
            "content": {**content, "allow_stdin": True},
            "buffers": [],
        }

    def _send(self, kind: str, content: Mapping[str, Any], parent: Mapping[str, Any]) -> None:
        kernel = self._kernel
        topic = kernel._topic(kind)
        kernel.session.send(kernel.iopub_socket, kind, content, parent=parent, ident=topic)


def shown_as_cells(shell: InteractiveShell) -> bool:
    """Whether the front end that runs the present cell shows a run's cells: it says so in it.

    The mark names the session of the request itself, so one that was saved in a notebook and came
    along in another front end does not count. What a sandboxed kernel says of cells no server
    passes on.
    """
    kernel: Any = getattr(shell, "kernel", None)
    if kernel is None or not hasattr(kernel, "get_parent") or os.environ.get(SANDBOX):
        return False
    request = kernel.get_parent("shell") or {}
    client = (request.get("metadata") or {}).get(CLIENT)
    return bool(client) and client == (request.get("header") or {}).get("session")


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()
