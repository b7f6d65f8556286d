"""Digests of values: equal for equal JSON, however it was written in between.

The order of keys, and `1` for `1.0` as JavaScript writes it, make no difference.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from .trajectory import Display, Output
from .wire import encode

WHOLE = 2**53  # up to here a number is the same to Python and to JavaScript


def value_digest(value: Any) -> str:
    """The sha-256 of JSON, as hexadecimal digits."""
    text = json.dumps(_told_alike(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def output_digest(output: Output) -> str:
    """The digest of an output as it is now, whatever it was first."""
    if isinstance(output, Display) and output.was:
        output = replace(output, was="")
    return value_digest(encode(output))


def _told_alike(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _told_alike(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_told_alike(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) <= WHOLE:
        return int(value)
    if isinstance(value, int) and abs(value) > WHOLE:
        return float(value) if abs(value) < 10**300 else hex(value)
    return value
