"""From what a kernel sent for an action to what is known of it."""

from __future__ import annotations

import time

from ..engine.trajectory import Observation, StepState
from .collecting import Collector
from .exchange import Message
from .outputs import produced
from .payloads import Payloads


def collect(collector: Collector, message: Message) -> None:
    """Keep what a message of IOPub produced, if it produced anything."""
    item = produced(message)
    if item is not None:
        collector.add(item)


def replied(collector: Collector, reply: Message, *, complete: bool) -> str:
    """Keep what came with the reply itself; return what of it all is missing, in words."""
    payloads = Payloads(collector.add)
    payloads.take_all(reply["content"].get("payload"))
    lost = collector.lost or ("" if complete else "output may be incomplete")
    return "; ".join(filter(None, (lost, payloads.not_done)))


def count_of(reply: Message) -> int | None:
    """The number of the execution that a reply is to, if it tells one."""
    count = reply["content"].get("execution_count")
    return count if type(count) is int else None


def since(started: float) -> float:
    """The seconds since this reading of the monotonic clock."""
    return round(time.monotonic() - started, 3)


def ended(status: StepState, collector: Collector, why: str, seconds: float) -> Observation:
    """The observation of an action that the kernel did not reply to."""
    lost = "; ".join(filter(None, (collector.lost, why)))
    outputs, updated = collector.outputs, collector.updated
    return Observation(status, outputs, seconds=seconds, lost=lost, updated=updated)
