"""The walk from the names to every object that a run could change, with a copy of each one's state.

Its source is also sent into kernels. It is bounded: in time by who asks for its next
slice, in memory by itself. What is not reached, and what cannot be copied, is named.
"""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator
from typing import Any, NamedTuple

from codeact_jupyter.environments.probe_values import (
    bases_of,
    is_a,
    library,
    module_dict_of,
    type_name,
)
from codeact_jupyter.environments.undo.arrays import FRAME, Held, held_now, layout_of, plain_view
from codeact_jupyter.environments.undo.kinds import ATOMS, OWN_MODULE, Kind
from codeact_jupyter.environments.undo.plans import Plan, Plans, is_library

SLICE = 200  # objects between two looks at the clock
SMALL_ARRAY, MOST_SMALL = 1 << 20, 64 << 20
PER_ITEM, PER_OBJECT = 8, 100
OF_MODULES = frozenset(["__builtins__", "__loader__", "__spec__", "__cached__", "__dict__"])


class Record(NamedTuple):
    """One object's state; `root` is the name that led to it first."""

    root: str
    value: Any
    kind: Kind
    saved: Any


class Walk:
    """A walk from these roots; `ours` are left alone, and `most` bounds the bytes of copies.

    `large` are the arrays whose memory was not copied yet, with the name of the first way to each;
    `gaps` says by name what cannot be taken back.
    """

    def __init__(self, roots: list[tuple[str, Any]], ours: list[Any], most: int, place: str):
        self._roots = roots
        self._libraries: dict[str, bool] = {}
        self._place = place
        self.plans = Plans(self._is_library)
        self._quick: dict[Any, Plan] = {
            each: self.plans.of(each) for each in (list, dict, types.CellType)
        }
        self.seen: dict[int, Any] = {id(each): each for each in ours}
        self.records: list[Record] = []
        self.large: list[tuple[str, Any, Any]] = []
        self.gaps: dict[str, str] = {}
        self.opaque: dict[int, str] = {}
        self.bytes = 0
        self.most = most
        self._arrays = 0
        self._ndarray = library("numpy").get("ndarray")
        self._at = 0

    def slices(self) -> Iterator[None]:
        """Go on; yields now and then, so that the caller may look at the clock, or end it."""
        for at, (root, value) in enumerate(self._roots):
            self._at = at
            yield from self._from(root, value)
            if self.bytes > self.most:
                return
        self._at = len(self._roots)
        for root, value in self._roots:  # another name of what was met before
            if id(value) in self.opaque:
                self._lacks(root, value, self.opaque[id(value)])

    @property
    def unreached(self) -> list[str]:
        """The roots that were not walked to their end."""
        return [root for root, _ in self._roots[self._at :]]

    def _from(self, root: str, value: Any) -> Iterator[None]:
        stack, seen, quick, count = [value], self.seen, self._quick, 0
        while stack:
            each = stack.pop()
            cls = type(each)
            if cls in ATOMS or id(each) in seen:
                continue
            seen[id(each)] = each
            count += 1
            if not count % SLICE:
                yield
                if self.bytes > self.most:
                    return
            plan = quick.get(cls)
            if plan is None:
                self._special(root, each, cls, stack)
            else:
                self._plain(root, each, plan, stack)
        yield

    def _plain(self, root: str, value: Any, plan: Plan, stack: list[Any]) -> None:
        for kind in plan.kinds:
            self._take(root, value, kind, stack)
        if plan.opaque:
            self._lacks(root, value, plan.opaque)
        if plan.look:
            self._look(value, stack)

    def _take(self, root: str, value: Any, kind: Kind, stack: list[Any]) -> None:
        try:
            saved = kind.take(value)
        except Exception as error:
            self._lacks(root, value, f"{type_name(type(value))} ({type(error).__name__})")
            return
        self.records.append(Record(root, value, kind, saved))
        inside = kind.inside(saved)
        found = [each for each in inside if type(each) not in ATOMS]
        length = saved.__len__() if type(saved) in (list, dict, bytearray) else 0
        self.bytes += PER_OBJECT + PER_ITEM * (length if type(saved) is not bytearray else 0)
        self.bytes += length if type(saved) is bytearray else 0
        stack += found

    def _lacks(self, root: str, value: Any, why: str) -> None:
        self.opaque[id(value)] = why
        self.gaps.setdefault(root, why)

    def _look(self, value: Any, stack: list[Any]) -> None:
        """Go on with what a value refers to, also where only its C code knows it."""
        around = value.__globals__ if type(value) is types.FunctionType else None
        for each in gc.get_referents(value):
            cls = type(each)
            plain = cls not in ATOMS and not is_a(cls, type) and cls is not types.ModuleType
            if plain and each is not around:
                stack.append(each)

    def _special(self, root: str, value: Any, cls: type, stack: list[Any]) -> None:
        """What is no plain container: classes, modules, arrays, and types seen the first time."""
        if is_a(cls, type):
            self._plain(root, value, self.plans.of_class(value), stack)
            stack += bases_of(value)
        elif is_a(cls, types.ModuleType):
            self._module(root, value, stack)
        elif self._ndarray is not None and is_a(cls, self._ndarray):
            self._array(root, value, cls, stack)
        elif cls is types.FunctionType:
            module = value.__module__
            if type(module) is str and self._is_library(module):
                stack += value.__closure__ or ()
            else:
                self._plain(root, value, self.plans.of(cls), stack)
        else:
            plan = self.plans.of(cls)
            stack.append(cls)  # it may have no name
            if FRAME in plan.kinds:
                stack += object.__getattribute__(value, "_mgr").axes
            else:
                self._quick[cls] = plan
            self._plain(root, value, plan, stack)

    def _module(self, root: str, module: Any, stack: list[Any]) -> None:
        """A module of the person's: all that is in it. A library's is seen to by itself."""
        contents = module_dict_of(module)
        name = contents.get("__name__")
        if type(name) is not str or self._is_library(name) or name == "__main__":
            return
        if id(contents) not in self.seen:
            self.seen[id(contents)] = contents
            self.records.append(Record(root, contents, OWN_MODULE, OWN_MODULE.take(contents)))
            inside = dict.copy(contents)
            stack += [item for key, item in inside.items() if key not in OF_MODULES]

    def _array(self, root: str, value: Any, cls: type, stack: list[Any]) -> None:
        """An array with memory of its own; a view leads to the one whose memory it shows."""
        kind = self.plans.of_arrays
        assert kind is not None and self._ndarray is not None
        plain = plain_view(value, self._ndarray)
        for other in self.plans.of(cls).kinds:  # the attributes of a class derived from numpy's
            if other is not kind:
                self._take(root, value, other, stack)
        stack += [plain.dtype] if plain.dtype.names else []
        base = self._ndarray.base.__get__(value)
        if base is not None and is_a(type(base), self._ndarray):
            stack.append(base)
            self.records.append(Record(root, value, kind, Held(layout_of(plain))))
        elif plain.dtype.hasobject and plain.dtype.kind != "O":
            self._lacks(root, value, "an array of records that hold objects")
        elif self._fits(plain.nbytes) or plain.dtype.hasobject:
            held = held_now(plain)
            self._arrays += plain.nbytes
            self.bytes += plain.nbytes + PER_OBJECT
            self.records.append(Record(root, value, kind, held))
            stack += [each for each in held.elements or () if type(each) not in ATOMS]
        else:
            self.large.append((root, value, plain))

    def _fits(self, size: int) -> bool:
        return size <= SMALL_ARRAY and self._arrays + size <= MOST_SMALL

    def _is_library(self, module: str) -> bool:
        found = self._libraries.get(module)
        if found is None:
            found = self._libraries[module] = is_library(module, self._place)
        return found
