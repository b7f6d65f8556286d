"""The cells of runs in a notebook, each with its place and its seal, as verifying walks them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..engine.digests import output_digest
from ..engine.trajectory import Display, Result
from ..engine.wire import decode
from ..errors import NotebookError
from ..notebook.armour import bared
from ..notebook.chain import SEAL, Link, Shown, link_digest, output_digests, shown_digest
from ..notebook.inline import unfolded
from ..notebook.marks import OF_A_RUN, VERSION, Cell
from ..notebook.outputs import KEY, is_note, joined_text, plain
from .findings import Finding, named

WIDGET = "application/vnd.jupyter.widget-view+json"
NO_CHAIN = (
    "was recorded before codeact kept a chain of digests, or lost its digest: it cannot be verified"
)


@dataclass(frozen=True)
class Entry:
    """A cell of a run; `place` is that of the notebook's cell which holds it, from 1.

    `inline` says that it is shown under a magic's own cell; `follows` is what stands before it
    where its seal names what was undone.
    """

    place: int
    cell: Cell
    inline: bool = False
    follows: Link | None = None

    @property
    def id(self) -> str:
        return str(self.cell.get("id"))

    @property
    def mark(self) -> Mapping[str, Any]:
        mark = _metadata(self.cell).get(KEY)
        return mark if isinstance(mark, Mapping) else {}

    @property
    def seal(self) -> Mapping[str, Any]:
        seal = self.mark.get(SEAL)
        return seal if isinstance(seal, Mapping) else {}

    @property
    def after(self) -> str:
        return self.follows.cell if self.follows else str(self.seal.get("after"))

    @property
    def previous(self) -> str:
        return self.follows.digest if self.follows else str(self.seal.get("previous"))

    @property
    def link(self) -> str:
        return str(self.seal.get("link"))

    @property
    def is_whole(self) -> bool:
        """Whether the mark is as it was sealed."""
        return bool(self.seal) and link_digest(self.mark, self.seal) == self.link


def entries_of(content: Mapping[str, Any]) -> tuple[list[Entry], list[Entry]]:
    """The cells of runs in a notebook, and copies of some that the person made, in order.

    What a magic told again, of a run that broke off, counts as it was told last.
    """
    ours: list[Entry] = []
    copies: list[Entry] = []
    for place, cell in enumerate(content["cells"], 1):
        parts = _parts(cell)
        for part in parts:
            entry = Entry(place, part, len(parts) > 1)
            if OF_A_RUN.fullmatch(entry.id):
                ours.append(entry)
            elif entry.mark and "role" in entry.mark:
                copies.append(entry)
    last = {entry.id: entry for entry in ours if entry.inline}
    return [entry for entry in ours if not entry.inline or last[entry.id] is entry], copies


def _parts(cell: Cell) -> list[Cell]:
    try:
        return unfolded(cell)
    except (AttributeError, KeyError, TypeError, ValueError, NotebookError):
        return [plain(cell)]


def _metadata(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = cell.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


class _Later(NamedTuple):
    """What later code made of displays: by id, the digest of what it made of one last.

    Where a later cell is not as it was recorded, nobody knows that for `sure`.
    """

    states: Mapping[str, str]
    sure: bool


def differences(
    line: Sequence[Entry], rest: Sequence[Entry], followed: Collection[str]
) -> list[Finding]:
    """What of cells is not as it was recorded; those in `line` follow one another.

    They are gone through from the last on: that says what became of displays of the ones before.
    `rest` are in no line; one without a seal counts if it has a record, or is among `followed`,
    the ids which others or the ends name.
    """
    found = list(filter(None, (_finding(entry, _Later({}, True), followed) for entry in rest)))
    later = _Later({}, not found)
    for entry in reversed(line):
        later = later._replace(states={**_states(entry), **later.states})
        finding = _finding(entry, later, followed)
        if finding is not None:
            found.insert(0, finding)
            later = later._replace(sure=later.sure and finding.what in ("text", "code"))
    return found


def _finding(entry: Entry, later: _Later, followed: Collection[str]) -> Finding | None:
    name = named(entry.id, entry.place).capitalize()
    if entry.mark and not entry.seal:
        if "record" not in entry.mark and entry.id not in followed:
            return None
        return Finding("unchained", entry.id, entry.place, "digest", f"{name} {NO_CHAIN}.")
    try:
        what, words = _difference(entry, later) or ("", "")
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what, words = "record", f"cannot be read ({type(error).__name__})"
    return Finding("altered", entry.id, entry.place, what, f"{name} {words}.") if what else None


def _difference(entry: Entry, later: _Later) -> tuple[str, str] | None:
    mark, seal, cell = entry.mark, entry.seal, entry.cell
    if f"{mark.get('run')}-{mark.get('step')}-{mark.get('role')}" != entry.id:
        return "record", "does not carry its own record: that was altered, or taken away"
    if mark.get("version") != VERSION or not entry.is_whole:
        return "record", "has a record that was altered: it does not fit its digest"
    if shown_digest(cell) != seal.get("shown"):
        return _text_difference(entry)
    return _output_difference(entry, later)


def _text_difference(entry: Entry) -> tuple[str, str]:
    """The cell's text is another; its record, which is whole, has what it was."""
    record = entry.mark.get("record")
    action = record.get("action") if isinstance(record, Mapping) else None
    still = "its record is whole, so an ordinary edit may have done it"
    if not isinstance(action, Mapping) or entry.cell["cell_type"] != "code":
        return "text", f"shows other words than were recorded; {still}"
    now = joined_text(entry.cell["source"])
    ran, stands = (str(text).splitlines() for text in (action.get("code"), now))
    pairs = zip([*ran, *[""] * len(stands)], [*stands, *[""] * len(ran)], strict=False)
    differs = enumerate(pairs, 1)
    line = next(((n, old, new) for n, (old, new) in differs if old != new), None)
    where = f": line {line[0]} was {line[1]!r} and is {line[2]!r}" if line else ""
    return "code", f"is not the code that ran{where}; {still}"


def _output_difference(entry: Entry, later: _Later) -> tuple[str, str] | None:
    recorded = [str(was) for was in entry.seal.get("outputs") or ()]
    shown = output_digests(entry.cell)[unrecorded_outputs(entry) :]
    if recorded and not shown and entry.cell["cell_type"] == "code":
        return "outputs", "has no outputs any more: they were cleared"
    if len(shown) < len(recorded) and any(_may_take_outputs(each.output) for each in shown):
        rest = iter(recorded)
        fits = all(any(_fits(each, was, later) for was in rest) for each in shown)
        return None if fits else ("outputs", "shows other outputs than were recorded")
    for number, (each, was) in enumerate(zip(shown, recorded, strict=False), 1):
        if not _fits(each, was, later):
            return f"output {number}", (
                f"has another output {number} than was recorded: it was altered, or code changed "
                "it later"
            )
    if len(shown) > len(recorded):
        number = len(recorded) + 1
        return f"output {number}", f"has an output {number} that was not recorded"
    if len(shown) < len(recorded):
        number = len(shown) + 1
        return f"output {number}", f"lacks output {number}: it was removed"
    return None


def missing_outputs(entry: Entry) -> tuple[int, int]:
    """How many outputs of a cell are not there, and of how many that were recorded."""
    recorded = entry.seal.get("outputs") or ()
    shown = output_digests(entry.cell)[unrecorded_outputs(entry) :] if recorded else ()
    return max(0, len(recorded) - len(shown)), len(recorded)


def unrecorded_outputs(entry: Entry) -> int:
    """How many outputs of an action whose end nobody saw came before it: only its cell has them.

    A page showed them as they came; what is recorded is a note below them, of the unknown outcome.
    """
    if entry.mark.get("status") != "unknown" or not entry.is_whole:
        return 0
    written, recorded = entry.cell.get("outputs") or [], entry.seal.get("outputs") or []
    if (
        not isinstance(written, list)
        or not recorded
        or not all(map(is_note, written[-len(recorded) :]))
    ):
        return 0
    return max(0, len(output_digests(entry.cell)) - len(recorded))


def _fits(shown: Shown, was: str, later: _Later) -> bool:
    """Whether an output is as it was recorded, or a display as recorded code left it."""
    if not isinstance(shown.output, Display) or not shown.output.display_id:
        return was in (shown.now, shown.uncounted)
    is_last = shown.now == later.states.get(shown.output.display_id, was)
    return (is_last or not later.sure) and shown.output.was in ("", was)


def _may_take_outputs(output: Any) -> bool:
    """Whether this shows a widget that is, or may hold, an Output widget.

    What code puts into one is recorded, and no output of the cell in JupyterLab. ipywidgets names
    a widget with all that it holds, and cuts that short.
    """
    if not isinstance(output, (Display, Result)) or WIDGET not in output.data:
        return False
    named = str(output.data.get("text/plain", ""))
    return "Output(" in named or not named or named.endswith("…")


def _states(entry: Entry) -> dict[str, str]:
    """By id, the digest of what a cell made of a display last; none where it is not to be read."""
    states: dict[str, str] = {}
    with suppress(AttributeError, KeyError, TypeError, ValueError):
        recorded = entry.seal.get("outputs") or () if entry.is_whole else ()
        for each in output_digests(entry.cell) if recorded else ():
            if isinstance(each.output, Display) and each.first in recorded:
                states[each.output.display_id] = each.first
        record = bared(entry.mark.get("record") or {}) if entry.is_whole else {}
        for data in (record.get("observation") or {}).get("updated") or ():
            display = decode(Display, data)
            states[display.display_id] = output_digest(display)
    return states
