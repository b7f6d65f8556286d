"""How a magic's run is shown: as cells, under its own cell, or as text in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from ..engine.events import Event
from ..engine.trajectory import Trajectory, Turn
from ..environments.own_cells import OwnCells, shown_as_cells
from ..environments.shell import ShellEnvironment
from ..record.signing import own_signature
from ..session import Session
from .inline import InlineView
from .projected import ProjectedView
from .words import turn_facts, why_asked

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


class MagicView(Protocol):
    """What shows one run to the person."""

    def notice(self, text: str) -> None:
        """Say something that is not of the run: where the model comes from."""

    def show(self, event: Event, trajectory: Trajectory) -> None:
        """Take the next event; `trajectory` is the record after it."""

    def asks(self, question: str, reasons: Sequence[str]) -> None:
        """The person is about to be asked this, for these reasons."""

    def clear(self) -> None:
        """An action's `clear_output()` takes effect: what was there before it must stay."""

    def end(self, turn: Turn) -> None:
        """The run is over, whatever its state."""


class TextView:
    """A run as text in the terminal's own IPython; outputs are there already."""

    def __init__(self) -> None:
        from rich.console import Console

        from .pictures import Figures
        from .terminal import TerminalView

        self.view = TerminalView(Console(), outputs=False, unseen=Figures().new)

    def notice(self, text: str) -> None:
        print(text)

    def show(self, event: Event, trajectory: Trajectory) -> None:
        self.view.show(event)

    def asks(self, question: str, reasons: Sequence[str]) -> None:
        for why in why_asked(reasons):
            print(f"  {why}")

    def clear(self) -> None:
        """A terminal keeps what it showed."""

    def end(self, turn: Turn) -> None:
        print(f"\n{turn_facts(turn)}")


@contextmanager
def magic_view(
    shell: InteractiveShell, environment: ShellEnvironment, session: Session
) -> Iterator[MagicView]:
    """What shows the next run in this shell, where the person looks at it."""
    environment.own_cells = None
    if shown_as_cells(shell):
        environment.own_cells = OwnCells(shell)
        yield ProjectedView(
            shell,
            environment.own_cells,
            limits=session.settings.limits,
            context_tokens=lambda: session.context_tokens,
        )
    elif hasattr(shell, "kernel"):
        yield InlineView(shell, own_signature())
    else:
        text = TextView()
        with text.view:
            yield text
