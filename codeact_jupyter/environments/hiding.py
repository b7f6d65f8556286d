"""Keeps the host's keys out of what is recorded, told to a model and shown of a run (law 9).

Code may come by a key in ways that no rule foresees; so their exact texts are hidden in all that an
environment hands over. Who holds the keys is not known here: they are given.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from ..engine.environment import Environment, Late, Namespace, News, OnOutput, Produced
from ..engine.trajectory import Action, Observation, Stream

HIDDEN = "[key hidden]"
TELLING = 20  # so many characters at the beginning of a long secret are of that one only
T = TypeVar("T")


def hidden(value: T, secrets: Sequence[str]) -> T:
    """The value, with `HIDDEN` in the place of each secret in its texts; itself if none is there.

    The longest secret must come first: it may contain another.
    """
    return cast("T", _hidden(value, secrets)) if secrets else value


def _hidden(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, str):
        for secret in secrets:
            value = _without(value, secret)
        return value
    if isinstance(value, (list, tuple)):
        new = [_hidden(item, secrets) for item in value]
        same = all(one is other for one, other in zip(new, value, strict=True))
        return value if same else type(value)(new)
    if isinstance(value, Mapping):
        pairs = {_hidden(key, secrets): _hidden(item, secrets) for key, item in value.items()}
        return value if pairs == value else pairs
    if is_dataclass(value) and not isinstance(value, type):
        before = {each.name: getattr(value, each.name) for each in fields(value) if each.init}
        after = {name: _hidden(item, secrets) for name, item in before.items()}
        changed = {name: item for name, item in after.items() if item is not before[name]}
        return replace(value, **changed) if changed else value
    return value


def _without(text: str, secret: str) -> str:
    """The text without the secret, also where it was cut, as descriptions of values are."""
    beginning = secret[:TELLING] if len(secret) > 2 * TELLING else secret
    at, pieces = 0, []
    while (found := text.find(beginning, at)) >= 0:
        pieces += [text[at:found], HIDDEN]
        at = found + len(beginning)
        while text[at : at + 1] == secret[at - found : at - found + 1] != "":
            at += 1
    return "".join([*pieces, text[at:]]) if pieces else text


class Sieve:
    """Lets one text that comes in pieces through, without the secrets.

    The end of it that a secret may begin with waits for what follows.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets
        self._waiting = ""

    def through(self, text: str) -> str:
        """As much of the text up to and with this piece as is sure and did not come yet."""
        text = self._waiting + text
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        begun = (_begun(text, secret) for secret in self._secrets)
        sure = len(text) - max(begun, default=0)
        self._waiting = text[sure:]
        return hidden(text[:sure], self._secrets)

    def rest(self) -> str:
        """What waits: nothing follows it."""
        waiting, self._waiting = self._waiting, ""
        return hidden(waiting, self._secrets)


class Hiding:
    """An environment of which no secret comes out."""

    def __init__(self, environment: Environment, secrets: Callable[[], Sequence[str]]) -> None:
        self._environment = environment
        self._secrets = secrets

    async def check(self, code: str) -> str | None:
        problem = await self._environment.check(code)
        return problem and hidden(problem, self._secrets())

    async def execute(self, action: Action, *, on_output: OnOutput) -> Observation:
        if secrets := self._secrets():
            progress = _Progress(on_output, secrets)
            seen = await self._environment.execute(action, on_output=progress.add)
            progress.end()
        else:
            seen = await self._environment.execute(action, on_output=on_output)
        return hidden(seen, self._secrets())  # a password may have been typed meanwhile

    def late(self) -> Late:
        return hidden(self._environment.late(), self._secrets())

    async def news(self, *, anew: bool = False, mentioned: Collection[str] = ()) -> News:
        news = await self._environment.news(anew=anew, mentioned=mentioned)
        return hidden(news, self._secrets())

    def namespace(self) -> Namespace:
        known = self._environment.namespace()  # a policy says in words what code does with them
        texts, sources = hidden((known.texts, known.sources), self._secrets())
        return replace(known, texts=texts, sources=sources)

    def interrupt(self) -> None:
        self._environment.interrupt()

    async def close(self) -> None:
        await self._environment.close()


class _Progress:
    """Passes outputs on as they come, without the secrets; may be added to by any thread."""

    def __init__(self, on_output: OnOutput, secrets: Sequence[str]) -> None:
        self._on_output = on_output
        self._secrets = secrets
        self._lock = threading.RLock()
        self._sieve = Sieve(secrets)
        self._stream = Stream("")

    def add(self, item: Produced) -> None:
        """Take the next output."""
        with self._lock:
            if not isinstance(item, Stream) or item.name != self._stream.name:
                self.end()
            if not isinstance(item, Stream):
                self._on_output(hidden(item, self._secrets))
                return
            self._stream = item
            self._pass_on(self._sieve.through(item.text))

    def end(self) -> None:
        """Pass on what waits."""
        with self._lock:
            self._pass_on(self._sieve.rest())

    def _pass_on(self, text: str) -> None:
        if text:
            self._on_output(Stream(text, self._stream.name))


def _begun(text: str, secret: str) -> int:
    """How many characters at the end of `text` are the beginning of the secret."""
    at = text.find(secret[0], max(0, len(text) - len(secret) + 1))
    while at >= 0:
        if secret.startswith(text[at:]):
            return len(text) - at
        at = text.find(secret[0], at + 1)
    return 0
