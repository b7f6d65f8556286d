"""What code asks of the front end that ran it: IPython's payloads, which travel with the reply.

A page (`len?`, `%prun`, `%less`) is something to read, and so an output of the action. The rest
would have the person's front end write a cell or open a file, and is not done for an action.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..engine.trajectory import Display, Stream
from .outputs import clean

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

ASKING = ("set_next_input", "edit_magic")  # with `ask_exit` and `page` all that IPython has
NOT_DONE = "not done, as it asks the person's front end: {}"


class Payloads:
    """The payloads of one action; `show` gets what there is to read, as text where it can be."""

    def __init__(self, show: Callable[[Stream | Display], object]) -> None:
        self._show = show
        self._asked: dict[str, None] = {}

    def take(self, payload: Any, single: bool = True) -> None:
        """Take a payload, as IPython's `write_payload` does."""
        source = payload.get("source") if isinstance(payload, Mapping) else None
        if source in ASKING:
            self._asked[source] = None
        if source != "page" or not isinstance(data := payload.get("data"), Mapping):
            return
        text = data.get("text/plain")
        if isinstance(text, str):
            self._show(Stream(text if text.endswith("\n") else f"{text}\n"))
        elif data:
            self._show(Display(clean(data)))

    def take_all(self, payloads: Any) -> None:
        """Take what came with a reply, which a kernel's own code may have put together."""
        for payload in payloads if isinstance(payloads, (list, tuple)) else ():
            self.take(payload)

    @property
    def not_done(self) -> str:
        """What nothing came of, in words; empty where there is nothing."""
        return NOT_DONE.format(", ".join(self._asked)) if self._asked else ""


def put_out(shell: InteractiveShell) -> Callable[[Stream | Display], None]:
    """What shows something in this process at once, as if the code had done so."""

    def show(output: Stream | Display) -> None:
        if isinstance(output, Stream):
            sys.stdout.write(output.text)
        else:
            shell.display_pub.publish(output.data)

    return show
