"""Finds a model server on this machine's loopback, when nothing else is set."""

from __future__ import annotations

import json
import socket
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException

PROBE_SECONDS = 0.4


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
    with ThreadPoolExecutor(len(ports)) as pool:
        found = pool.map(lambda place: _probe(*place), ports)
        return next((server for server in found if server is not None), None)


def _probe(product: str, port: int) -> LocalServer | None:
    try:
        with socket.create_connection(("127.0.0.1", port), PROBE_SECONDS):
            pass
        url = f"http://127.0.0.1:{port}"
        # No proxy: the address is this machine, whatever the environment says.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"{url}/v1/models", timeout=PROBE_SECONDS * 2) as answer:
            listed = json.loads(answer.read(1_000_000))
    except (OSError, HTTPException, ValueError):
        return None
    entries = listed.get("data") if isinstance(listed, dict) else None
    listed_ids = [entry.get("id") for entry in entries or () if isinstance(entry, dict)]
    names = tuple(name for name in listed_ids if isinstance(name, str) and _talks(name))
    return LocalServer(product, url, names) if names else None


def _talks(model: str) -> bool:
    """Whether a listed model can answer: the ones that only embed or rank cannot."""
    return bool(model) and not any(word in model.lower() for word in ("embed", "rerank"))
