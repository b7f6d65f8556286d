"""Tell facts of one Python value without calling any user code.

The lowest of the modules whose source `probe` also sends into kernels (Python 3.8 and later):
it imports the standard library only. Nothing is asked of a value but what its exact type is known
to answer in C or in the standard library: no repr, len, hash, comparison, attribute hook,
descriptor or metaclass of the user's is ever called. Types are compared by identity for that.
"""

from __future__ import annotations

import sys
import types
import zlib
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, timezone
from itertools import chain, islice
from typing import Any, NamedTuple

NODES, NODES_OF_ONE = 2_000, 1_000
LONGEST_NAME, LONGEST_INTEGER, LONGEST_TEXT = 200, 256, 1_000_000

# The getters of `type` and of modules themselves: no metaclass or `__getattr__` comes between.
qualname_of: Callable[[type], Any] = vars(type)["__qualname__"].__get__
module_of: Callable[[type], Any] = vars(type)["__module__"].__get__
bases_of: Callable[[type], tuple[type, ...]] = vars(type)["__mro__"].__get__
class_dict_of: Callable[[type], Any] = vars(type)["__dict__"].__get__
_names_of: Callable[[Any], Any] = vars(types.ModuleType)["__dict__"].__get__


def module_dict_of(module: Any) -> dict[str, Any]:
    """The names of a module; before Python 3.11 one that was never initialised has none."""
    names = _names_of(module)
    return names if type(names) is dict else {}


class Facts(NamedTuple):
    """What is told of a value; a `content` that starts with "=" stands for the whole value."""

    detail: str | None = None
    size: int | None = None
    shape: list[int] | None = None
    content: Callable[[], str] = str


class Plain:
    """A class like a user's, to compare the getter of its `__dict__` with theirs."""


def is_a(cls: type, base: type) -> bool:
    """Tell whether a class derives from another, without asking either."""
    return any(each is base for each in bases_of(cls))


def library(name: str) -> dict[str, Any]:
    """Return the names of a module if it has been imported; import nothing."""
    module = sys.modules.get(name)
    return module_dict_of(module) if is_a(type(module), types.ModuleType) else {}


def readable(text: str, most: int) -> str:
    """Bound a text to one line that can be encoded."""
    return text[:most] if text[:most].isprintable() else repr(text[:most])[1:-1]


def type_name(cls: type) -> str:
    """Return the shortest dotted path of a class."""
    name, module = qualname_of(cls), module_of(cls)
    if type(name) is not str or type(module) is not str:
        return "?"
    top = module.partition(".")[0]
    path = top if library(top).get(name) is cls else module
    return readable(name if path == "builtins" else f"{path}.{name}", LONGEST_NAME)


# Where code finds what these modules define; Python 3.13 defines the paths in a module of its own.
_HOMES = {"posix": "os", "nt": "os", "pathlib._local": "pathlib"}


def dotted_path(value: Any) -> str | None:
    """Return where a module, function or class came from; None for what the user wrote."""
    cls = type(value)
    module, name = None, None
    if cls is types.FunctionType:
        module, name = value.__module__, value.__qualname__
    elif cls is types.BuiltinFunctionType:
        owner = value.__self__
        if type(owner) is type:
            module, name = module_of(owner), f"{qualname_of(owner)}.{value.__name__}"
        elif owner is None or type(owner) is types.ModuleType:
            module, name = value.__module__, value.__name__
    elif is_a(cls, type):
        module, name = module_of(value), qualname_of(value)
    elif is_a(cls, types.ModuleType):
        name = module_dict_of(value).get("__name__")
        return readable(name, LONGEST_NAME) if type(name) is str else None
    if type(module) is not str or type(name) is not str or module == "__main__":
        return None
    return readable(f"{_HOMES.get(module, module)}.{name}", LONGEST_NAME)


def label(value: Any) -> str:
    """Name a key or a column: by its value when it is text or a small integer, else by type."""
    if type(value) is str:
        return repr(value[:40])
    if type(value) is int and value.bit_length() <= LONGEST_INTEGER:
        return repr(value)
    if type(value) is tuple and len(value) <= 5:
        parts = (label(each) if type(each) is not tuple else "tuple" for each in value)
        return f"({', '.join(parts)})"
    return type_name(type(value))


def other(value: Any) -> Facts:
    """Tell of a value of a type that is not known: nothing but its own attributes' digest."""
    if is_a(type(value), type):
        return Facts("class")
    if is_a(type(value), types.ModuleType):
        return Facts(dotted_path(value))
    return Facts(content=lambda: _attributes_content(value))


def _attributes_content(value: Any) -> str:
    """Digest an object's own attributes, when its `__dict__` is the one that Python made.

    Other getters of that name may run code: properties, and the C proxies of lazy objects.
    """
    owners = [class_dict_of(cls) for cls in bases_of(type(value))]
    getters = [owner["__dict__"] for owner in owners if "__dict__" in owner]
    ours = class_dict_of(Plain)["__dict__"]
    if not getters or not ours.__doc__:
        return ""
    if any(type(each) is not type(ours) or each.__doc__ != ours.__doc__ for each in getters):
        return ""
    attributes = getters[0].__get__(value)
    return nodes_content(attributes) if type(attributes) is dict else ""


def _whole(text: str, value: Any, size: int | None = None) -> Facts:
    return Facts(text, size, content=lambda: f"={type_name(type(value))}:{text}")


def _number(value: Any) -> Facts:
    if type(value) is int and value.bit_length() > LONGEST_INTEGER:
        text, content = f"{value.bit_length()} bits", f"=int:{hash(value)}"
        return Facts(text, sys.getsizeof(value), content=lambda: content)
    return _whole(repr(value), value, sys.getsizeof(value))


def _text(value: Any) -> Facts:
    detail = f"{len(value):,} {'characters' if type(value) is str else 'bytes'}"
    if type(value) is str and value:
        detail += f": {value[:50]!r}"[:57] + ("..." if len(value) > 50 else "")
    return Facts(detail, sys.getsizeof(value), content=lambda: _text_content(value))


def _text_content(value: Any) -> str:
    sampled = len(value) > LONGEST_TEXT
    seen = value[: LONGEST_TEXT // 2] + value[-LONGEST_TEXT // 2 :] if sampled else value
    if type(value) is bytearray:
        return str(zlib.crc32(seen))
    if sampled:
        return str(hash(seen))
    return f"={type_name(type(value))}:{len(value)}:{hash(value)}"


def _range(value: Any) -> Facts:
    return _whole(f"{value.start}, {value.stop}, {value.step}", value, sys.getsizeof(value))


def _moment(value: Any) -> Facts:
    zone, zones = value.tzinfo, library("zoneinfo")
    trusted = zone is None or type(zone) is timezone or type(zone) is zones.get("ZoneInfo")
    return _whole(value.isoformat(), value) if trusted else Facts(content=lambda: "")


def _printed(value: Any) -> Facts:
    return _whole(readable(str(value), LONGEST_NAME), value)


def _path(value: Any) -> Facts:
    if any(type(part) is not str for part in getattr(value, "_raw_paths", ())):
        return Facts()
    return _printed(value)


def _function(value: Any) -> Facts:
    code = value.__code__
    defaults = () if value.__defaults__ is None else value.__defaults__
    keywords = {} if value.__kwdefaults__ is None else value.__kwdefaults__
    names, count, extra = code.co_varnames, code.co_argcount, code.co_argcount
    extra += code.co_kwonlyargcount
    without = count - tuple.__len__(defaults)
    parts = [name if at < without else f"{name}=..." for at, name in enumerate(names[:count])]
    if code.co_posonlyargcount:
        parts.insert(code.co_posonlyargcount, "/")
    if code.co_flags & 0x04:
        parts.append(f"*{names[extra]}")
    elif code.co_kwonlyargcount:
        parts.append("*")
    for name in names[count:extra]:
        parts.append(f"{name}=..." if dict.__contains__(keywords, name) else name)
    if code.co_flags & 0x08:
        parts.append(f"**{names[extra + bool(code.co_flags & 0x04)]}")
    return Facts(f"({', '.join(parts)})", content=lambda: str(id(code)))


def _container(value: Any) -> Facts:
    if is_a(type(value), dict):
        first = islice(dict.items(value), 3)  # an OrderedDict's own would hash its keys
        parts = [f"{label(key)}: {type_name(type(item))}" for key, item in first]
    else:
        parts = [type_name(type(item)) for item in islice(value, 3)]
    parts += ["..."] if len(value) > 3 else []
    detail = f"{len(value):,} item{'' if len(value) == 1 else 's'}"
    detail += f": {', '.join(parts)}" if parts else ""
    return Facts(detail, sys.getsizeof(value), content=lambda: nodes_content(value))


def nodes_content(root: Any) -> str:
    """Digest a bounded walk, breadth first, through containers of known types."""
    queue, tokens = deque([root]), [len(root)]
    while queue and len(tokens) < NODES:
        for child in _children(queue.popleft()):
            tokens.append(_token(child))
            if id(type(child)) in CONTAINERS:
                queue.append(child)
    return f"{hash(tuple(tokens)):x}"


def _children(value: Any) -> Iterable[Any]:
    if is_a(type(value), dict):
        items, half = dict.items(value), NODES_OF_ONE // 4
        last = islice(reversed(items), half) if len(value) > half else ()
        return chain.from_iterable(chain(islice(items, half), last))
    if len(value) <= NODES_OF_ONE or not (type(value) is list or type(value) is tuple):
        return islice(value, NODES_OF_ONE)
    third = NODES_OF_ONE // 3
    return chain(value[:third], value[-third:], value[third : -third : len(value) // third])


def _token(value: Any) -> Any:
    """Stand for a value by itself if it is a number or text, else by where it is."""
    kind = id(type(value))
    if kind in CONTAINERS:
        return f"{id(value)}:{len(value)}"
    if kind in NUMBERS and not (type(value) is int and value.bit_length() > LONGEST_INTEGER):
        return repr(value)
    return hash(value) if type(value) is str and len(value) <= 9999 else id(value)


NUMBERS = frozenset(map(id, (int, float, bool, complex, type(None))))
CONTAINER_TYPES = (list, tuple, set, frozenset, deque, dict, OrderedDict, defaultdict, Counter)
CONTAINERS = frozenset(map(id, CONTAINER_TYPES))
BUILTIN_TYPES: dict[int, Callable[[Any], Facts]] = {
    **dict.fromkeys(NUMBERS, _number),
    **dict.fromkeys(CONTAINERS, _container),
    **dict.fromkeys(map(id, (str, bytes, bytearray)), _text),
    **dict.fromkeys(map(id, (date, timedelta)), _printed),
    id(datetime): _moment,
    id(range): _range,
    id(types.FunctionType): _function,
    **dict.fromkeys(map(id, (type, types.ModuleType)), other),
}


def standard_library_types() -> dict[int, Callable[[Any], Facts]]:
    """Return how to tell of the standard library's types, of those that have been imported."""
    found: dict[int, Callable[[Any], Facts]] = {}
    for module, name, told in (
        ("decimal", "Decimal", _printed),
        ("pathlib", "PosixPath", _path),
        ("pathlib", "WindowsPath", _path),
    ):
        cls = library(module).get(name)
        if cls is not None:
            found[id(cls)] = told
    return found
