"""What is to be done with the objects of a type: which of their states are copied, if any.

Its source is also sent into kernels. A plan is made once for each type, of its class
alone. A type with state that only its C code knows is opaque: it is named before a run, because
what a run does to it cannot be taken back.
"""

from __future__ import annotations

import array
import functools
import io
import os
import random
import sys
import types
from abc import ABCMeta
from collections import OrderedDict, deque, namedtuple
from collections.abc import Callable
from typing import Any, NamedTuple

from codeact_jupyter.environments.probe_values import (
    bases_of,
    class_dict_of,
    is_a,
    library,
    module_of,
    qualname_of,
    type_name,
)
from codeact_jupyter.environments.undo.arrays import FIELDS, FRAME, array_kind, record_kind
from codeact_jupyter.environments.undo.buffers import BYTES, NUMBERS, stream_kind
from codeact_jupyter.environments.undo.classes import (
    TRANSPARENT,
    attribute_kinds,
    hides_state,
    slot_kinds,
    top_of,
)
from codeact_jupyter.environments.undo.kinds import (
    CELL,
    CLASS,
    DEQUE,
    DICT,
    FUNCTION,
    HEAD,
    ITEMS,
    LIST,
    ORDERED,
    SET,
    Kind,
    can_change,
)
from codeact_jupyter.environments.undo.parts import (
    context_kind,
    exceptions_kind,
    partials_kind,
    registry_kind,
    slots_kind,
    state_kind,
)

# Modules whose objects cannot change, though some keep what they have computed of themselves.
UNCHANGING = frozenset(("datetime", "fractions", "uuid", "pathlib", "re", "zoneinfo", "ipaddress"))
UNCHANGING_NUMBERS = frozenset(("Decimal", "generic", "_ArrayFunctionDispatcher"))
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
FIELD = type(class_dict_of(namedtuple("Named", "field"))["field"])  # of a named tuple
PYTHONS = tuple(  # may be in the person's home
    os.path.join(each, "")
    for each in (os.path.dirname(os.__file__), os.path.dirname(os.path.realpath(os.__file__)))
)
INSTALLED = tuple(f"{os.sep}{each}{os.sep}" for each in ("site-packages", "dist-packages"))
GENERATORS = (types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
# The pixels of a figure's last drawing, which is made anew from it.
DRAWN_ANEW = frozenset(["RendererAgg"])
EXCEPTION = exceptions_kind()
REGISTRY = registry_kind()


class Plan(NamedTuple):
    """For the objects of one type: the states to copy; why more of it cannot be taken back.

    With `look`, what such an object refers to is looked at too: its state does not say it all.
    """

    kinds: tuple[Kind, ...] = ()
    opaque: str = ""
    look: bool = False


NOTHING = Plan()


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
        (io.StringIO, stream_kind(io.StringIO)),
        (io.BytesIO, stream_kind(io.BytesIO)),
        (functools.partial, partials_kind()),
        *((cls, slots_kind((class_dict_of(cls)["__doc__"],))) for cls in (property, FIELD)),
    ]
    plain_random: Any = bases_of(random.Random)[1]
    known.append((plain_random, state_kind(plain_random.getstate, plain_random.setstate)))
    if "Context" in library("decimal"):
        known.append((library("decimal")["Context"], context_kind(library("decimal")["Context"])))
    numpy = library("numpy")
    if "ndarray" in numpy:
        known.append((numpy["ndarray"], array_kind(numpy["ndarray"])))
        known += [(numpy["void"], record_kind(numpy["void"])), (numpy["dtype"], FIELDS)]
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
        # Of "builtins" is also a class that `exec` made among names without a module's.
        theirs = type(module) is str and (module == "builtins" or not self._is_library(module))
        if not theirs or not can_change(cls):
            return NOTHING
        return Plan((CLASS, HEAD, REGISTRY) if is_a(type(cls), ABCMeta) else (CLASS, HEAD))

    def _made(self, cls: Any) -> Plan:
        top = top_of(cls)
        if any(top_of(base) in THE_KERNELS for base in bases_of(cls)):
            return Plan(opaque=f"{type_name(cls)}, which belongs to the kernel")
        base, kind = next(
            ((base, kind) for base, kind in self._payloads if is_a(cls, base)), (None, None)
        )
        if base is None and (top in UNCHANGING or _is_scalar(cls)):
            return NOTHING
        if top == "numpy" and qualname_of(cls) == "ufunc":
            return Plan(look=True)
        if top == "matplotlib" and qualname_of(cls) in DRAWN_ANEW:
            return NOTHING
        kinds = [kind] if kind is not None else []
        if kind is not FRAME:
            kinds += [*attribute_kinds(cls), *slot_kinds(cls)]
        kinds += [EXCEPTION] if is_a(cls, BaseException) else []
        names = {qualname_of(each) for each in bases_of(cls)}
        of_pandas = top == "pandas" and "NDArrayBacked" in names
        hidden = base is None and not of_pandas and hides_state(cls)
        opaque = type_name(cls) if hidden else ""
        holds = any(is_a(cls, each) for each in (*TRANSPARENT, BaseException))
        return Plan(tuple(kinds), opaque, look=hidden or holds or of_pandas or not kinds)


def _is_scalar(cls: Any) -> bool:
    """Tell whether a class is of decimal's, numpy's or pandas' values that cannot change."""
    names = {qualname_of(base) for base in bases_of(cls)}
    of_theirs = top_of(cls) in ("decimal", "numpy", "pandas")
    return of_theirs and bool(names & (UNCHANGING_NUMBERS | UNCHANGING_PANDAS))


def is_library(module: str, workspace: str) -> bool:
    """Tell whether a module is somebody else's: not `__main__`, and Python's own or installed.

    What the person imports from anywhere else is theirs, also what they have installed to work on
    it. What the kernel runs on is not, wherever it lies: what undoes is not undone. Without a
    working directory, nothing but `__main__` is taken for theirs.
    """
    if module == "__main__":
        return False
    top = module.partition(".")[0]
    if top in THE_KERNELS or top.startswith("codeact_undo_"):
        return True
    found = sys.modules.get(module)
    if found is None or type(found) is not types.ModuleType:
        return found is not None
    file = vars(found).get("__file__")
    if type(file) is not str:
        return "__spec__" in vars(found) and vars(found)["__spec__"] is not None
    return not workspace or is_installed(file)


@functools.lru_cache(maxsize=10_000)
def is_installed(file: str) -> bool:
    """Tell whether a file is Python's own or an installed package's, by its path and its real one.

    Either is enough: some installers link to files that they keep elsewhere.
    """
    return _is_among_libraries(file) or _is_among_libraries(os.path.realpath(file))


def _is_among_libraries(path: str) -> bool:
    return path.startswith(PYTHONS) or any(part in path for part in INSTALLED)


def whose(place: str) -> Callable[[str], bool]:
    """`is_library` for a working directory, which remembers what it said of each module."""
    said: dict[str, bool] = {}

    def of_a_library(module: str) -> bool:
        if module not in said:
            said[module] = is_library(module, place)
        return said[module]

    return of_a_library
