"""The state of arrays and tables: their memory, by address, and the blocks of pandas' tables.

Its source is also sent into kernels. Memory is copied while there are few bytes of
it; what is large is held by a parked fork. A table keeps its blocks apart from their memory, so
that both a new block and a write past pandas' copy-on-write are seen.
"""

# ruff: noqa: B905 - Python 3.8 knows no `zip(strict=True)`
from __future__ import annotations

import ctypes
import sys
import warnings
from collections.abc import Iterable
from typing import Any, NamedTuple

from codeact_jupyter.environments.undo.kinds import Kind, all_same, put_dict, same_dicts
from codeact_jupyter.environments.undo.parked import STEP, Parked, same_memory

PASSING = ("_mgr", "_item_cache", "_cacher", "_is_copy")  # what pandas makes anew


class Layout(NamedTuple):
    """What an array is beside its memory."""

    address: int
    size: int
    shape: Any
    strides: Any
    dtype: Any
    writeable: bool


AN_ELEMENT = 16  # the bytes of an object in an array of objects, as it is listed and kept
MOVED = "its memory was given up for another (resize)"


class Held(NamedTuple):
    """An array's memory as it was: its bytes, or pieces of them, or the fork that has them.

    `elements` are the objects of an array of objects.
    """

    layout: Layout
    content: bytes | None = None
    parked: Parked | None = None
    pieces: tuple[tuple[int, bytes], ...] = ()
    elements: tuple[Any, ...] | None = None


def plain_view(array: Any, cls: Any) -> Any:
    """The array without what a class derived from numpy's puts before it."""
    return array if type(array) is cls else cls.view(array, cls)


def layout_of(array: Any) -> Layout:
    """The layout of an array of exactly numpy's own class."""
    address, read_only = array.__array_interface__["data"]
    return Layout(address, array.nbytes, array.shape, array.strides, array.dtype, not read_only)


def is_one_piece(array: Any) -> bool:
    """Tell whether an array's elements are one stretch of memory from its address on."""
    return bool(array.flags.forc)


def held_now(array: Any) -> Held:
    """The state of an array, with a copy of its memory."""
    layout = layout_of(array)
    if array.dtype.hasobject:
        return Held(layout, elements=tuple(array.ravel(order="K").tolist()))
    content = (
        ctypes.string_at(layout.address, layout.size)
        if is_one_piece(array)
        else array.tobytes(order="A")
    )
    return Held(layout, content)


def held_parked(array: Any, parked: Parked) -> Held:
    """The state of an array whose memory a fork has."""
    return Held(layout_of(array), parked=parked)


def array_kind(cls: Any) -> Kind:
    """The kind of arrays; `cls` is numpy's."""

    def same(array: Any, held: Held) -> bool:
        return same_array(plain_view(array, cls), layout_of(plain_view(array, cls)), held)

    def put(array: Any, held: Held) -> None:
        put_array(array, plain_view(array, cls), held)

    return Kind(
        lambda array: held_now(plain_view(array, cls)), same, put, _elements, width=AN_ELEMENT
    )


def record_kind(cls: Any) -> Kind:
    """The kind of single records, which may show the memory of an array; `cls` is numpy's."""

    def take(record: Any) -> tuple[Any, bytes]:
        """Raises ValueError for what cannot be kept as bytes, or is too large."""
        dtype = cls.dtype.__get__(record)
        if dtype.hasobject or dtype.itemsize > STEP:
            raise ValueError(f"a record of {dtype!r} is not kept")
        return dtype, cls.tobytes(record)

    def put(record: Any, saved: tuple[Any, bytes]) -> None:
        dtype, content = saved
        cls.setfield(record, sys.modules["numpy"].frombuffer(content, dtype)[0], dtype)

    return Kind(take, lambda record, saved: take(record) == saved, put, lambda saved: saved[:1])


def _fields(dtype: Any) -> tuple[Any, ...]:
    """The names of the fields, if there are any; what else the dtype tells; the fields' types."""
    return (dtype.names, dtype.metadata, *(field[0] for field in (dtype.fields or {}).values()))


def _put_fields(dtype: Any, saved: tuple[Any, ...]) -> None:
    dtype.names = saved[0]


FIELDS = Kind(
    _fields,
    lambda dtype, saved: bool(dtype.names == saved[0]),
    _put_fields,
    lambda saved: saved[1:],
)


def _elements(held: Held) -> Iterable[Any]:
    return held.elements or ()


def same_array(array: Any, now: Layout, held: Held) -> bool:
    """Compare an array with its state of before."""
    before = held.layout
    if now[:5] != before[:5] or now.writeable != before.writeable:
        return False
    if held.elements is not None:
        return all_same(array.ravel(order="K").tolist(), held.elements)
    if held.parked is not None:
        return not held.parked.differs(before.address, before.size)
    if held.pieces:
        return all(ctypes.string_at(at, len(piece)) == piece for at, piece in held.pieces)
    if held.content is None or before.size == 0:
        return True
    if is_one_piece(array):
        return same_memory(
            before.address,
            ctypes.cast(ctypes.c_char_p(held.content), ctypes.c_void_p).value or 0,
            before.size,
        )
    return bool(array.tobytes(order="A") == held.content)


def has_moved(array: Any, held: Held) -> bool:
    """Tell whether an array's memory is another by now: `resize` gave it up."""
    before = held.layout
    now = layout_of(plain_view(array, sys.modules["numpy"].ndarray))
    return bool(now.address != before.address or now.size != before.size)


def put_array(array: Any, plain: Any, held: Held) -> None:
    """Put an array back; raises ValueError when its memory is another by now."""
    before = held.layout
    if has_moved(array, held):
        raise ValueError(MOVED)
    if held.elements is not None:
        array.flags.writeable = True  # they are put one by one
    plain = _put_layout(array, plain, before)
    if held.elements is not None:
        for index, element in zip(_places(plain), held.elements):
            plain[index] = element
    elif held.parked is not None:
        held.parked.restore(before.address, before.size)
    elif held.pieces:
        for at, piece in held.pieces:
            ctypes.memmove(at, piece, len(piece))
    elif held.content is not None and is_one_piece(plain):
        ctypes.memmove(before.address, held.content, before.size)
    if plain.flags.writeable != before.writeable:
        array.flags.writeable = before.writeable


def _put_layout(array: Any, plain: Any, before: Layout) -> Any:
    """Give an array its dtype and shape of before; return it as an array of numpy's own class."""
    with warnings.catch_warnings():  # there is no other way to do this to the same object
        warnings.simplefilter("ignore", DeprecationWarning)
        if plain.dtype is not before.dtype:
            array.dtype = before.dtype
        if plain_view(array, type(plain)).shape != before.shape:
            array.shape = before.shape
        if plain_view(array, type(plain)).strides != before.strides:
            array.strides = before.strides
    return plain_view(array, type(plain))


def _places(array: Any) -> Iterable[Any]:
    """The indexes of the elements in the order of `ravel(order="K")`."""
    numpy = sys.modules["numpy"]
    numbers = numpy.arange(array.size).reshape(array.shape, order="F" if array.flags.fnc else "C")
    return zip(*numpy.unravel_index(numbers.ravel(order="K"), array.shape))


def _take_frame(frame: Any) -> tuple[Any, ...]:
    attributes = {
        name: value
        for name, value in object.__getattribute__(frame, "__dict__").items()
        if name not in PASSING
    }
    manager = object.__getattribute__(frame, "_mgr")
    names = tuple(name for axis in manager.axes for name in axis.names)
    return type(frame), attributes, manager.copy(deep=False), names


def _same_frame(frame: Any, saved: tuple[Any, ...]) -> bool:
    kind, attributes, manager, names = saved
    if type(frame) is not kind:
        return False
    now = object.__getattribute__(frame, "_mgr")
    own = object.__getattribute__(frame, "__dict__")
    return (
        same_dicts({k: v for k, v in own.items() if k not in PASSING}, attributes)
        and len(now.axes) == len(manager.axes)
        and all(one.is_(other) for one, other in zip(now.axes, manager.axes))
        and all_same(tuple(name for axis in now.axes for name in axis.names), names)
        and len(now.blocks) == len(manager.blocks)
        and all(map(_same_block, now.blocks, manager.blocks))
    )


def _same_block(one: Any, other: Any) -> bool:
    """Tell whether two blocks have one and the same memory or values."""
    here, there = one.values, other.values
    same_place: bool = one.mgr_locs.as_array.tolist() == other.mgr_locs.as_array.tolist()
    if here is there or not same_place:
        return same_place
    if type(here) is not type(there):
        return False
    if hasattr(here, "__array_interface__"):
        return bool(layout_of(here)[:5] == layout_of(there)[:5])
    for inner in ("_pa_array", "_ndarray", "_data", "_codes"):
        held, of_before = getattr(here, inner, None), getattr(there, inner, None)
        if held is not None and hasattr(held, "__array_interface__"):
            return bool(layout_of(held)[:5] == layout_of(of_before)[:5])
        if held is not None:
            return held is of_before
    return False


def _put_frame(frame: Any, saved: tuple[Any, ...]) -> None:
    kind, attributes, manager, names = saved
    if type(frame) is not kind:
        object.__setattr__(frame, "__class__", kind)
    own = object.__getattribute__(frame, "__dict__")
    anew = {name: value for name, value in own.items() if name == "_item_cache"}
    again = manager.copy(deep=False)
    put_dict(own, {**attributes, "_mgr": again, **{name: {} for name in anew}})
    left = list(names)
    for axis in again.axes:
        axis.names, left = left[: axis.nlevels], left[axis.nlevels :]


def _of_frame(saved: tuple[Any, ...]) -> Iterable[Any]:
    _, attributes, manager, _ = saved
    return (*attributes.values(), *(block.values for block in manager.blocks))


FRAME = Kind(_take_frame, _same_frame, _put_frame, _of_frame)
