"""Finds a model server on this machine's loopback, when nothing else is set."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse

PROBE_SECONDS = 1.0  # for all of it: who listens on such a port may answer without end
LONGEST = 1_000_000
PIECE = 65_536


@dataclass(frozen=True)
class LocalServer:
    """A server that answered: its product, its address and the models it lists."""

    product: str
    url: str
    models: tuple[str, ...]


PORTS: tuple[tuple[str, int], ...] = (
    ("Ollama", 11434),
    ("LM Studio", 1234),
    ("llama-server", 8080),
    ("vLLM", 8000),
)


def find_local_server(ports: Sequence[tuple[str, int]] = PORTS) -> LocalServer | None:
    """The first server on loopback that lists at least one model, or None after a short probe."""
    deadline = time.monotonic() + PROBE_SECONDS
    found: list[LocalServer | None] = [None] * len(ports)

    def probe(place: int) -> None:
        found[place] = _probe(*ports[place], deadline)

    # Daemons, because a server that sends its headers in drops holds its probe for long.
    probes = [threading.Thread(target=probe, args=(at,), daemon=True) for at in range(len(ports))]
    for thread in probes:
        thread.start()
    for place, thread in enumerate(probes):
        thread.join(max(0.0, deadline - time.monotonic()))
        if (server := found[place]) is not None:
            return server
    return None


def _probe(product: str, port: int, deadline: float) -> LocalServer | None:
    # No proxy: the address is this machine, whatever the environment says.
    connection = HTTPConnection("127.0.0.1", port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/v1/models")
        with connection.getresponse() as answer:
            listed = json.loads(_body(answer, deadline))
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    entries = listed.get("data") if isinstance(listed, dict) else None
    listed_ids = [entry.get("id") for entry in entries or () if isinstance(entry, dict)]
    names = tuple(name for name in listed_ids if isinstance(name, str) and _talks(name))
    return LocalServer(product, f"http://127.0.0.1:{port}", names) if names else None


def _body(answer: HTTPResponse, deadline: float) -> bytes:
    """What was answered; raises TimeoutError when it does not end in time."""
    if answer.status != 200:
        return b""
    pieces: list[bytes] = []
    while piece := answer.read1(PIECE):
        pieces.append(piece)
        if time.monotonic() > deadline or sum(map(len, pieces)) > LONGEST:
            raise TimeoutError
    return b"".join(pieces)


def _talks(model: str) -> bool:
    """Whether a listed model can answer: the ones that only embed or rank cannot."""
    return bool(model) and not any(word in model.lower() for word in ("embed", "rerank"))
