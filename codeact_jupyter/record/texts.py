"""What the journal holds of a value: JSON, with its long texts taken out to be kept once.

A text is known by its sha-256: an image that was shown, told to the model and shown again is kept
once, and so is the system text that all runs begin with.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..engine.wire import decode, encode
from ..notebook.armour import armoured, bared

T = TypeVar("T")
LONG = 4_096  # characters; a shorter text is kept where it stands
MARK = "kept"


def packed(value: Any) -> tuple[str, dict[str, bytes]]:
    """A dataclass value as JSON text, and its long texts by what they are known by.

    Raises ValueError for what is no JSON.
    """
    texts: dict[str, bytes] = {}
    try:
        return json.dumps(_without_long(armoured(encode(value)), texts)), texts
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def unpacked(cls: type[T], body: str, text: Callable[[str], bytes]) -> T:
    """The value that `packed` was given; `text` gives a long text by what it is known by.

    Raises ValueError when it cannot have been made by `packed`.
    """
    try:
        return decode(cls, bared(_with_long(json.loads(body), text)))
    except (TypeError, AttributeError, KeyError, RecursionError, zlib.error) as error:
        raise ValueError(f"not a record of {cls.__name__}: {error!r}") from error


def _without_long(value: Any, texts: dict[str, bytes]) -> Any:
    if isinstance(value, str) and len(value) > LONG:
        raw = value.encode()
        name = hashlib.sha256(raw).hexdigest()
        texts[name] = zlib.compress(raw, 1)
        return {MARK: name}
    if isinstance(value, Mapping):
        if set(value) == {MARK}:  # one that only looks like ours
            return {"items": [[MARK, _without_long(value[MARK], texts)]]}
        return {key: _without_long(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_long(item, texts) for item in value]
    return value


def _with_long(value: Any, text: Callable[[str], bytes]) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {MARK}:
            return zlib.decompress(text(value[MARK])).decode()
        return {key: _with_long(item, text) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_long(item, text) for item in value]
    return value
