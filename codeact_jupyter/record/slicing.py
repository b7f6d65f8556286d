"""The cells that some of them, and some names, depend on: a slice through the flow of data."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .dataflow import Flow, flow_of


def needed(codes: Sequence[str], wanted: Collection[int], names: Collection[str] = ()) -> list[int]:
    """The indices of the cells, in order, that must run for these cells and names to be the same.

    `codes` are all cells in the order in which they ran; `names` are meant as they are at the end.
    """
    flows = [flow_of(code) for code in codes]
    _with_functions(flows)
    same = _Same(flows)
    kept: set[int] = set()
    live = {same.of(name) for name in names}
    for index in range(len(flows) - 1, -1, -1):
        flow = flows[index]
        made = {same.of(name) for name in flow.binds | flow.changes}
        if index in wanted or flow.always or made & live:
            kept.add(index)
            live -= {name for name in flow.binds if same.is_alone(name)}
            live |= {same.of(name) for name in flow.reads}
            if flow.opaque:
                live |= {same.of(name) for each in flows[:index] for name in each.binds}
    return sorted(kept)


def _with_functions(flows: Sequence[Flow]) -> None:
    """Who reads a function also reads and changes what it does: it may call it."""
    for index, flow in enumerate(flows):
        for earlier in flows[:index]:
            if earlier.functions & flow.reads:
                flow.reads |= earlier.reads
                flow.changes |= earlier.changes - earlier.binds
                flow.functions |= flow.binds  # it may hand it on


class _Same:
    """Names that may be of one object, under one name."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._parent: dict[str, str] = {}
        self._shared: set[str] = set()
        for flow in flows:
            for names in filter(None, flow.aliases):
                first, *others = sorted(names)
                self._shared |= names if others else set()
                for other in others:
                    self._parent[self.of(other)] = self.of(first)

    def of(self, name: str) -> str:
        """The name that stands for all that may be of the same object."""
        while (parent := self._parent.get(name, name)) != name:
            name = parent
        return name

    def is_alone(self, name: str) -> bool:
        """Whether no other name may be of the same object."""
        return name not in self._shared
