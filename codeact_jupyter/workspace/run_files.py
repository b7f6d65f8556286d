"""The files of one run, over all its points: what it changed, and each put back by itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..engine.undoing import parted
from ..errors import UndoError
from .entries import Entry, entry_of
from .manifest import Kept, entries_of
from .putting_back import in_order, kept_now, put_entry
from .snapshot import Snapshot
from .store import all_points, default_place

AT = ":"  # between the point whose copies a content is among, and its name there


class RunFiles:
    """The snapshots of a run; `place` is where the snapshots of this user are."""

    def __init__(self, run: str, place: Path | None = None) -> None:
        self._place = place or default_place()
        self._first = Snapshot(run, self._place)

    def kept(self) -> Kept:
        """What is noted of the run; of one that is undone, no change. Raises UndoError."""
        before: dict[str, Entry] = {}
        after: dict[str, Entry | None] = {}
        gaps: dict[str, str] = {}
        planted: set[str] = set()
        root = Path()
        for point, kept in self._closed():
            root = Path(kept["root"])
            changed = {} if kept.get("undone") else entries_of(kept["after"])
            for path, entry in entries_of(kept["before"]).items():
                if path in changed and path not in after:
                    name = f"{point}{AT}{entry.content}" if entry.content else ""
                    before[path] = replace(entry, content=name)
            after.update(changed)
            gaps = {**kept["gaps"], **gaps}
            planted |= set(kept.get("planted", ()))
        after = {p: e for p, e in after.items() if e is not None or p in before}
        return Kept(root, before, after, self._restored(), gaps, sorted(planted))

    def content(self, entry: Entry) -> Path:
        """Where the copy of a file's content is."""
        point, _, name = entry.content.rpartition(AT)
        return Snapshot(point or self._first.point, self._place).store.content(name)

    def differs(self, path: str, expected: Entry | None) -> bool:
        """Whether something else is there now than this."""
        there = Path(self._first.store.read()["root"]) / path
        point, _, name = expected.content.rpartition(AT) if expected is not None else ("", "", "")
        plain = replace(expected, content=name) if expected is not None else None
        where = Snapshot(point, self._place) if point else self._first
        return where.differ(there, plain, entry_of(there))

    def swap(self, paths: Collection[str]) -> tuple[list[str], list[str]]:
        """Put each of these back as before the run, or as it was when that was done; says which.

        The second list has those that could not be. What is replaced is kept and noted for the way
        back before the first is. Raises UndoError.
        """
        kept, restored = self.kept(), self._restored()
        theirs, failed = self._kept_now(kept.root, [path for path in paths if path not in restored])
        wanted = {path: kept.before.get(path) for path in theirs}
        wanted |= {path: restored[path] for path in paths if path in restored}
        self._note(restored={**restored, **theirs}, swapping=list(wanted))
        brought: dict[str, Entry | None] = {}
        done: list[str] = []
        for path in in_order(wanted):
            try:
                if path in theirs:
                    self._put_before(kept, path)
                    restored[path] = theirs[path]
                else:
                    put_entry(kept.root, path, restored[path], self._first.store)
                    del restored[path]
                    brought[path] = entry_of(kept.root / path)
                done.append(path)
            except (OSError, ValueError):
                failed.append(path)
        for point, manifest in reversed(self._closed()):  # as the run left it, by newer times
            after = entries_of(manifest["after"])
            mine = {path: brought.pop(path) for path in [*brought] if path in after}
            Snapshot(point, self._place).write(**{**manifest, "after": {**after, **mine}})
        self._note(restored=restored)
        return done, failed

    def _kept_now(
        self, root: Path, paths: Collection[str]
    ) -> tuple[dict[str, Entry | None], list[str]]:
        """What is there now, with copies for the way back; and the paths that cannot be copied."""
        last = int(self._first.closed().get("swaps", 0))
        theirs: dict[str, Entry | None] = {}
        failed: list[str] = []
        for number, path in enumerate(paths, last + 1):
            try:
                theirs[path] = kept_now(root, path, self._first.store, f"r{number}")
            except OSError:
                failed.append(path)
        self._note(swaps=last + len(paths))
        return theirs, failed

    def _note(self, **about: Any) -> None:
        self._first.write(**{**self._first.closed(), **about})

    def _put_before(self, kept: Kept, path: str) -> None:
        entry = kept.before.get(path)
        point, _, name = entry.content.rpartition(AT) if entry is not None else ("", "", "")
        plain = replace(entry, content=name) if entry is not None else None
        where = Snapshot(point, self._place) if point else self._first
        put_entry(kept.root, path, plain, where.store)

    def _restored(self) -> dict[str, Entry | None]:
        return entries_of(self._first.closed().get("restored", {}))

    def _closed(self) -> list[tuple[str, dict[str, Any]]]:
        """The points of the run, in the order of time, each with its manifest."""
        run = self._first.point
        points = [point for point, _ in all_points(self._place) if parted(point)[0] == run]
        if not points:
            raise UndoError(f"nothing is kept of the files of the run {run!r}")
        return [(point, Snapshot(point, self._place).closed()) for point in points]
