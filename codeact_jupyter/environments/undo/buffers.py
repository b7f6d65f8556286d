"""The state of what is raw bytes: bytearrays, arrays of numbers, streams in memory.

Its source is also sent into kernels.
"""

from __future__ import annotations

import array
import io
from collections.abc import Callable
from typing import Any

from codeact_jupyter.environments.undo.kinds import Kind
from codeact_jupyter.environments.undo.parts import state_kind

PIECE = 1 << 20  # how many numbers are compared at once
A_BYTE, BYTE_SECONDS = 1, 1e-9
OF_ITS_STATE = 0  # the width of what tells only with its state how long it is: a text's stream
itemsize_of: Callable[[Any], int] = vars(array.array)["itemsize"].__get__


def _put_bytes(value: Any, saved: Any) -> None:
    bytearray.__setitem__(value, slice(None), saved)


def _put_array(value: Any, saved: Any) -> None:
    array.array.__setitem__(value, slice(None), saved)


def _same_arrays(value: Any, saved: Any) -> bool:
    """Compare their bytes, piece by piece: as numbers, what is none equals nothing."""
    cls: Any = array.array
    if cls.__len__(value) != len(saved):
        return False
    pieces = (slice(at, at + PIECE) for at in range(0, len(saved), PIECE))
    return all(cls.__getitem__(value, it).tobytes() == saved[it].tobytes() for it in pieces)


def _bytes_of_numbers(value: Any) -> int:
    return array.array.__len__(value) * itemsize_of(value)


def stream_kind(cls: Any) -> Kind:
    """The streams in memory of a class, without their attributes, which come last."""
    kind = state_kind(
        lambda value: cls.__getstate__(value)[:-1],
        lambda value, state: cls.__setstate__(value, (*state, None)),
    )
    if cls is not io.BytesIO:
        return kind._replace(width=OF_ITS_STATE)
    return kind._replace(length=cls.__sizeof__, width=A_BYTE, pace=BYTE_SECONDS)


BYTES = Kind(
    bytearray.copy,
    bytearray.__eq__,
    _put_bytes,
    lambda saved: (),
    bytearray.__len__,
    A_BYTE,
    BYTE_SECONDS,
)
NUMBERS = Kind(
    lambda value: array.array.__getitem__(value, slice(None)),
    _same_arrays,
    _put_array,
    lambda saved: (),
    _bytes_of_numbers,
    A_BYTE,
    BYTE_SECONDS,
)
