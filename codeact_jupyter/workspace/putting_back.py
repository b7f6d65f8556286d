"""The files from a point on as one: what became of them, taken back and brought again."""

from __future__ import annotations

from collections.abc import Mapping
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

    Of the points that follow it, those count that are of the same directory and notebook. What is
    undone is brought back as it was undone: together, the last first.
    """

    def __init__(self, start: str, place: Path | None = None) -> None:
        self._place = place or default_place()
        self.start = start
        self.head = Snapshot(start, self._place)

    @property
    def exists(self) -> bool:
        """Whether anything is kept from this point on."""
        return self.head.exists

    def look(self) -> Undoable:
        """What there is to put back now; raises UndoError for what cannot be read."""
        return _Found(self._place, self.start).undoable()

    def put_back(self, *, overwrite: bool) -> Restored:
        """Take the changes back, or bring them back; what was changed since only if asked.

        What is replaced is kept for the way back, all of it before the first is. Raises UndoError.
        """
        return _Found(self._place, self.start).put_back(overwrite=overwrite)


def points_of(place: Path, root: str, passed: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """The points of a directory and notebook, in the order of time, with their manifests."""
    wanted = set(passed)
    return [
        (point, kept)
        for point, kept in all_points(place)
        if kept["root"] == root and (wanted == set(kept["passed"]) or wanted & set(kept["passed"]))
    ]


def known_points(place: Path, notebook: Path) -> tuple[list[str], list[list[str]]]:
    """The points of this notebook that can be gone back to, and those that were, as they were."""
    kept_points: list[str] = []
    undone: list[list[str]] = []
    for point, kept in all_points(place):
        if notebook not in [Path(kept["root"], each) for each in kept["passed"]]:
            continue
        if kept.get("unit"):
            undone.append(list(kept["unit"]))
        elif not kept.get("undone"):
            kept_points.append(point)
    return kept_points, undone[::-1]


def forget_undone(place: Path, point: str) -> None:
    """A run acted again: what is undone in its directory does not come back."""
    kept = Store(place, point).read()
    for other, manifest in points_of(place, kept["root"], kept["passed"]):
        if manifest.get("undone") and other != point:
            Store(place, other).remove()


class _Found:
    """The stretches from a point on, each with its manifest; the first one holds the way back."""

    def __init__(self, place: Path, start: str) -> None:
        first = Store(place, start).read()
        lane = points_of(place, first["root"], first["passed"])
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
        self.others: set[str] = set()
        self.unsure: set[str] = set()
        self.restored: set[str] = set()
        for snapshot, kept in zip(self.snapshots, self.kept, strict=True):
            before, after = entries_of(kept["before"]), entries_of(kept["after"])
            self.unsure |= set(kept.get("unsure") or ())
            self.restored |= set(kept.get("restored") or ())
            for path, new in after.items():
                if path in self.first and not alike(self.last[path], before.get(path)):
                    self.others.add(path)
                self.first.setdefault(path, (snapshot, before.get(path)))
                self.last[path] = new

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
            expected = old if self.undone else self.last[path]
            conflict = snapshot.differ(self.root / path, expected, entry_of(self.root / path))
            unsure = not self.undone and path in self.unsure
            conflict = conflict or unsure or (not self.undone and path in self.others)
            kind = "" if (shown := old or new) is None or shown.kind == "file" else shown.kind
            changes.append(Change("file", path, _what(old, new), kind, conflict, unsure))
        for kept in self.kept[1:]:
            for what, why in kept["gaps"].items():
                if what not in self.first:
                    gaps.setdefault(what, why)
        points = tuple(each.point for each in self.snapshots)
        return Undoable(tuple(changes), gaps_of(gaps), self.undone, points)

    def put_back(self, *, overwrite: bool) -> Restored:
        seen = self.undoable()
        chosen = [each.name for each in seen.changes if overwrite or not each.conflict]
        kept_as_is = [each.name for each in seen.changes if each.name not in chosen]
        theirs: MaybeEntries = dict(entries_of(self._head["theirs"])) if self.undone else {}
        failed: list[str] = []
        if not self.undone:
            for path in list(chosen):
                try:
                    store = self.snapshots[0].store
                    theirs[path] = kept_now(self.root, path, store, f"t{len(theirs)}")
                except OSError:
                    failed.append(path)
                    chosen.remove(path)
            self._note(theirs=theirs)
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
                kept.update(theirs=theirs, left=left, unit=unit)
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
