"""Follows the chain over what an undo took out of a notebook, and says so.

A note of an undo counts as far as its signature does: in a chain that the key at hand signed, only
one that this key signed too; in one that is signed, none without a signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ..notebook.chain import UNDONE, Link, signed_words
from ..notebook.undone import Gone, gone_of, undone_in
from .entries import Entry
from .findings import Finding, counted_cells
from .signing import Key

NO_NOTE = (
    "The note that the run {run} was undone is missing in the notebook's metadata, or was altered: "
    "they name it where the chain ends."
)
FORGED = "A note of what was undone, in the notebook's metadata, is not what your key signed."


class Bridged(NamedTuple):
    """The cells as they follow one another over what was undone; and what that comes to."""

    entries: list[Entry]
    findings: list[Finding]
    notes: list[str]
    signed: bool


def bridged(entries: list[Entry], ends: Mapping[str, Any], key: Key | None) -> Bridged:
    """Let each cell follow the one before what was undone; `ends` are those of the chains."""
    there = {entry.id for entry in entries}
    told = [gone for gone in gone_of(ends) if gone.last.cell not in there]
    counting = [gone for gone in told if _counts(gone, ends.get(gone.conversation), key)]
    forged = [gone for gone in told if gone not in counting and _names(gone, key)]
    over = {gone.last: gone.before for gone in counting}
    findings = [Finding("altered", "", 0, "signature", FORGED)] if forged else []
    findings += _without_note(ends, {gone.last.cell for gone in told} | there)
    signed = all(_names(gone, key) for gone in counting)
    return Bridged([_over(e, over, there) for e in entries], findings, [*_words(counting)], signed)


def _without_note(ends: Mapping[str, Any], known: set[str]) -> Iterator[Finding]:
    """What the end of a chain names as undone, and no note tells of."""
    for conversation, end in ends.items():
        named = end.get(UNDONE) if isinstance(end, Mapping) else None
        notes = undone_in(ends, conversation)
        for cell, digest in named.items() if isinstance(named, Mapping) else ():
            if cell not in known or notes.get(cell, digest) != digest:
                words = NO_NOTE.format(run=str(cell).partition("-")[0])
                yield Finding("removed", str(cell), 0, "record", words)


def _over(entry: Entry, over: Mapping[Link, Link], there: set[str]) -> Entry:
    link, crossed = Link(entry.after, entry.previous), set[Link]()
    while link.cell not in there and link in over and link not in crossed:
        crossed.add(link)
        link = over[link]
    return replace(entry, follows=link) if crossed else entry


def _counts(gone: Gone, end: Any, key: Key | None) -> bool:
    fields = end if isinstance(end, Mapping) else {}
    if _names(gone, key):
        return _holds(gone.words, gone.signature, key)
    if not isinstance(fields.get("signature"), str):
        return True
    ours = key is not None and fields.get("key") == key.name
    words = signed_words(gone.conversation, fields)
    return bool(gone.signature) and not (ours and _holds(words, fields["signature"], key))


def _names(gone: Gone, key: Key | None) -> bool:
    return key is not None and gone.key == key.name


def _holds(words: str, signature: str, key: Key | None) -> bool:
    return key is not None and key.holds(words, signature)


def _words(counting: Iterable[Gone]) -> Iterator[str]:
    for gone in counting:
        what = f"What the run {gone.run} did from step {gone.step} on"
        what = what if gone.step else f"The run {gone.run}"
        after = [other for other in gone.runs if other != gone.run]
        more = f" and what came after it ({', '.join(after)})" if after else ""
        yield f"{what}{more} was undone: {counted_cells(gone.cells)} went with it."
