"""One request to the model, and what became of its reply."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from .prompt import Json


@dataclass(eq=False)
class Exchange:
    """A request and its reply, which goes on for a while; times in seconds of one clock."""

    request: Json
    body: bytes
    headers: dict[str, str]
    arrival: float
    completion: float = math.nan
    usage: Json | None = None
    is_abandoned: bool = False

    @property
    def since_arrival(self) -> float:
        """The seconds since the request had come whole."""
        return time.perf_counter() - self.arrival

    def complete(self) -> None:
        """The last bytes of the reply are about to be written."""
        self.completion = time.perf_counter()

    def bill(self, usage: Json) -> None:
        """The reply reached its end, and cost this."""
        self.usage = {**usage, "model": self.request["model"]}
