"""What an undo leaves of the cells that it took out: a note, by which the chain goes on over them.

Each note names the cell that stood before a stretch of cells that went, and the last of them, with
their digests, and is signed as the end of the chain is. The notes stand with the ends of the chains
in the notebook's metadata, so whoever keeps those keeps these. A redo takes them away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..engine.digests import value_digest
from .chain import SEAL, UNDONE, Link, Sign, end_of_chain, is_sealed, link_of
from .marks import OF_A_RUN, Cell, mark_of


@dataclass(frozen=True)
class Gone:
    """A stretch of a conversation's cells that an undo took out, from `first` to `last`."""

    conversation: str
    before: Link  # what the first followed
    first: str
    last: Link
    runs: tuple[str, ...]
    cells: int
    key: str = ""
    signature: str = ""

    @property
    def run(self) -> str:
        """The run of which it is, or with which it begins."""
        return self.first.partition("-")[0]

    @property
    def step(self) -> int:
        """The step from which on its run was undone; 0 for all of it."""
        return int(self.first.split("-")[1])

    @property
    def words(self) -> str:
        """What is signed of it."""
        return (
            f"codeact undone {self.conversation} {self.before.cell} {self.before.digest} "
            f"{self.first} {self.last.cell} {self.last.digest} {','.join(self.runs)} {self.cells}"
        )


def gone_of(chains: Any) -> Iterator[Gone]:
    """The stretches that the metadata of chains tell of; what is damaged is passed over."""
    notes = chains.get(UNDONE) if isinstance(chains, Mapping) else None
    for note in notes if isinstance(notes, list) else ():
        try:
            yield _from_note(note)
        except (AttributeError, KeyError, TypeError, ValueError):
            continue


def noted(
    chains: Mapping[str, Any],
    before: Iterable[Cell],
    now: Iterable[Cell],
    sign: Sign | None,
) -> dict[str, Any]:
    """The metadata of chains, when of the cells that were there `before` these are there `now`.

    Cells that are shown under a magic's own are given as cells.
    """
    was = {cell["id"]: cell for cell in before if is_sealed(_mark(cell))}
    there = {cell["id"] for cell in now if is_sealed(_mark(cell))}
    old = [gone for gone in gone_of(chains) if gone.last.cell not in there]
    new = _stretches([cell for name, cell in was.items() if name not in there], was.values())
    notes = [*map(_to_note, old), *(_to_note(gone, sign) for gone in new)]
    rest = {name: end for name, end in chains.items() if name != UNDONE}
    return {**rest, **({UNDONE: notes} if notes else {})}


def undone_in(chains: Mapping[str, Any], conversation: str) -> dict[str, str]:
    """The notes of a conversation's undos, as the end of its chain names them."""
    notes = (gone for gone in gone_of(chains) if gone.conversation == conversation)
    return {gone.last.cell: value_digest(gone.words) for gone in notes}


def end_with_notes(
    conversation: str, end: Mapping[str, Any], undone: Mapping[str, str], sign: Sign | None
) -> Mapping[str, Any]:
    """The end of a chain that stays where it is, with the notes that there are now.

    One that this signature does not stand behind stays as it is.
    """
    link = Link(str(end.get("cell")), str(end.get("link")))
    signs = sign if "signature" in end else None

    def ends(notes: Mapping[str, str]) -> Mapping[str, Any]:
        return end_of_chain(conversation, link, signs, undone=notes)[conversation]

    known = end.get(UNDONE)
    return ends(undone) if ends(known if isinstance(known, dict) else {}) == end else end


def chain_alone(chains: Mapping[str, Any], conversation: str) -> dict[str, Any]:
    """Of the metadata of chains, those of one conversation."""
    end = {name: chains[name] for name in chains if name == conversation}
    notes = [_to_note(gone) for gone in gone_of(chains) if gone.conversation == conversation]
    return {**end, **({UNDONE: notes} if notes else {})}


def _stretches(gone: Sequence[Cell], all_cells: Iterable[Cell]) -> Iterator[Gone]:
    """The cells that went, as the chain has them one after another."""
    conversations = {
        _mark(cell)["run"]: str(_mark(cell)["conversation"])
        for cell in all_cells
        if "conversation" in _mark(cell)
    }
    names = {cell["id"] for cell in gone}
    followers = {_seal(cell).get("after"): cell for cell in gone}
    for first in gone:
        conversation = conversations.get(_mark(first)["run"])
        if conversation is None or _seal(first).get("after") in names:
            continue
        line = [first]
        while (follower := followers.get(line[-1]["id"])) and len(line) < len(gone):
            line.append(follower)
        runs = tuple(dict.fromkeys(str(_mark(cell)["run"]) for cell in line))
        seal = _seal(first)
        before = Link(str(seal.get("after")), str(seal.get("previous")))
        yield Gone(conversation, before, first["id"], link_of(line[-1]), runs, len(line))


def _mark(cell: Cell) -> Mapping[str, Any]:
    return mark_of(cell) or {}


def _seal(cell: Cell) -> Mapping[str, Any]:
    seal: Mapping[str, Any] = _mark(cell)[SEAL]
    return seal


def _to_note(gone: Gone, sign: Sign | None = None) -> dict[str, Any]:
    kept = {"key": gone.key, "signature": gone.signature} if gone.signature else {}
    return {
        "conversation": gone.conversation,
        "after": gone.before.cell,
        "previous": gone.before.digest,
        "first": gone.first,
        "cell": gone.last.cell,
        "link": gone.last.digest,
        "runs": list(gone.runs),
        "cells": gone.cells,
        **(sign(gone.words) if sign is not None else kept),
    }


def _from_note(note: Mapping[str, Any]) -> Gone:
    first, last = note["first"], note["cell"]
    if not all(OF_A_RUN.fullmatch(name) for name in (first, last)):
        raise ValueError(f"not cells of a run: {first!r}, {last!r}")
    return Gone(
        str(note["conversation"]),
        Link(str(note["after"]), str(note["previous"])),
        first,
        Link(last, str(note["link"])),
        tuple(map(str, note["runs"])),
        int(note["cells"]),
        str(note.get("key") or ""),
        str(note.get("signature") or ""),
    )
