"""Values of the engine as JSON and back, without loss.

Fields that have their default are left out; unions are told apart by `kind`. JSON that the values
carry (blocks, MIME bundles) passes through with its keys sorted, so that it survives writers that
sort keys: a conversation read back from a notebook is sent with the same bytes as the first time.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def canonical(value: Any) -> Any:
    """`value` with the keys of every mapping in it sorted."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    return value


def encode(value: Any) -> Any:
    """A dataclass value as JSON: dicts, lists, strings, numbers, booleans and None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(item)
            for field in dataclasses.fields(value)
            if (item := getattr(value, field.name)) != _default(field) or field.name == "kind"
        }
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return canonical(value)


def decode(cls: type[T], data: Any) -> T:
    """The value of type `cls` that `encode` made `data` from.

    Raises ValueError when the data does not fit; unknown keys are ignored, so that records of a
    newer version stay readable.
    """
    try:
        return typing.cast(T, _decode(cls, data))
    except (KeyError, TypeError, AttributeError, ArithmeticError) as error:
        raise ValueError(f"not a record of {cls.__name__}: {error!r}") from error


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


@cache
def _hints(cls: type) -> dict[str, Any]:
    # Python 3.10 takes the marker of keyword-only fields for a type that is none.
    hints = typing.get_type_hints(cls, localns={"KW_ONLY": object})
    return {field.name: hints[field.name] for field in dataclasses.fields(cls)}


def _decode(kind: Any, data: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        _expect(data, dict)
        hints = _hints(typing.cast(type, kind))
        known = {name: _decode(hint, data[name]) for name, hint in hints.items() if name in data}
        return typing.cast(type, kind)(**known)
    origin = typing.get_origin(kind)
    if origin is typing.Union or origin is types.UnionType:
        return _decode_union(typing.get_args(kind), data)
    if origin is tuple:
        _expect(data, list)
        return tuple(_decode(typing.get_args(kind)[0], item) for item in data)
    if kind is Decimal:
        return Decimal(data)
    if origin is dict:
        _expect(data, dict)
        return canonical(data)
    return _plain(kind, origin, data)


def _decode_union(kinds: tuple[Any, ...], data: Any) -> Any:
    if data is None and type(None) in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    if len(kinds) == 1:
        return _decode(kinds[0], data)
    for kind in kinds:
        if _hints(kind)["kind"].__args__[0] == data["kind"]:
            return _decode(kind, data)
    raise TypeError(f"there is no kind {data['kind']!r}")


def _expect(data: Any, kind: type) -> None:
    if not isinstance(data, kind):
        raise TypeError(f"{data!r} is not a {kind.__name__}")


def _plain(kind: Any, origin: Any, data: Any) -> Any:
    """A leaf: a string, number, boolean, or a string of a fixed set."""
    if origin is typing.Literal:
        if data not in typing.get_args(kind):
            raise TypeError(f"{data!r} is none of {typing.get_args(kind)}")
    elif kind is float and isinstance(data, int):
        return float(data)
    elif isinstance(kind, type):
        _expect(data, kind)
    return data
