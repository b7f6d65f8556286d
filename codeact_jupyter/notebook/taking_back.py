"""Which cells an undo takes out of a notebook: those of runs that nobody edited or locked. Pure.

Each goes with the id of the cell above it, so that a redo can put it there again. With them goes
the end of the chain, which the notebook names, and a note of them stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..engine.undoing import parted
from ..errors import NotebookError
from .chain import UNDONE, Link, Sign, end_of_chain, is_sealed, link_of
from .growing import to_cells
from .inline import conversations_of, unfolded
from .marks import ROLES, Cell, mark_of
from .reading import joined
from .undone import end_with_notes, noted, undone_in


class Taken(NamedTuple):
    """The cells that can go, each with the one above it; and the ids of those that stay."""

    cells: tuple[dict[str, Any], ...]
    stay: tuple[str, ...]


def cells_since(
    cells: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any] | None, points: Iterable[str]
) -> Taken:
    """The cells of these runs, or from these steps of them on: `points` are named as in an undo.

    A text that is not the record's is the person's.
    """
    recorded = _recorded(cells, metadata)
    since: dict[str, int] = {}
    for run, step in map(parted, points):
        since[run] = min(step, since.get(run, step))
    taken, stay, above = [], [], ""
    for cell in cells:
        mark, identity = mark_of(cell), str(cell.get("id") or "")
        if mark is not None and mark["run"] in since and _is_since(mark, since[mark["run"]]):
            whole = joined(dict(cell))
            locked = (cell.get("metadata") or {}).get("deletable") is False
            if not locked and recorded.get(identity) == whole["source"]:
                taken.append({"after": above, "cell": whole})
            else:
                stay.append(identity)
        above = identity
    return Taken(tuple(taken), tuple(stay))


def put_again(
    cells: Sequence[dict[str, Any]], taken: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The cells with those that were taken, each below the one it was below, or at the end."""
    there = list(cells)
    for each in taken:
        ids = [str(cell.get("id") or "") for cell in there]
        if each["cell"]["id"] not in ids:
            above = each["after"]
            place = ids.index(above) + 1 if above in ids else 0 if not above else len(there)
            there.insert(place, dict(each["cell"]))
    return there


def ended_anew(
    metadata: Mapping[str, Any],
    before: Iterable[Mapping[str, Any]],
    cells: Iterable[Mapping[str, Any]],
    runs: Collection[str],
    sign: Sign | None,
) -> dict[str, Any]:
    """A notebook's `codeact` metadata when cells of these runs went out of it, or came again.

    Its conversation's chain ends at the last cell that is there, and what went of those `before` is
    noted. Ends at other runs stay as named.
    """
    known = metadata.get("chain")
    chains = dict(known) if isinstance(known, Mapping) else {}
    parts = [part for cell in cells for part in unfolded(cell)]
    last = last_sealed(parts)
    chains = noted(chains, (part for cell in before for part in unfolded(cell)), parts, sign)
    for name in {*chains, *last} - {UNDONE}:
        end, now, undone = chains.get(name), last.get(name), undone_in(chains, name)
        was = str(end.get("cell")) if isinstance(end, Mapping) else ""
        ends = (was, now.cell if now is not None else "")
        if any(each.partition("-")[0] in runs for each in ends):
            chains.pop(name, None)
            chains |= end_of_chain(name, now, sign, undone=undone) if now is not None else {}
        elif isinstance(end, Mapping):
            chains[name] = end_with_notes(name, end, undone, sign)
    rest = {key: value for key, value in metadata.items() if key != "chain"}
    return {**rest, **({"chain": chains} if chains else {})}


def last_sealed(parts: Iterable[Cell]) -> dict[str, Link]:
    """By conversation, the last of its cells that are sealed, in the order of the record."""
    marked = [(part, mark) for part in parts if (mark := mark_of(part)) is not None]
    tasks = {
        str(mark["run"]): (str(mark["conversation"]), int(mark.get("turn") or 0))
        for _, mark in marked
        if mark["role"] == "task" and "conversation" in mark
    }
    last: dict[str, tuple[tuple[int, int, int], Link]] = {}
    for part, mark in marked:
        if is_sealed(mark) and str(mark["run"]) in tasks:
            name, turn = tasks[str(mark["run"])]
            found = ((turn, int(mark["step"]), ROLES.index(mark["role"])), link_of(part))
            last[name] = max(last.get(name, found), found)
    return {name: link for name, (_, link) in last.items()}


def _is_since(mark: Mapping[str, Any], step: int) -> bool:
    """Whether a cell of a run belongs to this step or a later one; the end of a run always does."""
    return step <= 1 or mark["role"] == "answer" or int(mark["step"]) >= step


def _recorded(
    cells: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any] | None
) -> dict[str, str]:
    """By id, the texts that the record gives the cells of runs."""
    try:
        held = conversations_of(cells, metadata)
    except NotebookError:  # what cannot be read is nobody's to take away
        return {}
    return {cell["id"]: cell["source"] for each in held for cell in to_cells(each)}
