"""Whether the cells of runs follow one another as they were sealed: none missing, new or moved."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from .entries import Entry
from .findings import Finding, named

NOTHING = "nothing"


def chained(entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The cells as they follow one another, wherever they stand; and those in no line.

    Of two with one id it is the first.
    """
    in_line = [entry for line in _lines(_sealed(entries)) for entry in line]
    known = {entry.id for entry in in_line}
    rest = {entry.id: entry for entry in reversed(entries) if entry.id not in known}
    return in_line, list(rest.values())[::-1]


def out_of_order(entries: list[Entry]) -> Iterator[Finding]:
    """What is missing between cells, put in between them, changed and sealed anew, or moved."""
    sealed, known = _sealed(entries), {entry.id: entry for entry in entries}
    for entry in sealed:
        before = known.get(entry.after)
        if not entry.after or not entry.is_whole:
            continue
        if before is None:
            words = (
                f"{named(entry.after).capitalize()} was removed: {named(entry.id, entry.place)} "
                "follows it"
            )
            yield Finding("removed", entry.after, entry.place, "cell", f"{words}.")
        elif before.seal and before.is_whole and before.link != entry.previous:
            words = f"{named(before.id, before.place).capitalize()} was changed and sealed anew"
            yield Finding("altered", before.id, before.place, "record", f"{words}.")
    lines = _lines(sealed)
    ordered = {entry.id for line in lines for entry in line}
    for entry in sealed:
        if entry.id not in ordered and entry.is_whole:
            words = f"{named(entry.id, entry.place).capitalize()} was put in: none follows it"
            yield Finding("inserted", entry.id, entry.place, "cell", f"{words}.")
    yield from _moved(lines)


def _sealed(entries: list[Entry]) -> list[Entry]:
    """The cells with a seal, of two with one id the first."""
    return list({entry.id: entry for entry in reversed(entries) if entry.seal}.values())[::-1]


def _lines(sealed: list[Entry]) -> list[list[Entry]]:
    """The lines of cells that follow one another, each from a cell on that follows none of them."""
    followers: dict[str, list[Entry]] = {}
    for entry in sealed:
        followers.setdefault(entry.after or _beginning(entry), []).append(entry)
    known = {NOTHING, *(entry.id for entry in sealed)}
    return [_line(name, followers) for name in followers if name not in known]


def _beginning(entry: Entry) -> str:
    """What a cell that follows none begins: a task its conversation, another nothing."""
    is_task = entry.mark.get("role") == "task"
    return f"conversation {entry.mark.get('conversation')}" if is_task else NOTHING


def _line(name: str, followers: Mapping[str, list[Entry]]) -> list[Entry]:
    """The longest line of cells that follow this one, each the one before."""
    line: list[Entry] = []
    while forks := followers.get(name):
        lengths = [_length(fork, followers) for fork in forks] if len(forks) > 1 else [0]
        line.append(forks[lengths.index(max(lengths))])
        name = line[-1].id
        if len(line) > sum(map(len, followers.values())):
            break  # a circle, which only a forger makes
    return line


def _length(entry: Entry, followers: Mapping[str, list[Entry]]) -> int:
    count, level, seen = 0, [entry], {entry.id}
    while level:
        count += 1
        level = [n for each in level for n in followers.get(each.id, ()) if n.id not in seen]
        seen |= {each.id for each in level}
    return count


def _moved(lines: list[list[Entry]]) -> Iterator[Finding]:
    """The fewest cells whose moving explains that a line does not stand in its order."""
    for line in lines:
        stays = _longest_rising([entry.place for entry in line])
        for number, entry in enumerate(line):
            if number not in stays:
                words = f"{named(entry.id, entry.place).capitalize()} was moved"
                if entry.after:
                    words += f": it follows {named(entry.after)}"
                yield Finding("moved", entry.id, entry.place, "place", f"{words}.")


def _longest_rising(places: list[int]) -> set[int]:
    """The indices of the longest part that does not fall: cells of one magic share a place."""
    ends: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for index, place in enumerate(places):
        at = bisect_right(ends, place)
        ends[at : at + 1], tails[at : at + 1] = [place], [index]
        before.append(tails[at - 1] if at else -1)
    rising, index = set(), tails[-1] if tails else -1
    while index >= 0:
        rising.add(index)
        index = before[index]
    return rising
