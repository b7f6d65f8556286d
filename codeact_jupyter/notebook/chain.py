"""The chain: every cell of a run is sealed with digests, over what it records and the cell before.

Sealed is what is recorded: the mark (blocks, approvals, status, all fields), the text that the cell
shows, and each output. Not sealed is what is only view and may change at any time: folding, tags,
`execution` times, the cell's execution count and that of a result recorded without one, trust, the
state of widgets. Digests are of values, not of bytes: lists of lines, the order of keys, `1` for
`1.0`, and a stream as JupyterLab keeps it (joined, carriage returns applied) give the same. A
display that later code updated is sealed as it was first (`Display.was`), and its later states by
the steps that made them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

from ..engine.digests import output_digest, value_digest
from ..engine.trajectory import Display, Error, Output, Result, Stream, Turn
from .marks import OF_A_RUN, Cell
from .outputs import KEY, joined_text, restored

SEAL, UNDONE = "seal", "undone"
UNSEALED = (SEAL, "extras")  # the extras are sealed as part of the outputs
ERASED = re.compile("[^\n]\b")


# Signs a text: gives the `signature`, and of which `key` it is.
Sign: TypeAlias = Callable[[str], dict[str, str]]


class Link(NamedTuple):
    """Where the chain has got to: the id of a cell and its digest; the root has no cell."""

    cell: str
    digest: str


def root(session: Mapping[str, Any]) -> Link:
    """What a conversation's first cell follows: the system text and the tools, as metadata."""
    return Link("", value_digest([session.get("system", ""), session.get("tools", [])]))


def sealed(cells: Iterable[Cell], before: Link) -> list[Cell]:
    """The cells with seals, each of which follows the one before."""
    done = []
    for cell in cells:
        mark = cell["metadata"][KEY]
        seal: Cell = {"after": before.cell, "previous": before.digest, "shown": shown_digest(cell)}
        if outputs := [each.first for each in output_digests(cell)]:
            seal["outputs"] = outputs
        seal["link"] = link_digest(mark, seal)
        metadata = {**cell["metadata"], KEY: {**mark, SEAL: seal}}
        done.append({**cell, "metadata": metadata})
        before = Link(cell["id"], seal["link"])
    return done


def is_sealed(mark: Mapping[str, Any]) -> bool:
    """Whether there is a seal that can be a link; it may still not hold."""
    seal = mark.get(SEAL)
    return isinstance(seal, Mapping) and isinstance(seal.get("link"), str)


def link_of(cell: Mapping[str, Any]) -> Link:
    """The link that a sealed cell is."""
    return Link(cell["id"], cell["metadata"][KEY][SEAL]["link"])


def link_digest(mark: Mapping[str, Any], seal: Mapping[str, Any]) -> str:
    """The digest over a mark and the rest of its seal, which names the cell before."""
    recorded = {key: value for key, value in mark.items() if key not in UNSEALED}
    return value_digest([recorded, {key: seal[key] for key in seal if key != "link"}])


def shown_digest(cell: Mapping[str, Any]) -> str:
    """The digest of what a cell shows beside its outputs: its type, text and attachments."""
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    attached = {
        name: {mime: joined_text(data) for mime, data in bundle.items()}
        for name, bundle in (cell.get("attachments") or {}).items()
    }
    return value_digest([cell["cell_type"], text, attached])


class Shown(NamedTuple):
    """An output of a cell: its digest now, as it was first, and now without its count."""

    output: Output | None
    now: str
    first: str
    uncounted: str


def output_digests(cell: Mapping[str, Any]) -> list[Shown]:
    """The outputs of a code cell, with their digests; none for another cell."""
    if cell["cell_type"] != "code":
        return []
    written = cell.get("outputs") or []
    outputs = restored(written, cell["metadata"][KEY].get("extras") or {})
    return [_shown(output) for output in _settled(outputs, written)]


def _shown(output: Output | Cell) -> Shown:
    if not isinstance(output, Stream | Display | Result | Error):  # of a kind that we do not know
        return Shown(None, *[value_digest(output)] * 3)
    now = uncounted = output_digest(output)
    if output.kind == "result" and output.count is not None:
        uncounted = output_digest(replace(output, count=None))
    was = output.was if isinstance(output, Display) else ""
    return Shown(output, now, was or now, uncounted)


def _settled(outputs: Iterable[Output | None], written: Iterable[Cell]) -> list[Output | Cell]:
    """The outputs as JupyterLab would keep them: streams joined, carriage returns applied."""
    settled: list[Output | Cell] = []
    for output, raw in zip(outputs, written, strict=True):
        last = settled[-1] if settled else None
        if isinstance(output, Stream) and isinstance(last, Stream) and last.name == output.name:
            output = replace(output, text=last.text + output.text)
            settled.pop()
        settled.append(raw if output is None else output)
    settled = [
        replace(each, text=overwritten(each.text)) if isinstance(each, Stream) else each
        for each in settled
    ]
    return [each for each in settled if each != Stream("", getattr(each, "name", "stdout"))]


def overwritten(text: str) -> str:
    """Text as a terminal shows it: carriage returns and backspaces write over what was there."""
    if "\r" not in text and "\b" not in text:
        return text
    while (erased := ERASED.sub("", text)) != text:
        text = erased
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    shown = ""
    for part in line.split("\r"):
        shown = part + shown[len(part) :]
    return shown


def end_of_chain(
    conversation: str,
    link: Link,
    sign: Sign | None = None,
    *,
    undone: Mapping[str, str] | None = None,
) -> dict[str, Cell]:
    """What a notebook's metadata say of a conversation's chain: where it ends, and who signs it.

    `undone` has, by its last cell, a digest of each note of an undo that must be there too.
    """
    end: Cell = {"cell": link.cell, "link": link.digest}
    end |= {UNDONE: dict(undone)} if undone else {}
    return {conversation: {**end, **(sign(signed_words(conversation, end)) if sign else {})}}


def with_chains(session: dict[str, Any], before: Any) -> dict[str, Any]:
    """Session-wide metadata, with the chains of other conversations that were `before` in it."""
    known = before.get("chain") if isinstance(before, Mapping) else None
    others = dict(known) if isinstance(known, Mapping) else {}
    chains = {**others, **session.get("chain", {})}
    return {**session, **({"chain": chains} if chains else {})}


def described(known: Any, metadata: dict[str, Any]) -> dict[str, Any]:
    """A notebook's own metadata, told anew: what it has stays, but for the ends of chains."""
    whole = with_chains(metadata, known)
    chain = {"chain": whole["chain"]} if "chain" in whole else {}
    return {**whole, **known, **chain} if isinstance(known, Mapping) else whole


def named_ends(session: Mapping[str, Any]) -> Iterator[Link]:
    """The ends of chains that session-wide metadata name; what is damaged is passed over."""
    chains = session.get("chain")
    for end in chains.values() if isinstance(chains, Mapping) else ():
        if isinstance(end, Mapping) and OF_A_RUN.fullmatch(str(end.get("cell"))):
            yield Link(end["cell"], str(end.get("link")))


def signed_words(conversation: str, end: Mapping[str, Any]) -> str:
    """What is signed of a chain's end."""
    undone = f" {UNDONE} {value_digest(end[UNDONE])}" if UNDONE in end else ""
    return f"codeact chain {conversation} {end.get('cell')} {end.get('link')}{undone}"


def keep_link(turn: Turn, link: Link, *, next_after: Link | None = None) -> Turn:
    """The turn, which is over, with a note of where its chain ends; changed, it loses the note.

    `next_after` is what the next turn's first cell follows where that is another: what an undo
    took out in between, so that its note is missed if somebody removes it.
    """
    vars(turn).update(link=link, next_after=next_after or link)
    return turn


def link_to_follow(turn: Turn) -> Link | None:
    """What the first cell of the turn after this one follows, if that is known."""
    return vars(turn).get("next_after")


def kept_link(turn: Turn) -> Link | None:
    """Where the chain of a turn ended when it was read or made, if that is known."""
    return vars(turn).get("link")
