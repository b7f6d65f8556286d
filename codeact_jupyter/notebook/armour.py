"""JSON that any UTF-8 file and any JSON reader can carry, and back without loss.

A lone surrogate cannot be written as UTF-8, and NaN is no JSON; both come out of kernels. What
cannot be carried is written as a mapping with one key of MARKS; what looks like one is too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

MARKS = ("escaped", "items", "number")


def sayable(text: str) -> str:
    """`text` with lone surrogates as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def is_sayable(text: str) -> bool:
    """Whether UTF-8 can carry `text`."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def armoured(value: Any) -> Any:
    """JSON as plain mappings and lists, with what cannot be carried in armour."""
    if isinstance(value, Mapping):
        if all(map(is_sayable, value)) and not _looks_armoured(value):
            return {key: armoured(value[key]) for key in sorted(value)}
        return {"items": [[armoured(key), armoured(value[key])] for key in sorted(value)]}
    if isinstance(value, (list, tuple)):
        return [armoured(item) for item in value]
    if isinstance(value, str) and not is_sayable(value):
        return {"escaped": value.encode("unicode_escape").decode("ascii")}
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": repr(value)}
    return value


def bared(value: Any) -> Any:
    """The JSON that `armoured` was given; raises ValueError when it cannot have been."""
    if isinstance(value, Mapping):
        if not _looks_armoured(value):
            return {key: bared(item) for key, item in value.items()}
        ((mark, inner),) = value.items()
        if mark == "items":
            return {bared(key): bared(item) for key, item in inner}
        return float(inner) if mark == "number" else _unescaped(inner)
    if isinstance(value, (list, tuple)):
        return [bared(item) for item in value]
    return value


def shown(value: Any) -> Any:
    """JSON to look at: what cannot be carried as visible text, which is not read back."""
    if isinstance(value, Mapping):
        return {sayable(str(key)): shown(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return sayable(value) if isinstance(value, str) else value


def _looks_armoured(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in MARKS


def _unescaped(text: str) -> str:
    return text.encode("ascii").decode("unicode_escape")
