"""The list of outputs that an action leaves in its cell: merged, cleared, updated, bounded.

Of a flood the beginning is kept and the rest is counted in `lost`. May be added to by any thread.
"""

from __future__ import annotations

import threading

from ..engine.environment import Cleared, Late, OnOutput, Produced, Updated
from ..engine.trajectory import Display, Output, Stream

MOST_CHARACTERS = 10_000_000
MOST_OUTPUTS = 1_000
MOST_PIECES = 1_000


class Pieces:
    """Text that comes in very many pieces, held as few."""

    def __init__(self) -> None:
        self._long: list[str] = []
        self._short: list[str] = []

    def add(self, text: str) -> None:
        """Put `text` at the end."""
        self._short.append(text)
        if len(self._short) == MOST_PIECES:
            self._long.append("".join(self._short))
            self._short = []

    def __str__(self) -> str:
        return "".join((*self._long, *self._short))


class Collector:
    """Collects what one action produces, as its cell would show it.

    `before` holds what came since the action before: it is told and shown first, and what this
    action clears does not void it.
    """

    def __init__(
        self, on_output: OnOutput | None = None, *, before: Collector | None = None
    ) -> None:
        self._lock = threading.RLock()
        self._on_output = on_output
        self._before: tuple[Output, ...] = ()
        self._lost_before = ""
        self._updated: dict[str, Display] = {}
        self._named: set[str] = set()
        self._void()
        if before is not None:
            self._take_over(before.late)

    def add(self, item: Produced) -> None:
        """Take the next thing that the action produced."""
        if self._on_output is not None:
            self._on_output(item)
        with self._lock:
            if isinstance(item, Cleared):
                self._clear_next = True
                if not item.wait:
                    self._void()
                return
            if isinstance(item, Updated):
                self._update(item)
                return
            if self._clear_next:
                self._void()
            if isinstance(item, Stream):
                self._add_text(item)
            else:
                self._add_output(item)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What the cell shows now."""
        with self._lock:
            texts = ((self._stream, self._text), *self._rest.items())
            streams = (_stream(name, str(pieces)) for name, pieces in texts)
            shown = (each for each in streams if each.text)
            return (*self._before, *self._outputs, *shown)

    @property
    def updated(self) -> tuple[Display, ...]:
        """The displays of earlier actions that show something else now."""
        with self._lock:
            return tuple(self._updated.values())

    @property
    def lost(self) -> str:
        """What of the output is missing, in words; empty when nothing is."""
        too_long = self._characters - MOST_CHARACTERS
        lost = [f"{too_long:,} characters of text"] * (too_long > 0)
        lost += [f"{self._dropped:,} outputs"] * (self._dropped > 0)
        in_disorder = len(self._rest) > 1
        lost += [f"the order of stdout and stderr after {MOST_OUTPUTS:,} outputs"] * in_disorder
        words = f"output incomplete: {' and '.join(lost)} not kept" if lost else ""
        return "; ".join(filter(None, (self._lost_before, words)))

    @property
    def late(self) -> Late:
        """All of it, as something that came when no action ran."""
        return Late(self.outputs, self.updated, self.lost)

    def _take_over(self, late: Late) -> None:
        self._before, self._lost_before = late.outputs, late.lost
        self._updated = {each.display_id: each for each in late.updated}
        displays = (each for each in late.outputs if isinstance(each, Display))
        self._named = {each.display_id for each in displays if each.display_id}
        if self._on_output is not None:
            for output in late.outputs:
                self._on_output(output)
            for display in late.updated:
                self._on_output(Updated(display, display.display_id))

    def _add_text(self, item: Stream) -> None:
        room = MOST_CHARACTERS - self._characters
        self._characters += len(item.text)
        if room <= 0:
            return
        if item.name != self._stream:
            self._close_text()
            if len(self._outputs) >= MOST_OUTPUTS:  # no text is lost, but for its place
                self._rest.setdefault(item.name, Pieces()).add(item.text[:room])
                return
            self._begin_text(item.name)
        self._text.add(item.text[:room])

    def _add_output(self, item: Output) -> None:
        if isinstance(item, Display) and item.display_id:
            self._updated.pop(item.display_id, None)
            self._named.add(item.display_id)
            self._replace(item)
        self._close_text()
        if len(self._outputs) < MOST_OUTPUTS:
            self._outputs.append(item)
        else:
            self._dropped += 1

    def _close_text(self) -> None:
        if text := str(self._text):
            self._outputs.append(_stream(self._stream, text))
        self._begin_text("")

    def _begin_text(self, name: str) -> None:
        self._stream, self._text = name, Pieces()

    def _void(self) -> None:
        self._outputs: list[Output] = []
        self._begin_text("")
        self._rest: dict[str, Pieces] = {}
        self._characters = self._dropped = 0
        self._clear_next = False

    def _update(self, item: Updated) -> None:
        assert isinstance(item.output, Display)
        if item.display_id in self._named:
            self._replace(item.output)
        elif item.display_id in self._updated or len(self._updated) < MOST_OUTPUTS:
            self._updated[item.display_id] = item.output
        else:
            self._dropped += 1

    def _replace(self, new: Display) -> None:
        """Show `new` wherever a display of its id is shown, as Jupyter does."""
        self._before = tuple(_renewed(old, new) for old in self._before)
        self._outputs = [_renewed(old, new) for old in self._outputs]


def _renewed(old: Output, new: Display) -> Output:
    return new if isinstance(old, Display) and old.display_id == new.display_id else old


def _stream(name: str, text: str) -> Stream:
    return Stream(text, "stderr" if name == "stderr" else "stdout")
