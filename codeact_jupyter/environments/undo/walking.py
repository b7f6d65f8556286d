"""The walk from the names to every object that a run could change, with a copy of each one's state.

Its source is also sent into kernels. It is bounded: in time by who asks for its next
slice, in memory by itself. What is not reached, what has no room, and what cannot be copied, is
named.
"""

from __future__ import annotations

import builtins
import gc
import time
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
from codeact_jupyter.environments.undo.budget import PER_OBJECT, Budget
from codeact_jupyter.environments.undo.buffers import OF_ITS_STATE
from codeact_jupyter.environments.undo.kinds import ATOMS, LIST, OWN_MODULE, Kind
from codeact_jupyter.environments.undo.plans import Plan, Plans, whose

SLICE = 200  # objects between two looks at the clock
MANY = 1_000  # items, from which on a container is a slice by itself, and asks before it begins
SMALL_ARRAY, MOST_SMALL = 1 << 20, 64 << 20
OF_MODULES = frozenset(["__builtins__", "__loader__", "__spec__", "__cached__", "__dict__"])


class Record(NamedTuple):
    """One object's state; `root` is the name that led to it first."""

    root: str
    value: Any
    kind: Kind
    saved: Any


class Walk:
    """A walk from these roots within a budget; `ours` are left alone.

    `large` are the arrays whose memory was not copied yet, with the name of the first way to each;
    `gaps` says by name what cannot be taken back; `is_short` is whether time or room lacked for
    some of it.
    """

    def __init__(self, roots: list[tuple[str, Any]], ours: list[Any], budget: Budget, place: str):
        self._roots = roots
        self._is_library = whose(place)
        self.plans = Plans(self._is_library)
        self._quick: dict[Any, Plan] = {
            each: self.plans.of(each) for each in (list, dict, types.CellType)
        }
        left_alone = [*ours, vars(builtins)]  # each function leads to these
        self.seen: dict[int, Any] = {id(each): each for each in left_alone}
        self.records: list[Record] = []
        self.large: list[tuple[str, Any, Any]] = []
        self.gaps: dict[str, str] = {}
        self.opaque: dict[int, str] = {}
        self.budget = budget
        self.is_short = False
        self._is_due = False
        self._arrays = 0
        self._ndarray = library("numpy").get("ndarray")
        self._at = 0

    def slices(self) -> Iterator[None]:
        """Go on; yields now and then, so that the caller may look at the clock, or end it."""
        for at, (root, value) in enumerate(self._roots):
            self._at = at
            yield from self._from(root, value)
            if self.budget.is_full:
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
            count += 1
            if count >= SLICE or self._is_due:
                count, self._is_due = 0, False
                yield
                if self.budget.is_full:
                    return
            each = stack.pop()
            cls = type(each)
            if cls in ATOMS or id(each) in seen:
                continue
            seen[id(each)] = each
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
            self._look(root, value, stack)

    def _take(self, root: str, value: Any, kind: Kind, stack: list[Any]) -> None:
        length = kind.length(value)
        if length > MANY:
            self._take_many(root, value, kind, length, stack)
            return
        saved = self._saved(root, value, kind)
        if saved is None:
            return
        size = kind.width * length if kind.width != OF_ITS_STATE else len(saved[0])
        self.budget.bytes += PER_OBJECT + size
        stack += [each for each in kind.inside(saved) if type(each) not in ATOMS]

    def _take_many(self, root: str, value: Any, kind: Kind, length: int, stack: list[Any]) -> None:
        """Copy what may need a good part of what there is, if it fits."""
        if self._is_refused(root, value, kind, length):
            return
        started = time.perf_counter()
        saved = self._saved(root, value, kind)
        if saved is not None:
            self.budget.bytes += PER_OBJECT + kind.width * length
            stack += _no_atoms(kind, saved)
        self.budget.took(kind, length, time.perf_counter() - started)

    def _saved(self, root: str, value: Any, kind: Kind) -> Any:
        """The state of an object, recorded; None where it cannot be had, or is None."""
        try:
            saved = kind.take(value)
        except Exception as error:
            self._lacks(root, value, f"{type_name(type(value))} ({type(error).__name__})")
            return None
        self.records.append(Record(root, value, kind, saved))
        return saved

    def _is_refused(self, root: str, value: Any, kind: Kind, length: int) -> bool:
        """Tell whether there is no time or room for so long a container, which is named then."""
        self._is_due = True
        why = self.budget.refusal(kind, length)
        if why:
            self.is_short = True
            self._lacks(root, value, why)
        return bool(why)

    def _lacks(self, root: str, value: Any, why: str) -> None:
        self.opaque[id(value)] = why
        self.gaps.setdefault(root, why)

    def _look(self, root: str, value: Any, stack: list[Any]) -> None:
        """Go on with what a value refers to, also where only its C code knows it."""
        many = type(value) in (tuple, frozenset) and len(value) > MANY
        if many and self._is_refused(root, value, LIST, len(value)):
            return
        around = value.__globals__ if type(value) is types.FunctionType else None
        if around is not None and not _is_of_a_module(around):
            around = None  # of code that `exec` or `runpy` ran: nothing else leads to it
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
        elif plain.dtype.hasobject:
            self._elements(root, value, kind, plain, stack)
        elif self._fits(plain.nbytes):
            self._arrays += plain.nbytes
            self.budget.bytes += plain.nbytes + PER_OBJECT
            self.records.append(Record(root, value, kind, held_now(plain)))
        else:
            self.large.append((root, value, plain))

    def _elements(self, root: str, value: Any, kind: Kind, plain: Any, stack: list[Any]) -> None:
        if plain.size > MANY and self._is_refused(root, value, kind, plain.size):
            return
        started = time.perf_counter()
        held = held_now(plain)
        self.budget.bytes += kind.width * plain.size + PER_OBJECT
        self.records.append(Record(root, value, kind, held))
        stack += _no_atoms(kind, held)
        if plain.size > MANY:
            self.budget.took(kind, plain.size, time.perf_counter() - started)

    def _fits(self, size: int) -> bool:
        return size <= SMALL_ARRAY and self._arrays + size <= MOST_SMALL


def _is_of_a_module(names: dict[str, Any]) -> bool:
    name = names.get("__name__")
    return type(name) is str and library(name) is names


def _no_atoms(kind: Kind, saved: Any) -> list[Any]:
    """What a long container holds; nearly always nothing but numbers and texts, which is quick."""
    if ATOMS.issuperset(map(type, kind.inside(saved))):
        return []
    return [each for each in kind.inside(saved) if type(each) not in ATOMS]
