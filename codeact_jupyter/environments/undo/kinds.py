"""How the state of one mutable object is copied, compared and put back into the same object.

Its source is also sent into kernels (Python 3.8 and later,
standard library only). A copy is shallow: it holds what the object refers to,
and what these hold is copied by itself. So aliases, views and identities survive. To copy and to
compare calls none of the user's code: the methods are the builtin types' own, and things are
compared by identity.
"""

# ruff: noqa: B905 - Python 3.8 knows no `zip(strict=True)`
from __future__ import annotations

import operator
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, NamedTuple

from codeact_jupyter.environments.probe_values import class_dict_of, is_a

ABSENT = object()
A_DICT = 60  # how wide an item of a dict is, with its hash and its place
MADE_AT_RUN_TIME = 1 << 9  # the flag of a class that can be changed

# The getters of `type` itself: no metaclass comes between.
base_of: Callable[[type], Any] = vars(type)["__base__"].__get__
flags_of: Callable[[type], int] = vars(type)["__flags__"].__get__
size_of: Callable[[type], int] = vars(type)["__basicsize__"].__get__
item_size_of: Callable[[type], int] = vars(type)["__itemsize__"].__get__
weak_offset_of: Callable[[type], int] = vars(type)["__weakrefoffset__"].__get__
dict_offset_of: Callable[[type], int] = vars(type)["__dictoffset__"].__get__


def can_change(cls: type) -> bool:
    """Tell whether attributes of a class can be set."""
    return bool(flags_of(cls) & MADE_AT_RUN_TIME)


NOT_OF_A_CLASS = frozenset(
    [
        "__dict__",
        "__weakref__",
        "__abstractmethods__",
        "_abc_impl",
        "__static_attributes__",
        "__firstlineno__",
        "__classdictcell__",
        "__annotations_cache__",
        "__annotate_func__",
    ]
)


OF_A_CLASS = tuple(
    vars(type)[name] for name in ("__bases__", "__name__", "__qualname__", "__abstractmethods__")
)
# From Python 3.14 on, to ask for annotations may run the code that makes them.
OF_A_FUNCTION = (
    *("__code__", "__defaults__", "__kwdefaults__", "__name__", "__qualname__", "__doc__"),
    *("__module__", *(("__annotations__",) if sys.version_info < (3, 14) else ())),
)


def _few(value: Any) -> int:
    return 0


class Kind(NamedTuple):
    """One kind of state: to take a copy, compare with it, put it back, and what it refers to.

    What can be long tells its `length` before it is copied; of a copy, an item is `width` bytes
    wide, and takes about `pace` seconds.
    """

    take: Callable[[Any], Any]
    same: Callable[[Any, Any], bool]
    put: Callable[[Any, Any], None]
    inside: Callable[[Any], Iterable[Any]]
    length: Callable[[Any], int] = _few
    width: int = 8
    pace: float = 5e-8


def all_same(one: Any, other: Any) -> bool:
    """Tell whether two lists or tuples hold the same objects in the same order."""
    return len(one) == len(other) and all(map(operator.is_, one, other))


def same_dicts(one: dict[Any, Any], other: dict[Any, Any]) -> bool:
    """Tell whether two plain dicts hold the same objects in the same order."""
    return (
        len(one) == len(other)
        and all(map(operator.is_, one, other))
        and all(map(operator.is_, one.values(), other.values()))
    )


def put_dict(value: Any, saved: dict[Any, Any]) -> None:
    dict.clear(value)
    dict.update(value, saved)


def _of_dict(saved: dict[Any, Any]) -> Iterable[Any]:
    return chain(saved, saved.values())


def _itself(saved: list[Any]) -> list[Any]:
    return saved


def _items(value: Any) -> list[Any]:
    return [each for pair in dict.items(value) for each in pair]


def _same_items(value: Any, saved: list[Any]) -> bool:
    now = chain.from_iterable(dict.items(value))
    return 2 * dict.__len__(value) == len(saved) and all(map(operator.is_, now, saved))


def _put_items(value: Any, saved: list[Any]) -> None:
    dict.clear(value)
    for key, item in zip(saved[::2], saved[1::2]):
        dict.__setitem__(value, key, item)


def _ordered(value: Any) -> list[Any]:
    """The items in the order that an OrderedDict shows, which looks each key up."""
    if all(type(key) in (str, int, float, bool, bytes, tuple) for key in dict.keys(value)):
        return [each for pair in OrderedDict.items(value) for each in pair]
    return _items(value)


def _put_ordered(value: Any, saved: list[Any]) -> None:
    OrderedDict.clear(value)
    for key, item in zip(saved[::2], saved[1::2]):
        OrderedDict.__setitem__(value, key, item)


def _same_list(value: Any, saved: list[Any]) -> bool:
    return list.__len__(value) == len(saved) and all(map(operator.is_, list.__iter__(value), saved))


def _put_list(value: Any, saved: list[Any]) -> None:
    list.__setitem__(value, slice(None), saved)


def _members(value: Any) -> list[Any]:
    return list(set.__iter__(value))


def _same_members(value: Any, saved: list[Any]) -> bool:
    if set.__len__(value) != len(saved):
        return False
    if all(map(operator.is_, set.__iter__(value), saved)):  # nearly always, and much quicker
        return True
    return {id(each) for each in set.__iter__(value)} == {id(each) for each in saved}


def _put_set(value: Any, saved: list[Any]) -> None:
    set.clear(value)
    set.update(value, saved)


def _same_deque(value: Any, saved: list[Any]) -> bool:
    now = deque.__iter__(value)
    return deque.__len__(value) == len(saved) and all(map(operator.is_, now, saved))


def _put_deque(value: Any, saved: list[Any]) -> None:
    deque.clear(value)
    deque.extend(value, saved)


def _cell(value: Any) -> Any:
    try:
        return value.cell_contents
    except ValueError:
        return ABSENT


def _put_cell(value: Any, saved: Any) -> None:
    if saved is not ABSENT:
        value.cell_contents = saved
    elif _cell(value) is not ABSENT:
        del value.cell_contents


def _function(value: Any) -> tuple[Any, ...]:
    """All that can be set of a function, its attributes last."""
    told = [getattr(value, name) for name in OF_A_FUNCTION]
    return (*told, value.__dict__.copy())


def _same_function(value: Any, saved: tuple[Any, ...]) -> bool:
    now = _function(value)
    return all_same(now[:-1], saved[:-1]) and same_dicts(now[-1], saved[-1])


def _put_function(value: Any, saved: tuple[Any, ...]) -> None:
    for name, item in zip(OF_A_FUNCTION, saved):
        if getattr(value, name) is not item:
            setattr(value, name, item)
    put_dict(value.__dict__, saved[-1])


def _of_function(saved: tuple[Any, ...]) -> Iterable[Any]:
    return (*saved[1:-1], *saved[-1].values())


def class_contents(cls: Any) -> dict[str, Any]:
    """What can be set in a class, without what Python keeps there for itself."""
    return {name: value for name, value in class_dict_of(cls).items() if name not in NOT_OF_A_CLASS}


def _put_class(cls: Any, saved: dict[str, Any]) -> None:
    now = class_contents(cls)
    for name in now.keys() - saved.keys():
        type.__delattr__(cls, name)
    for name, value in saved.items():
        if now.get(name, ABSENT) is not value:
            type.__setattr__(cls, name, value)


def _module(contents: dict[str, Any]) -> dict[str, Any]:
    """What is in a module of the person's, without modules: an import adds these."""
    return {
        name: value
        for name, value in dict.copy(contents).items()
        if not is_a(type(value), types.ModuleType)
    }


def _put_module(contents: dict[str, Any], saved: dict[str, Any]) -> None:
    for name in _module(contents).keys() - saved.keys():
        del contents[name]
    contents.update(saved)


LIST = Kind(list.copy, _same_list, _put_list, _itself, list.__len__)
DICT = Kind(dict.copy, same_dicts, put_dict, _of_dict, dict.__len__, A_DICT)
ITEMS = Kind(_items, _same_items, _put_items, _itself, dict.__len__, 16)
ORDERED = Kind(
    _ordered,
    lambda value, saved: all_same(_ordered(value), saved),
    _put_ordered,
    _itself,
    dict.__len__,
    16,
    pace=2e-7,
)
SET = Kind(_members, _same_members, _put_set, _itself, set.__len__)
DEQUE = Kind(
    lambda value: list(deque.__iter__(value)),
    _same_deque,
    _put_deque,
    _itself,
    deque.__len__,
)
CELL = Kind(_cell, lambda value, saved: _cell(value) is saved, _put_cell, lambda saved: (saved,))
FUNCTION = Kind(_function, _same_function, _put_function, _of_function)
CLASS = Kind(
    class_contents,
    lambda cls, saved: same_dicts(class_contents(cls), saved),
    _put_class,
    lambda saved: saved.values(),
)


def _head(cls: Any) -> tuple[Any, ...]:
    """What a class keeps beside its contents: some have nothing that is abstract."""
    told = []
    for each in OF_A_CLASS:
        try:
            told.append(each.__get__(cls))
        except AttributeError:
            told.append(ABSENT)
    return tuple(told)


def _put_head(cls: Any, saved: tuple[Any, ...]) -> None:
    for slot, now, item in zip(OF_A_CLASS, _head(cls), saved):
        if now is item:
            continue
        slot.__delete__(cls) if item is ABSENT else slot.__set__(cls, item)


HEAD = Kind(_head, lambda cls, saved: all_same(_head(cls), saved), _put_head, lambda saved: ())
OWN_MODULE = Kind(_module, lambda it, saved: same_dicts(_module(it), saved), _put_module, _of_dict)


# What cannot change, by exact type: nothing is copied of it, and nothing is looked for in it.
ATOMS = frozenset((
    int, float, complex, bool, str, bytes, type(None), type(...), type(NotImplemented), range,
    object, types.CodeType, types.MethodDescriptorType, types.WrapperDescriptorType,
    types.GetSetDescriptorType, types.MemberDescriptorType, types.ClassMethodDescriptorType,
))  # fmt: skip
