"""What a scripted model says, and what goes wrong while it says it.

Pure values: nothing here knows HTTP, tokens or the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal

FaultKind = Literal["error", "truncate", "reset", "eof", "stall", "disconnect"]


@dataclass(frozen=True)
class Text:
    """Say prose, `chunk` characters an event."""

    text: str
    _: KW_ONLY
    chunk: int = 12


@dataclass(frozen=True)
class Thinking:
    """Think; left out when the request turns thinking off, empty when it does not display it."""

    text: str
    _: KW_ONLY
    chunk: int = 16


@dataclass(frozen=True)
class ToolUse:
    """Call a tool.

    `raw` replaces the JSON text that is streamed: cut it short or break it to play a bad model.
    """

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)
    _: KW_ONLY
    id: str | None = None
    raw: str | None = None
    chunk: int = 10


Block = Text | Thinking | ToolUse


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one reply: before its stream (`status`), or in it (`kind`, `after`).

    With `status` the reply is that HTTP status: an error body made of `error_type` and `message`,
    or `body` as it is (a proxy's HTML page). Without it, `after` events of the stream go out, pings
    among them, and then comes what `kind` says. A reply that is not streamed is not sent at all.

    - error       an SSE `error` event, then a clean end
    - truncate    the socket closes inside the chunked body
    - reset       TCP RST
    - eof         a clean end of the body with no `message_stop` (a proxy that gave up)
    - stall       nothing for `seconds`, then the stream goes on
    - disconnect  the socket closes before any byte of the reply, whatever `after` says
    """

    _: KW_ONLY
    status: int | None = None
    error_type: str = "overloaded_error"
    message: str = "Overloaded"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = "text/html"
    kind: FaultKind = "error"
    after: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class ScriptedTurn:
    """One reply of the model.

    `stop_reason` is worked out from the content when None. `latency` is the time until the first
    byte, this server's own included, `delay` the wait after each event. `close_blocks=False` leaves
    out the last block's `content_block_stop`, as was seen in recordings of replies cut by
    `max_tokens`.
    """

    content: Iterable[Block] = ()
    _: KW_ONLY
    stop_reason: str | None = None
    stop_sequence: str | None = None
    stop_details: Mapping[str, Any] | None = None
    fault: Fault | None = None
    latency: float = 0.0
    delay: float = 0.0
    ping: bool = True
    close_blocks: bool = True

    def __post_init__(self) -> None:
        """Keep the content as a tuple, so that a turn written with a list can be played again."""
        object.__setattr__(self, "content", tuple(self.content))


Responder = Callable[[dict[str, Any]], ScriptedTurn]
Script = Iterable[ScriptedTurn] | Responder
