"""The files from a point on as one: what became of them, taken back and brought again."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..engine.undoing import Change, Restored, Undoable, WhatChange
from .copying import copy_in, put, stays_inside, take_away
from .entries import Entry, alike, entry_of
from .manifest import entries_of
from .snapshot import Snapshot, gaps_of
from .store import Store, all_points, default_place

MaybeEntries = dict[str, "Entry | None"]


class FilesBack:
    """The files that were changed from a point on, which any process of this user can put back.

    Of the points that follow it, those count that are of the same directory and notebook. One that
    was renamed is the same where the points are `together`, their variables put back as one. What
    is undone is brought back as it was undone: together, the last first.
    """

    def __init__(
        self, start: str, place: Path | None = None, together: Collection[str] = ()
    ) -> None:
        self._place = place or default_place()
        self._together = together
        self.start = start
        self.head = Snapshot(start, self._place)

    @property
    def exists(self) -> bool:
        """Whether anything is kept from this point on."""
        return self.head.exists

    def look(self) -> Undoable:
        """What there is to put back now; raises UndoError for what cannot be read."""
        return _Found(self._place, self.start, self._together).undoable()

    def put_back(self, *, overwrite: bool) -> Restored:
        """Take the changes back, or bring them back; what was changed since only if asked.

        What is replaced is kept for the way back, all of it before the first is. Raises UndoError.
        """
        return _Found(self._place, self.start, self._together).put_back(overwrite=overwrite)


def is_beside(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two manifests are of the same directory and notebook; or, without one, process."""
    if any(one.get(part, "") != other.get(part, "") for part in ("root", "process")):
        return False
    theirs, wanted = _notebooks_of(one), _notebooks_of(other)
    return wanted == theirs or bool(wanted & theirs)


def known_points(place: Path, notebook: Path) -> tuple[list[str], list[list[str]]]:
    """The points of this notebook that can be gone back to, and those that were, as they were."""
    kept_points: list[str] = []
    undone: list[list[str]] = []
    for point, kept in all_points(place):
        if str(notebook) not in _notebooks_of(kept):
            continue
        if kept.get("unit"):
            undone.append(list(kept["unit"]))
        elif not kept.get("undone"):
            kept_points.append(point)
    return kept_points, undone[::-1]


def forget_undone(place: Path, point: str) -> None:
    """A run acted again: what is undone in its directory does not come back."""
    marked = all_points(place, undone=True)
    if all(other == point for other, _ in marked):
        return
    kept = Store(place, point).read()
    for other, manifest in marked:
        if manifest.get("undone") and other != point and is_beside(manifest, kept):
            Store(place, other).remove()


def _notebooks_of(kept: Mapping[str, Any]) -> set[str]:
    """The notebook of a manifest; of an older version's, which does not name it, what may be it."""
    if "notebook" in kept:
        return {kept["notebook"]} - {""}
    return {str(Path(kept["root"], each)) for each in kept["passed"] if each.endswith(".ipynb")}


def _is_renamed(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two manifests of one kernel may be of one notebook: one of its names is gone."""
    names = [kept.get("notebook", "") for kept in (one, other)]
    return one["root"] == other["root"] and not all(map(os.path.isfile, names))


class _Found:
    """The stretches from a point on, each with its manifest; the first one holds the way back."""

    def __init__(self, place: Path, start: str, together: Collection[str]) -> None:
        first = Store(place, start).read()
        lane = [
            (name, kept)
            for name, kept in all_points(place)
            if is_beside(kept, first) or (name in together and _is_renamed(kept, first))
        ]
        self.undone = bool(first.get("undone"))
        self.earlier: list[Snapshot] = []
        if self.undone:
            units = [kept["unit"] for _, kept in lane if start in (kept.get("unit") or ())]
            chosen = units[0] if units else [start]
        else:
            names = [point for point, kept in lane if not kept.get("undone")]
            chosen = names[names.index(start) :]
            self.earlier = [Snapshot(point, place) for point in names[: names.index(start)]]
        self.snapshots = [Snapshot(point, place) for point in chosen]
        self.kept = [each.closed() for each in self.snapshots]
        self.root = Path(first["root"])
        self.first: dict[str, tuple[Snapshot, Entry | None]] = {}
        self.last: MaybeEntries = {}
        self.copies: dict[str, tuple[Snapshot, Entry]] = {}  # of what it was last, taken later
        self.others: set[str] = set()
        self.unsure: set[str] = set()
        self.restored: set[str] = set()
        for snapshot, kept in zip(self.snapshots, self.kept, strict=True):
            before, after = entries_of(kept["before"]), entries_of(kept["after"])
            self.unsure |= set(kept.get("unsure") or ())
            self.restored |= set(kept.get("restored") or ())
            for path in self.last.keys() & before.keys() - self.copies.keys():
                if before[path].content and before[path].is_as(self.last[path]):
                    self.copies[path] = snapshot, before[path]
            for path, new in after.items():
                if path in self.first and not alike(self.last[path], before.get(path)):
                    self.others.add(path)
                self.first.setdefault(path, (snapshot, before.get(path)))
                self.last[path] = new
                self.copies.pop(path, None)

    @property
    def _head(self) -> dict[str, Any]:
        return self.kept[0]

    def undoable(self) -> Undoable:
        left = entries_of(self._head["left"]) if self.undone else {}
        theirs = entries_of(self._head["theirs"]) if self.undone else {}
        changes, gaps = [], dict(self._head["gaps"])
        for path, (snapshot, old) in self.first.items():
            if path in self.restored or (self.undone and path not in left):
                continue  # it is as before already; or it was left as it was
            if old is not None and old.kind == "file" and not old.content:
                gaps.setdefault(path, "it was changed, and not kept")
                continue
            new = theirs.get(path, self.last[path])
            if old is None and new is None:
                continue  # it came and went
            known, expected = self._known(path, snapshot, old)
            there = entry_of(self.root / path)
            conflict = known.differ(self.root / path, expected, there)
            unsure = not self.undone and path in self.unsure
            conflict = conflict or unsure or (not self.undone and path in self.others)
            conflict = conflict and not self._is_back(path, there)
            kind = "" if (shown := old or new) is None or shown.kind == "file" else shown.kind
            changes.append(Change("file", path, _what(old, new), kind, conflict, unsure))
        for kept in self.kept[1:]:
            for what, why in kept["gaps"].items():
                if what not in self.first:
                    gaps.setdefault(what, why)
        points = tuple(each.point for each in self.snapshots)
        return Undoable(tuple(changes), gaps_of(gaps), self.undone, points)

    def _known(
        self, path: str, first: Snapshot, old: Entry | None
    ) -> tuple[Snapshot, Entry | None]:
        """What is to be there if nobody touched it since, and whose copies tell its content.

        What the last change left was not copied then; where a later stretch began with it, it was.
        """
        if self.undone:
            return first, old
        return self.copies.get(path, (first, self.last[path]))

    def _is_back(self, path: str, there: Entry | None) -> bool:
        """Whether it is as it would be put, as where an undo was broken off."""
        if self.undone:
            wanted = entries_of(self._head["theirs"]).get(path)
            return not self.snapshots[0].differ(self.root / path, wanted, there)
        snapshot, old = self.first[path]
        return not snapshot.differ(self.root / path, old, there)

    def put_back(self, *, overwrite: bool) -> Restored:
        seen = self.undoable()
        chosen = [each.name for each in seen.changes if overwrite or not each.conflict]
        kept_as_is = [each.name for each in seen.changes if each.name not in chosen]
        theirs: MaybeEntries = dict(entries_of(self._head.get("theirs", {})))
        failed = [] if self.undone else self._keep(chosen, theirs)
        chosen = [path for path in chosen if path not in failed]
        wanted = {path: theirs.get(path) if self.undone else self.first[path][1] for path in chosen}
        done: list[str] = []
        for path in in_order(wanted):
            snapshot = self.snapshots[0] if self.undone else self.first[path][0]
            try:
                put_entry(self.root, path, wanted[path], snapshot.store)
                done.append(path)
            except (OSError, ValueError):
                failed.append(path)
        left = {path: entry_of(self.root / path) for path in done}
        self._finish(theirs, left)
        return Restored(tuple(done), tuple(kept_as_is), tuple(failed))

    def _keep(self, chosen: Collection[str], theirs: MaybeEntries) -> list[str]:
        """Keep in `theirs` what is there now, for the way back; returns what cannot be kept.

        What an undo that was broken off had replaced stays kept, as it was before.
        """
        failed: list[str] = []
        number = self._head.get("copies", 0) if theirs else 0
        for path in chosen:
            if path in theirs and self._is_back(path, entry_of(self.root / path)):
                continue
            number += 1
            try:
                theirs[path] = kept_now(self.root, path, self.snapshots[0].store, f"t{number}")
            except OSError:
                failed.append(path)
        self._note(theirs=theirs, copies=number)
        return failed

    def _finish(self, theirs: MaybeEntries, left: MaybeEntries) -> None:
        undone = not self.undone
        for at, (snapshot, kept) in enumerate(zip(self.snapshots, self.kept, strict=True)):
            after = dict(kept["after"])
            if not undone:  # as the last that changed it left it, with other times of the system's
                later = {path for each in self.kept[at + 1 :] for path in each["after"]}
                after.update({path: left[path] for path in after if path in left.keys() - later})
            kept.update(undone=undone, after=after)
            if at == 0:
                unit = [each.point for each in self.snapshots] if undone else []
                kept.update(theirs=theirs if undone else {}, left=left, unit=unit)
            snapshot.write(**kept)
        for snapshot in reversed(self.earlier):
            left = _renewed(snapshot, left)

    def _note(self, **about: Any) -> None:
        self._head.update(about)
        self.snapshots[0].write(**self._head)


def put_entry(root: Path, path: str, entry: Entry | None, store: Store) -> None:
    """Have this entry there, and nothing else, its content from the store; raises OSError."""
    if not stays_inside(root, path):
        raise OSError(0, "a folder on the way to it is a link")
    there = entry_of(root / path)
    if there is not None and (entry is None or "folder" in {there.kind} ^ {entry.kind}):
        take_away(root / path)
    if entry is not None:
        content = store.content(entry.content) if entry.kind == "file" else None
        put(root / path, entry, content)


def kept_now(root: Path, path: str, store: Store, name: str) -> Entry | None:
    """What is there now, with a copy of it for the way back; raises OSError."""
    entry = entry_of(root / path)
    if entry is not None and entry.kind == "file":
        copy_in(root / path, store.content(name))
        return replace(entry, content=name)
    return entry


def _renewed(snapshot: Snapshot, left: MaybeEntries) -> MaybeEntries:
    """Note that files are as an earlier stretch left them, with other times of the system's.

    Returns those that it did not change.
    """
    kept = snapshot.closed()
    after = entries_of(kept["after"])
    same = {path: now for path, now in left.items() if path in after and alike(after[path], now)}
    if same:
        snapshot.write(**{**kept, "after": {**after, **same}})
    return {path: now for path, now in left.items() if path not in after}


def _what(old: Entry | None, new: Entry | None) -> WhatChange:
    return "added" if old is None else "deleted" if new is None else "changed"


def in_order(wanted: Mapping[str, Entry | None]) -> list[str]:
    """What is to be taken away first, the deepest before; then folders before what is in them."""
    gone = sorted((path for path, entry in wanted.items() if entry is None), reverse=True)
    return [*gone, *sorted(path for path, entry in wanted.items() if entry is not None)]
