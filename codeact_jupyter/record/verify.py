"""Whether a notebook's runs are as they were recorded, and if not, which cell is the first.

Each cell of a run is checked against its own seal, its seal against the cell that it follows, and
the last against the end that the notebook's metadata name. The person's own cells are theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import NotebookError
from ..notebook.chain import UNDONE, root, signed_words
from ..notebook.inline import chains_of, require_readable, sessions_of
from ..notebook.marks import OF_A_RUN
from ..notebook.outputs import KEY
from ..notebook.reading import as_it_is, parsed_notebook
from .bridging import bridged
from .entries import Entry, differences, entries_of, missing_outputs, unrecorded_outputs
from .findings import Finding, Verdict, named
from .order import chained, out_of_order
from .signing import Key


def verify_file(path: Path, key: Key | None) -> Verdict:
    """What becomes of verifying the notebook at `path`; `key` is the user's, None without one.

    Raises NotebookError when it cannot be read, holds no run, or a newer version recorded it.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        told = f"there is no notebook {str(path)!r}; look for a typing error"
        raise NotebookError(told) from error
    except OSError as error:
        why = error.strerror or error
        raise NotebookError(f"cannot read the notebook {str(path)!r}: {why}") from error
    try:
        return verify(_content(raw, path), key)
    except NotebookError as error:
        if str(path) in str(error):
            raise
        raise NotebookError(f"{str(path)!r} cannot be verified: {error}") from error


def verify(content: Mapping[str, Any], key: Key | None) -> Verdict:
    """What becomes of verifying a notebook, given as JSON. Raises NotebookError as above."""
    session = _session(content)
    entries, copies = entries_of(content)
    chains = session.get("chain")
    ends = {str(k): v for k, v in chains.items()} if isinstance(chains, Mapping) else {}
    if not entries and not ends:
        raise NotebookError("it holds no run of codeact")
    entries, findings, undone, all_signed = bridged(entries, ends, key)
    ends.pop(UNDONE, None)
    findings += [*_of_session(session, entries), *_of_cells(ends, entries), *out_of_order(entries)]
    unnamed = _unnamed(ends, entries)
    findings += _of_ends(ends, unnamed, entries, len(content["cells"]))
    signed, unfit, notes = _signatures(ends, key)
    findings += unfit
    notes += undone
    notes += [f"{named(c.id, c.place).capitalize()} is a copy of one of a run." for c in copies]
    notes += _unrecorded(entries, unnamed)
    notes += _untold(entries, {finding.cell for finding in findings})
    firsts = dict[str, Finding]()
    for finding in _ordered(findings, entries):
        firsts.setdefault(finding.cell, finding)
    runs = set(map(_run, entries))
    return Verdict(
        tuple(firsts.values()),
        tuple(notes),
        len(entries),
        len(runs),
        signed and all_signed and not unnamed,
    )


def _content(raw: bytes, path: Path) -> Mapping[str, Any]:
    """The notebook as it stands; one without cell ids as it is read for use."""
    try:
        content = as_it_is(raw)
        if content["nbformat"] == 4 and all("id" in cell for cell in content["cells"]):
            return content
    except (KeyError, TypeError, ValueError):
        pass  # what is no notebook is told by who reads notebooks
    return parsed_notebook(raw, path)


def _session(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The notebook's own metadata of ours, or what runs under a magic's cell left."""
    metadata = content.get("metadata")
    own = metadata.get(KEY) if isinstance(metadata, Mapping) else None
    require_readable(content["cells"], own)
    session = own if isinstance(own, Mapping) and "version" in own else {}
    inline = sessions_of(content["cells"])
    return {**(session or (inline[-1] if inline else {})), "chain": chains_of(content)}


def _of_session(session: Mapping[str, Any], entries: list[Entry]) -> Iterator[Finding]:
    firsts = [each for each in entries if each.seal and not each.after]
    roots = {each.previous for each in firsts if each.is_whole}
    if roots and root(session).digest not in roots:
        words = (
            "The system text or the tools in the notebook's metadata are not those that its "
            "conversation began with."
        )
        yield Finding("altered", "", 0, "system text", words)


def _of_cells(ends: Mapping[str, Any], entries: list[Entry]) -> Iterator[Finding]:
    """What is altered in the cells themselves, and of two with one id the second."""
    cells = {str(end.get("cell")) for end in ends.values() if isinstance(end, Mapping)}
    yield from differences(*chained(entries), {entry.after for entry in entries} | cells)
    seen = set[str]()
    for entry in entries:
        if entry.id in seen:
            words = f"{named(entry.id, entry.place).capitalize()} stands there a second time."
            yield Finding("inserted", entry.id, entry.place, "cell", words)
        seen.add(entry.id)


def _of_ends(
    ends: Mapping[str, Any], unnamed: Mapping[str, bool], entries: list[Entry], last: int
) -> Iterator[Finding]:
    """What the ends that the metadata name, by conversation, say of the cells that there are."""
    known = {entry.id: entry for entry in entries if entry.seal}
    for conversation, broke_off in unnamed.items():
        if not broke_off:
            words = (
                "The notebook's metadata do not name where the chain of the conversation "
                f"{conversation} ends: that was taken away, and cells at its end may have been."
            )
            yield Finding("removed", "", last + 1, "end", words)
    for end in (ends[conversation] for conversation in ends if conversation not in unnamed):
        cell = str(end.get("cell")) if isinstance(end, Mapping) else ""
        entry = known.get(cell)
        if entry is None:
            words = (
                f"The end is missing: the notebook's metadata say that its chain goes to "
                f"{named(cell)}. It was removed, or those metadata were altered."
            )
            yield Finding("removed", cell, last + 1, "cell", words)
        elif entry.is_whole and entry.link != end.get("link"):
            words = (
                f"{named(cell, entry.place).capitalize()} is not the end that the notebook's "
                "metadata name: it was changed and sealed anew, or those metadata were altered."
            )
            yield Finding("altered", cell, entry.place, "record", words)
        else:
            yield from _behind(entry, known)


def _unnamed(ends: Mapping[str, Any], entries: list[Entry]) -> dict[str, bool]:
    """The conversations of sealed cells whose end nothing names; and whether they just broke off.

    A run that is shown under a magic's own cell names its end only when it is over.
    """
    runs = {
        _run(entry): str(entry.mark.get("conversation"))
        for entry in entries
        if entry.seal and entry.mark.get("role") == "task"
    }
    unnamed = {}
    for conversation in dict.fromkeys(runs.values()):
        end = ends.get(conversation)
        if not isinstance(end, Mapping) or not OF_A_RUN.fullmatch(str(end.get("cell"))):
            cells = [entry for entry in entries if runs.get(_run(entry)) == conversation]
            unnamed[conversation] = all(
                entry.inline and not entry.id.endswith("-answer") for entry in cells
            )
    return unnamed


def _run(entry: Entry) -> str:
    return entry.id.partition("-")[0]


def _behind(end: Entry, known: Mapping[str, Entry]) -> Iterator[Finding]:
    """A whole end of a run behind the end that was named: we would have named that one."""
    after = {entry.after: entry for entry in known.values()}
    behind: list[Entry] = []
    while (following := after.get(behind[-1].id if behind else end.id)) not in (None, *behind):
        behind.append(following)  # type: ignore[arg-type]
    if any(entry.id.endswith("-answer") for entry in behind):
        first = behind[0]
        words = f"{named(first.id, first.place).capitalize()} stands behind the end that was named."
        yield Finding("inserted", first.id, first.place, "cell", words)


def _signatures(ends: Mapping[str, Any], key: Key | None) -> tuple[bool, list[Finding], list[str]]:
    """Whether all ends are signed with this key; what is wrong with signatures, and what is not."""
    findings, notes, signed = [], set(), []
    for conversation, end in ends.items():
        if not isinstance(end, Mapping) or not isinstance(end.get("signature"), str):
            notes.add("Not signed: who can change the file could have made a new chain.")
        elif key is None:
            notes.add("Signed, but you have no key here to check the signature with.")
        elif end.get("key") != key.name:
            notes.add(
                f"Signed with another key than yours ({end.get('key')}, yours is {key.name}): "
                "the signature was not checked, the chain was."
            )
        elif key.holds(signed_words(conversation, end), end["signature"]):
            signed.append(conversation)
            notes.add(f"Its end is signed with your key ({key.name}).")
        else:
            words = "The end of the chain in the notebook's metadata is not what your key signed."
            findings.append(Finding("altered", "", 0, "signature", words))
    return bool(ends) and len(signed) == len(ends), findings, sorted(notes)


def _unrecorded(entries: list[Entry], unnamed: Mapping[str, bool]) -> Iterator[str]:
    for conversation in (name for name, broke_off in unnamed.items() if broke_off):
        yield (
            f"The conversation {conversation} broke off before its chain had an end: cells that "
            "are missing there cannot be noticed."
        )
    for entry in entries:
        if entry.seal and unrecorded_outputs(entry):
            yield (
                f"{named(entry.id, entry.place).capitalize()} shows what came before its run broke "
                "off, above the note of its unknown outcome: no record has that."
            )
        if not entry.seal and entry.mark and "record" not in entry.mark:
            name = named(entry.id, entry.place).capitalize()
            yield f"{name} is of no record: it was shown when the run broke off."


def _untold(entries: list[Entry], found: set[str]) -> Iterator[str]:
    """What is missing of cells that have no finding."""
    for entry in entries:
        missing, all_outputs = missing_outputs(entry) if entry.id not in found else (0, 0)
        if missing:
            yield (
                f"{named(entry.id, entry.place).capitalize()} shows a widget, and lacks {missing} "
                f"of {all_outputs} outputs that were recorded: the widget took them, or they were "
                "removed, which no record tells apart."
            )


def _ordered(findings: list[Finding], entries: list[Entry]) -> list[Finding]:
    """The findings in the notebook's order; what is missing comes before what follows it."""
    ranks = {entry.after: number - 0.5 for number, entry in enumerate(entries)}
    ranks |= {entry.id: number for number, entry in enumerate(entries)}
    return sorted(findings, key=lambda finding: (finding.place, ranks.get(finding.cell, 0)))
