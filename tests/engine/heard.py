"""Events read back from their wire form, as a program that listens to a run would read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from codeact_jupyter.engine.events import Event
from codeact_jupyter.engine.wire import decode


@dataclass(frozen=True)
class Envelope:
    """An event as it travels: JSON with its version."""

    event: Event
    version: int = 1


def from_wire(data: dict[str, Any]) -> Event:
    """The event that `to_wire` made `data` from; raises ValueError when it is none."""
    return decode(Envelope, {"event": data}).event
