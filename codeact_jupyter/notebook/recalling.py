"""Cells read back as the trajectory that they show: the other way of `cells`. Pure, lossless."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ..engine.trajectory import Observation, Reply, Step, Trajectory, Turn
from ..engine.wire import decode
from ..errors import NotebookError
from .armour import bared
from .chain import Link, is_sealed, keep_link, kept_link, link_of, named_ends
from .marks import ROLES, VERSION, mark_of
from .outputs import KEY, from_format, plain
from .undone import gone_of

UNDONE_END = "the person undid what it did from step {} on"
_Marked: TypeAlias = tuple[Mapping[str, Any], Mapping[str, Any]]  # a cell of a run and its mark


def from_cells(
    cells: Iterable[Mapping[str, Any]], session: Mapping[str, Any], *, conversation: str = ""
) -> Trajectory:
    """The trajectory that these cells show; the person's own cells are passed over.

    `session` is the notebook's own `codeact` metadata. Of several conversations it is the one
    named, or that began last. The order is the record's, wherever the person moved a cell. Steps
    whose cell is deleted are gone; so is a turn without its task. Raises NotebookError for a bad
    record.
    """
    marked = [(cell, mark) for cell in cells if (mark := mark_of(cell)) is not None]
    begun = [mark.get("conversation") for _, mark in marked if mark["role"] == "task"]
    wanted = conversation or (begun[-1] if begun else None)
    turns: dict[str, Turn] = {}
    order: dict[str, int] = {}
    for cell, mark in sorted(marked, key=lambda pair: pair[1]["role"] != "task"):
        run, role = str(mark["run"]), mark["role"]
        try:
            if role == "task" and mark.get("conversation") != wanted:
                continue
            elif role == "task":
                turns[run] = decode(Turn, bared(mark["record"]))
                order[run] = int(mark.get("turn") or max(order.values(), default=0))
            elif run in turns and role == "answer":
                turns[run] = _answered(turns[run], mark)
            elif run in turns and "record" in mark:
                turns[run] = _with(turns[run], _step(cell, mark))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise NotebookError(
                f"the cell {cell.get('id')!r} holds a record of a run that cannot be read "
                f"({error}); remove its metadata {KEY!r} to use the notebook without that run"
            ) from error
    _end(turns, marked, session)
    ordered = sorted(turns, key=lambda run: order[run])
    for run in ordered[-1:]:
        _cross(turns[run], session)
    system, tools = _session(session)
    began = str(wanted) if ordered and wanted and ordered[0] != wanted else ""
    return Trajectory(system, tools, tuple(turns[run] for run in ordered), began)


def _end(turns: dict[str, Turn], marked: Iterable[_Marked], session: Mapping[str, Any]) -> None:
    """Say of each turn where its chain ends, and how it ended where an undo took its end."""
    for gone in gone_of(session.get("chain")):
        turn = turns.get(gone.run)
        if turn is not None and turn.state == "running":
            reason = UNDONE_END.format(gone.step)
            turns[gone.run] = replace(turn, state="stopped", reason=reason)
    for run, link in _links(marked, session).items():
        if run in turns:
            keep_link(turns[run], link)


def _cross(last: Turn, session: Mapping[str, Any]) -> None:
    """Have the next turn follow what an undo took out behind the last one that is there."""
    link = kept_link(last)
    over = {gone.before: gone.last for gone in gone_of(session.get("chain"))}
    crossed = link
    while crossed in over:
        crossed = over.pop(crossed)
    if link is not None:
        keep_link(last, link, next_after=crossed)


def _links(marked: Iterable[_Marked], session: Mapping[str, Any]) -> dict[str, Link]:
    """Where the chain of each run ends; the next run follows there, whoever projects it.

    Where its last cells are gone, that is at the end that the metadata name: so they are missed.
    """
    links = [link_of(cell) for cell, mark in marked if is_sealed(mark)]
    ends: dict[str, tuple[tuple[int, int], Link]] = {}
    for link in (*links, *named_ends(session)):
        run, step, role = link.cell.split("-")
        place = int(step), ROLES.index(role)
        if place >= ends.get(run, ((-1, 0),))[0]:
            ends[run] = place, link
    return {run: link for run, (_, link) in ends.items()}


def _step(cell: Mapping[str, Any], mark: Mapping[str, Any]) -> Step:
    step = decode(Step, bared(mark["record"]))
    if step.observation is None or cell.get("cell_type") != "code":
        return step
    outputs = from_format(plain(cell.get("outputs") or []), mark.get("extras") or {})
    seen: Observation = replace(step.observation, outputs=outputs)
    return replace(step, observation=seen)


def _with(turn: Turn, step: Step) -> Turn:
    others = [other for other in turn.steps if other.number != step.number]
    return replace(turn, steps=tuple(sorted([*others, step], key=lambda each: each.number)))


def _answered(turn: Turn, mark: Mapping[str, Any]) -> Turn:
    record = mark.get("record")
    ended = {key: bared(mark[key]) for key in ("state", "reason", "seconds")}
    ended |= {key: bared(mark[key]) for key in ("wasted", "figures") if key in mark}
    end = decode(Turn, {"run": turn.run, "task": turn.task, **ended})
    return replace(
        turn,
        state=end.state,
        reason=end.reason,
        seconds=end.seconds,
        wasted=end.wasted,
        figures=end.figures,
        answer=decode(Reply, bared(record)) if record is not None else None,
    )


def _session(session: Mapping[str, Any]) -> tuple[str, tuple[dict[str, Any], ...]]:
    """The system text and tools of a notebook's metadata; none of another version's.

    None either where the metadata is damaged: the conversation goes on with those of today.
    """
    if session.get("version") != VERSION:
        return "", ()
    try:
        kept = {key: bared(plain(session[key])) for key in ("system", "tools") if key in session}
        read = decode(Trajectory, kept)
    except ValueError:
        return "", ()
    return read.system, read.tools
