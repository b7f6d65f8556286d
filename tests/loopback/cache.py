"""Prompt-cache accounting by prefix, in tokens, as the documentation describes it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from .facts import ModelFacts, facts_of
from .prompt import Json, PromptBlock, canonical, prompt_blocks, tokens_of_block
from .refused import Refused

LOOKBACK = 20
MAXIMUM_BREAKPOINTS = 4
LIFETIMES = {"5m": 300.0, "1h": 3600.0}


@dataclass(frozen=True)
class Prefix:
    """The prompt up to and including one block."""

    key: str
    tokens: int


@dataclass(frozen=True)
class Breakpoint:
    """A block up to which the client asked to cache, and for how long."""

    index: int
    ttl: str


@dataclass(frozen=True)
class CacheEntry:
    """One cached prefix; a hit pushes its expiry back by its lifetime."""

    lifetime: float
    expires: float


class PromptCache:
    """Remember prefixes, and say what of a request was read, written or neither."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._entries: dict[str, CacheEntry] = {}
        self._lock = threading.Lock()

    def charge(self, request: Json) -> Json:
        """Account for a request, and return the input side of its usage."""
        blocks = list(prompt_blocks(request))
        prefixes = _prefixes(request, blocks)
        points = breakpoints(request, blocks)
        with self._lock:
            read = self._read(prefixes, points)
            written = self._write(prefixes, points, read, facts_of(request["model"]))
        total = prefixes[-1].tokens if prefixes else 0
        return {
            "input_tokens": total - read - sum(written.values()),
            "cache_creation_input_tokens": sum(written.values()),
            "cache_read_input_tokens": read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": written["5m"],
                "ephemeral_1h_input_tokens": written["1h"],
            },
        }

    def _read(self, prefixes: list[Prefix], points: list[Breakpoint]) -> int:
        now, read = self._clock(), 0
        for point in points:
            for index in range(point.index, max(-1, point.index - LOOKBACK), -1):
                entry = self._entries.get(prefixes[index].key)
                if entry and entry.expires > now:
                    self._entries[prefixes[index].key] = CacheEntry(
                        entry.lifetime, now + entry.lifetime
                    )
                    read = max(read, prefixes[index].tokens)
                    break
        return read

    def _write(
        self, prefixes: list[Prefix], points: list[Breakpoint], read: int, facts: ModelFacts
    ) -> dict[str, int]:
        now, done, written = self._clock(), read, {"5m": 0, "1h": 0}
        for point in points:
            prefix = prefixes[point.index]
            if prefix.tokens < facts.minimum_cacheable or prefix.tokens <= done:
                continue
            written[point.ttl] += prefix.tokens - done
            done = prefix.tokens
            lifetime = LIFETIMES[point.ttl]
            self._entries[prefix.key] = CacheEntry(lifetime, now + lifetime)
        return written


def breakpoints(request: Json, blocks: list[PromptBlock]) -> list[Breakpoint]:
    """Find the explicit breakpoints and the automatic one, or refuse them."""
    found = {
        index: _ttl(control)
        for index, item in enumerate(blocks)
        if (control := item.block.get("cache_control"))
    }
    if control := request.get("cache_control"):
        cacheable = [index for index, item in enumerate(blocks) if not item.is_thinking]
        if cacheable:
            found.setdefault(cacheable[-1], _ttl(control))
    if len(found) > MAXIMUM_BREAKPOINTS:
        raise Refused(
            f"A maximum of {MAXIMUM_BREAKPOINTS} blocks with cache_control may be provided. "
            f"Found {len(found)}."
        )
    points = [Breakpoint(index, found[index]) for index in sorted(found)]
    for before, after in pairwise(points):
        if (before.ttl, after.ttl) == ("5m", "1h"):
            raise Refused(
                "cache_control: a ttl='1h' block must not come after a ttl='5m' block. Note that "
                "blocks are processed in the following order: `tools`, `system`, `messages`."
            )
    return points


def _ttl(control: Any) -> str:
    ttl = control.get("ttl") or "5m"
    if control.get("type") != "ephemeral" or ttl not in LIFETIMES:
        raise Refused(f"cache_control: Input should be an ephemeral cache control, not {control}")
    return str(ttl)


def _prefixes(request: Json, blocks: list[PromptBlock]) -> list[Prefix]:
    """Hash every prefix; thinking, effort and tool choice are part of the messages' prefix."""
    running, tokens, prefixes = hashlib.sha256(request["model"].encode()), 0, []
    salt = _settings(request)
    for item in blocks:
        running.update(f"{salt if item.tier == 'messages' else ''}\0{item.text}".encode())
        tokens += tokens_of_block(item.block)
        prefixes.append(Prefix(running.copy().hexdigest(), tokens))
    return prefixes


def _settings(request: Json) -> str:
    """Serialise the settings a change of which misses the cache; a default equals its absence."""
    facts = facts_of(request["model"])
    thinking = request.get("thinking") or {}
    default = "adaptive" if facts.thinks_by_default else "disabled"
    effort = (request.get("output_config") or {}).get("effort") or facts.default_effort
    choice = (request.get("tool_choice") or {}).get("type", "auto")
    kind = thinking.get("type", default)
    return canonical([choice, kind, thinking.get("budget_tokens"), effort])
