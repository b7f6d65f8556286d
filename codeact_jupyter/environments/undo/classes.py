"""What a class alone tells of its objects: their attributes and slots, and whether there is more.

Another of the modules that are sent into kernels. A class is asked for nothing but what Python
itself keeps of it.
"""

from __future__ import annotations

import ast
import functools
import io
import types
from collections import defaultdict
from typing import Any

from codeact_jupyter.environments.probe_values import (
    Plain,
    bases_of,
    class_dict_of,
    module_of,
    qualname_of,
)
from codeact_jupyter.environments.undo.kinds import (
    Kind,
    base_of,
    dict_offset_of,
    item_size_of,
    size_of,
    weak_offset_of,
)
from codeact_jupyter.environments.undo.parts import attributes_kind, slots_kind

POINTER = 8
# Modules whose C types cannot change, once made.
UNCHANGING_IN_C = frozenset(("operator", "struct", "types", "typing", "weakref", "pyarrow"))
# What leads to other objects, and is itself always the same.
TRANSPARENT = (
    *(tuple, frozenset, slice, property, staticmethod, classmethod, types.MappingProxyType),
    *(types.MethodType, types.BuiltinFunctionType, types.MethodWrapperType),
)
PLAIN_BASES = (*TRANSPARENT, str, bytes, int, float, complex, BaseException, type, object)

STREAMS = bases_of(io.IOBase)[1]
OTHER_GETTERS = tuple(
    class_dict_of(cls)["__dict__"]
    for cls in (
        *(BaseException, types.SimpleNamespace, functools.partial, STREAMS, ast.AST),
        *(staticmethod, classmethod),
    )
)
# What pandas keeps beside a value for its own speed.
PASSING_IN_PANDAS = frozenset(["_cache", "_id", "_references", "_no_setting_name", "_engine"])
# Of matplotlib's own objects, what counts the numbers that it gives to callbacks and to axes.
PASSING_IN_MATPLOTLIB = {
    "CallbackRegistry": frozenset(["_cid_gen"]),
    "_AxesStack": frozenset(["_counter"]),
}


def top_of(cls: Any) -> str:
    """The first part of the name of a class's module."""
    module = module_of(cls)
    return module.partition(".")[0] if type(module) is str else ""


def _getters(cls: Any) -> list[Any]:
    """What gives the attributes of the objects, a base's after its class's."""
    owners = [class_dict_of(base) for base in bases_of(cls)]
    return [owner["__dict__"] for owner in owners if "__dict__" in owner]


def _attributes_of(value: Any) -> Any:
    """The dict of an object's attributes, when its getter is Python's own: others may run code."""
    getters = _getters(type(value))
    return getters[0].__get__(value) if getters and all(map(_is_pythons, getters)) else None


def _is_pythons(getter: Any) -> bool:
    ours = class_dict_of(Plain)["__dict__"]
    alike = type(getter) is type(ours) and bool(ours.__doc__) and getter.__doc__ == ours.__doc__
    return alike or any(getter is each for each in OTHER_GETTERS)


ATTRIBUTES = attributes_kind(_attributes_of)
ATTRIBUTES_OF_PANDAS = attributes_kind(_attributes_of, PASSING_IN_PANDAS)


def attribute_kinds(cls: Any) -> list[Kind]:
    """The kind of the attributes, if the objects have any."""
    if not _getters(cls):
        return []
    if top_of(cls) == "matplotlib" and qualname_of(cls) in PASSING_IN_MATPLOTLIB:
        return [attributes_kind(_attributes_of, PASSING_IN_MATPLOTLIB[qualname_of(cls)])]
    return [ATTRIBUTES_OF_PANDAS if top_of(cls) == "pandas" else ATTRIBUTES]


def slot_kinds(cls: Any) -> list[Kind]:
    """The kind of the slots that classes declare, if there are any."""
    found = []
    for base in bases_of(cls):
        owner = class_dict_of(base)
        if "__slots__" in owner or base is defaultdict:
            found += [each for each in owner.values() if type(each) is types.MemberDescriptorType]
    return [slots_kind(tuple(found))] if found else []


def hides_state(cls: Any) -> bool:
    """Tell whether the objects are larger than their class, slots and attributes explain.

    So they are where the attributes cannot be had without the risk that code of the class runs.
    """
    if not all(map(_is_pythons, _getters(cls))):
        return True
    for each in bases_of(cls):
        if each in PLAIN_BASES or top_of(each) in UNCHANGING_IN_C:
            continue
        base, owner = base_of(each), class_dict_of(each)
        known = int(weak_offset_of(each) > 0 >= weak_offset_of(base))
        known += int(dict_offset_of(each) > 0 >= dict_offset_of(base))
        # of what is as long as it has items, as a tuple, it is counted from the end
        known += int(item_size_of(each) > 0 > dict_offset_of(each) and dict_offset_of(base) == 0)
        if "__slots__" in owner:
            known += sum(type(value) is types.MemberDescriptorType for value in owner.values())
        if size_of(each) - size_of(base) > POINTER * known:
            return True
        if item_size_of(each) > item_size_of(base):
            return True
    return False
