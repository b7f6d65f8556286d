"""What an object keeps: its attributes, its slots, or a whole state that its type gives out.

Another of the modules that are sent into kernels.
"""

# ruff: noqa: B905 - Python 3.8 knows no `zip(strict=True)`
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from codeact_jupyter.environments.probe_values import library
from codeact_jupyter.environments.undo.kinds import ABSENT, Kind, all_same, put_dict, same_dicts


def attributes_kind(
    attributes_of: Callable[[Any], Any], passing: frozenset[str] = frozenset()
) -> Kind:
    """The attributes of an object, and its class; `passing` are those that say nothing of it.

    `attributes_of` gives the dict of them, or None where there is none that can be trusted.
    """

    def lasting(value: Any) -> dict[str, Any]:
        attributes = attributes_of(value)
        if type(attributes) is not dict:
            return {}
        if not passing:
            return attributes.copy()
        return {name: item for name, item in attributes.items() if name not in passing}

    def take(value: Any) -> tuple[Any, dict[str, Any]]:
        return type(value), lasting(value)

    def same(value: Any, saved: tuple[Any, dict[str, Any]]) -> bool:
        return type(value) is saved[0] and same_dicts(lasting(value), saved[1])

    def put(value: Any, saved: tuple[Any, dict[str, Any]]) -> None:
        if type(value) is not saved[0]:
            object.__setattr__(value, "__class__", saved[0])
        attributes = attributes_of(value)
        if type(attributes) is dict:
            kept = {name: item for name, item in attributes.items() if name in passing}
            put_dict(attributes, {**kept, **saved[1]})

    return Kind(take, same, put, lambda saved: saved[1].values())


def slots_kind(slots: tuple[Any, ...]) -> Kind:
    """The slots of an object, by their descriptors."""

    def read(value: Any, slot: Any) -> Any:
        try:
            return slot.__get__(value)
        except AttributeError:
            return ABSENT

    def take(value: Any) -> tuple[Any, ...]:
        return tuple(read(value, slot) for slot in slots)

    def put(value: Any, saved: tuple[Any, ...]) -> None:
        for slot, item in zip(slots, saved):
            if item is not ABSENT:
                slot.__set__(value, item)
            elif read(value, slot) is not ABSENT:
                slot.__delete__(value)

    return Kind(take, lambda value, saved: all_same(take(value), saved), put, lambda saved: saved)


def exceptions_kind() -> Kind:
    """What every exception keeps beside its attributes; its traceback is left alone."""
    names = ("args", "__cause__", "__context__", "__suppress_context__")
    return slots_kind(tuple(vars(BaseException)[name] for name in names))


def partials_kind() -> Kind:
    """What a partial calls, and with what, without its attributes, which come last."""
    cls: Any = functools.partial

    def take(value: Any) -> Any:
        return cls.__reduce__(value)[2][:-1]

    def put(value: Any, saved: Any) -> None:
        cls.__setstate__(value, (*saved, cls.__reduce__(value)[2][-1]))

    return Kind(take, lambda value, saved: all_same(take(value), saved), put, lambda saved: saved)


def state_kind(get: Callable[[Any], Any], put: Callable[[Any, Any], Any]) -> Kind:
    """What a type of the standard library or of numpy gives and takes as its whole state."""
    return Kind(get, lambda value, saved: same_states(get(value), saved), put, lambda saved: ())


def registry_kind() -> Kind:
    """The classes that were registered with an abstract one, which only its C code knows."""
    known = library("_abc")

    def take(cls: Any) -> tuple[Any, ...]:
        found = [each() for each in known["_get_dump"](cls)[0]] if known else []
        return tuple(each for each in found if each is not None)

    def same(cls: Any, saved: tuple[Any, ...]) -> bool:
        return {id(each) for each in take(cls)} == {id(each) for each in saved}

    def put(cls: Any, saved: tuple[Any, ...]) -> None:
        known["_reset_registry"](cls)
        known["_reset_caches"](cls)
        for each in saved:
            known["_abc_register"](cls, each)

    return Kind(take, same, put, lambda saved: saved)


def context_kind(cls: Any, *, with_flags: bool = True) -> Kind:
    """The contexts of decimal; `cls` is their class, which takes again what it gives out.

    The flags say what was met in calculating, beside how it is to be done.
    """

    def get(value: Any) -> tuple[Any, ...]:
        *settings, flags, traps = cls.__reduce__(value)[1]
        return (*settings, flags if with_flags else None, traps)  # None leaves them

    return state_kind(get, lambda value, state: cls.__init__(value, *state))


def same_states(one: Any, other: Any) -> bool:
    """Compare states of plain values and arrays of numbers."""
    if type(one) is not type(other):
        return False
    if type(one) is dict:
        return one.keys() == other.keys() and all(same_states(one[k], other[k]) for k in one)
    if type(one) in (tuple, list):
        return len(one) == len(other) and all(map(same_states, one, other))
    if hasattr(one, "tobytes"):
        return bool(one.tobytes() == other.tobytes())
    return bool(one == other)
