"""The cells that some of them, and some names, depend on: a slice through the flow of data."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .dataflow import Flow, flows_of


def needed(
    codes: Sequence[str],
    wanted: Collection[int],
    names: Collection[str] = (),
    failed: Collection[int] = (),
) -> list[int]:
    """The indices of the cells, in order, that must run for these cells and names to be the same.

    `codes` are all cells in the order in which they ran; `names` are meant as they are at the end.
    """
    flows = flows_of(codes)
    for index in failed:  # it may not have come as far as to bind a name
        flows[index].changes |= flows[index].binds
        flows[index].binds = set()
    _with_functions(flows)
    same = _Same(flows)
    once = {same.of(name) for flow in flows for name in flow.iterators}
    solid = {same.of(name) for flow in flows for name in flow.binds} - once
    kept: set[int] = set()
    live = set(names)
    for index in range(len(flows) - 1, -1, -1):
        flow = flows[index]
        touched = {same.of(name) for name in flow.drains} - solid
        touched |= {same.of(name) for name in flow.changes}
        makes = flow.binds & live or touched & {same.of(name) for name in live}
        if index in wanted or flow.always or makes:
            kept.add(index)
            live -= flow.binds
            live |= flow.reads
            if flow.opaque:
                live |= {name for each in flows[:index] for name in each.binds}
    return sorted(kept)


def _with_functions(flows: Sequence[Flow]) -> None:
    """Who reads a function also reads and changes what it does: it may call it."""
    for index, flow in enumerate(flows):
        for earlier in flows[:index]:
            if earlier.functions & flow.reads:
                flow.reads |= earlier.reads
                flow.changes |= earlier.changes - earlier.binds
                flow.drains |= earlier.drains - earlier.binds
                flow.functions |= flow.binds  # it may hand it on


class _Same:
    """Names that may be of one object, under one name."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._parent: dict[str, str] = {}
        for flow in flows:
            for names in filter(None, flow.aliases):
                first, *others = sorted(names)
                for other in others:
                    self._parent[self.of(other)] = self.of(first)

    def of(self, name: str) -> str:
        """The name that stands for all that may be of the same object."""
        while (parent := self._parent.get(name, name)) != name:
            name = parent
        return name
