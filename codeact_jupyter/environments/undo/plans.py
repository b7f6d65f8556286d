"""What is to be done with the objects of a type: which of their states are copied, if any.

Its source is also sent into kernels. A plan is made once for each type, of its class
alone. A type with state that only its C code knows is opaque: it is named before a run, because
what a run does to it cannot be taken back.
"""

from __future__ import annotations

import array
import functools
import io
import random
import sys
import types
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from codeact_jupyter.environments.probe_values import (
    Plain,
    bases_of,
    class_dict_of,
    is_a,
    library,
    module_of,
    qualname_of,
    type_name,
)
from codeact_jupyter.environments.undo.arrays import FRAME, array_kind
from codeact_jupyter.environments.undo.kinds import (
    BYTES,
    CELL,
    CLASS,
    DEQUE,
    DICT,
    FUNCTION,
    ITEMS,
    LIST,
    NUMBERS,
    ORDERED,
    SET,
    Kind,
    base_of,
    can_change,
    dict_offset_of,
    item_size_of,
    size_of,
    weak_offset_of,
)
from codeact_jupyter.environments.undo.parts import (
    attributes_kind,
    exceptions_kind,
    slots_kind,
    state_kind,
)

POINTER = 8
# Modules whose objects cannot change, though some keep what they have computed of themselves.
UNCHANGING = frozenset(
    ("datetime", "decimal", "fractions", "uuid", "pathlib", "re", "zoneinfo", "ipaddress")
)
# Modules whose C types cannot change, once made.
UNCHANGING_IN_C = frozenset(("operator", "struct", "types", "typing", "weakref", "pyarrow"))
UNCHANGING_PANDAS = frozenset(
    ("Timestamp", "Timedelta", "Period", "NaTType", "NAType", "Interval", "BaseOffset")
) | {"BlockValuesRefs", "BlockPlacement", "ExtensionDtype", "PandasExtensionDtype"}
# What belongs to the kernel itself, or acts on more than its own state: nothing of it is touched.
THE_KERNELS = frozenset(
    [
        "IPython",
        "ipykernel",
        "traitlets",
        "ipywidgets",
        "zmq",
        "tornado",
        "asyncio",
        "jupyter_client",
        "codeact_jupyter",
        "comm",
        "debugpy",
        "logging",
        "threading",
    ]
)
TRANSPARENT = (tuple, frozenset, types.MethodType, types.MappingProxyType, functools.partial)
PLAIN_BASES = (*TRANSPARENT, str, bytes, int, float, complex, BaseException, type, object)
GENERATORS = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)


OTHER_GETTERS = tuple(
    class_dict_of(cls)["__dict__"]
    for cls in (BaseException, types.SimpleNamespace, functools.partial)
)
# What pandas keeps beside a value for its own speed.
PASSING_IN_PANDAS = frozenset(["_cache", "_id", "_references", "_no_setting_name", "_engine"])

# Of matplotlib's own objects: what counts the numbers that it gives to callbacks and to axes; and
# the pixels of the last drawing, which is made anew from the figure.
PASSING_IN_MATPLOTLIB = {
    "CallbackRegistry": frozenset(["_cid_gen"]),
    "_AxesStack": frozenset(["_counter"]),
}
DRAWN_ANEW = frozenset(["RendererAgg"])


class Plan(NamedTuple):
    """For the objects of one type: the states to copy; why more of it cannot be taken back.

    With `look`, what such an object refers to is looked at too: its state does not say it all.
    """

    kinds: tuple[Kind, ...] = ()
    opaque: str = ""
    look: bool = False


NOTHING = Plan()
LOOK = Plan(look=True)


def payloads() -> list[tuple[Any, Kind]]:
    """The types whose C state is known, beside the plain ones; of derived classes, the base's."""
    known: list[tuple[Any, Kind]] = [
        (OrderedDict, ORDERED),
        (dict, ITEMS),
        (list, LIST),
        (set, SET),
        (deque, DEQUE),
        (bytearray, BYTES),
        (array.array, NUMBERS),
        (io.StringIO, state_kind(io.StringIO.__getstate__, _put_stream(io.StringIO))),
        (io.BytesIO, state_kind(io.BytesIO.__getstate__, _put_stream(io.BytesIO))),
    ]
    plain_random: Any = bases_of(random.Random)[1]
    known.append((plain_random, state_kind(plain_random.getstate, plain_random.setstate)))
    numpy = library("numpy")
    if "ndarray" in numpy:
        known.append((numpy["ndarray"], array_kind(numpy["ndarray"])))
    for name in ("numpy.random._generator", "numpy.random.mtrand"):
        known += [
            (cls, state_kind(_get_generator, _put_generator))
            for part in ("Generator", "RandomState")
            if (cls := library(name).get(part)) is not None
        ]
    frames = library("pandas.core.generic").get("NDFrame")
    if frames is not None:
        known.append((frames, FRAME))
    return known


def _put_stream(cls: Any) -> Callable[[Any, Any], Any]:
    return lambda value, state: cls.__setstate__(value, state)


def _get_generator(value: Any) -> Any:
    generator = getattr(value, "bit_generator", None) or value._bit_generator
    return generator.state


def _put_generator(value: Any, state: Any) -> None:
    generator = getattr(value, "bit_generator", None) or value._bit_generator
    generator.state = state


class Plans:
    """The plans by type, as they are made; `is_library` tells of a module's name whose it is."""

    def __init__(self, is_library: Callable[[str], bool]) -> None:
        self._is_library = is_library
        self._payloads = payloads()
        arrays = library("numpy").get("ndarray")
        self.of_arrays = next((kind for cls, kind in self._payloads if cls is arrays), None)
        self._known: dict[Any, Plan] = {
            list: Plan((LIST,)),
            dict: Plan((DICT,)),
            types.CellType: Plan((CELL,)),
            types.FunctionType: Plan((FUNCTION,), look=True),
            **dict.fromkeys(TRANSPARENT, LOOK),
            **{kind: Plan(opaque=kind.__name__, look=True) for kind in GENERATORS},
        }

    def of(self, cls: Any) -> Plan:
        """The plan for the objects of a class."""
        plan = self._known.get(cls)
        if plan is None:
            plan = self._known[cls] = self._made(cls)
        return plan

    def of_class(self, cls: Any) -> Plan:
        """The plan for a class itself: of a library's, nothing is looked for."""
        module = module_of(cls)
        ours = type(module) is str and not self._is_library(module)
        return Plan((CLASS,)) if ours and can_change(cls) else NOTHING

    def _made(self, cls: Any) -> Plan:
        top = _top(cls)
        if any(_top(base) in THE_KERNELS for base in bases_of(cls)):
            return Plan(opaque=f"{type_name(cls)}, which belongs to the kernel")
        if top in UNCHANGING or (top in ("numpy", "pandas") and _is_scalar(cls)):
            return NOTHING
        if top == "matplotlib" and qualname_of(cls) in DRAWN_ANEW:
            return NOTHING
        base, kind = next(
            ((base, kind) for base, kind in self._payloads if is_a(cls, base)), (None, None)
        )
        kinds = [kind] if kind is not None else []
        if kind is not FRAME:
            kinds += [*_attributes(cls), *_slots(cls)]
        kinds += [EXCEPTION] if is_a(cls, BaseException) else []
        names = {qualname_of(each) for each in bases_of(cls)}
        of_pandas = top == "pandas" and "NDArrayBacked" in names
        hidden = base is None and not of_pandas and hides_state(cls)
        opaque = type_name(cls) if hidden else ""
        holds = any(is_a(cls, each) for each in (*TRANSPARENT, BaseException))
        return Plan(tuple(kinds), opaque, look=hidden or holds or of_pandas or not kinds)


def _top(cls: Any) -> str:
    module = module_of(cls)
    return module.partition(".")[0] if type(module) is str else ""


def _is_scalar(cls: Any) -> bool:
    names = {qualname_of(base) for base in bases_of(cls)}
    return bool(names & {"generic", "dtype", "ufunc", "_ArrayFunctionDispatcher"}) or bool(
        names & UNCHANGING_PANDAS
    )


def _attributes_of(value: Any) -> Any:
    """The dict of an object's attributes, when its getter is Python's own: others may run code."""
    owners = [class_dict_of(base) for base in bases_of(type(value))]
    getters = [owner["__dict__"] for owner in owners if "__dict__" in owner]
    return getters[0].__get__(value) if getters and all(map(_is_pythons, getters)) else None


def _is_pythons(getter: Any) -> bool:
    ours = class_dict_of(Plain)["__dict__"]
    alike = type(getter) is type(ours) and bool(ours.__doc__) and getter.__doc__ == ours.__doc__
    return alike or any(getter is each for each in OTHER_GETTERS)


EXCEPTION = exceptions_kind()
ATTRIBUTES = attributes_kind(_attributes_of)
ATTRIBUTES_OF_PANDAS = attributes_kind(_attributes_of, PASSING_IN_PANDAS)


def _attributes(cls: Any) -> list[Kind]:
    if not any("__dict__" in class_dict_of(base) for base in bases_of(cls)):
        return []
    if _top(cls) == "matplotlib" and qualname_of(cls) in PASSING_IN_MATPLOTLIB:
        return [attributes_kind(_attributes_of, PASSING_IN_MATPLOTLIB[qualname_of(cls)])]
    return [ATTRIBUTES_OF_PANDAS if _top(cls) == "pandas" else ATTRIBUTES]


def _slots(cls: Any) -> list[Kind]:
    """The slots that classes written in Python declare."""
    found = []
    for base in bases_of(cls):
        owner = class_dict_of(base)
        if "__slots__" in owner:
            found += [each for each in owner.values() if type(each) is types.MemberDescriptorType]
    return [slots_kind(tuple(found))] if found else []


def hides_state(cls: Any) -> bool:
    """Tell whether the objects are larger than their class, slots and attributes explain."""
    for each in bases_of(cls):
        if each in PLAIN_BASES or _top(each) in UNCHANGING_IN_C:
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


def is_library(module: str, workspace: str) -> bool:
    """Tell whether a module is somebody else's: not `__main__`, nor of the working directory."""
    if module == "__main__":
        return False
    found = sys.modules.get(module)
    if found is None or type(found) is not types.ModuleType:
        return found is not None
    file = vars(found).get("__file__")
    if type(file) is not str:
        return "__spec__" in vars(found) and vars(found)["__spec__"] is not None
    inside = bool(workspace) and file.startswith(workspace)
    return not inside or "site-packages" in file or "dist-packages" in file
