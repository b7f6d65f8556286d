"""A snapshot of the working directory, all on disk: any process of this user can put it back."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..engine.undoing import Bounds, Change, Gap, Restored, Undoable, WhatChange
from .copying import copy_in, put, same_content, stays_inside, take_away
from .entries import Entry, entry_of, listed, repositories
from .manifest import Kept, changed_later, entries_of, kept_of, written
from .store import Store, default_place

Entries = dict[str, Entry]
CLOSING_SECONDS = 10.0
TOO_MUCH = "{:,.0f} MB: more than is kept"
NO_TIME = "there was no time to copy it within {:g} s"


class Snapshot:
    """What a run changes in a directory; `place` is where the snapshots of this user are."""

    def __init__(self, run: str, place: Path | None = None) -> None:
        self._store = Store(place or default_place(), run)

    @property
    def exists(self) -> bool:
        """Whether there is one of this run."""
        return self._store.exists

    def take(self, root: Path, bounds: Bounds, passed: Collection[str] = ()) -> tuple[Gap, ...]:
        """Keep what is there now, and what was kept before no more; returns what is not kept.

        `passed` are paths left alone. Raises UndoError and OSError when nothing can be kept.
        """
        root = root.resolve()
        started = time.monotonic()
        if self.exists:
            self._store.remove()
        self._store.make()
        listing = listed(root, passed, seconds=bounds.seconds)
        spent = time.monotonic() - started
        entries, gaps = self._copied(root, listing.entries, bounds, bounds.seconds - spent)
        if listing.ended:
            gaps[f"the other files of {root.name or root}"] = listing.ended
        known = {"root": str(root), "passed": sorted(passed), "repositories": repositories(root)}
        self._write(**known, before=entries, gaps=gaps)
        self._store.prune()
        return _gaps(gaps)

    def close(self, *, acted: bool, alive: float | None = None) -> tuple[Gap, ...]:
        """The run is over: note how it left the files. One that did nothing leaves no snapshot.

        Of a run whose end nobody saw, `alive` is when it was last seen to go on, in seconds since
        1970: what was changed after that may be anybody's, and is put back only where that is asked
        for. Once the end is noted, nothing changes it.
        """
        if not self.exists:
            return ()
        if not acted:
            self._store.remove()
            return ()
        kept = self._store.read()
        if alive is not None and "after" in kept:
            return ()
        root, before = Path(kept["root"]), entries_of(kept["before"])
        listing = listed(root, kept["passed"], seconds=CLOSING_SECONDS)
        now, gaps = listing.entries, dict(kept["gaps"])
        if listing.ended:
            gaps[f"new files in {root.name or root}"] = listing.ended
        after: dict[str, Entry | None] = {}
        for path in dict.fromkeys((*before, *now)):
            old, new = before.get(path), now.get(path) or entry_of(root / path)
            if self._differ(root / path, old, new):
                after[path] = new
                if old is not None and old.kind == "file" and not old.content:
                    gaps[path] = f"it was changed, and not kept ({gaps.get(path, 'too much')})"
        if alive is not None:
            kept["unsure"], unsure = changed_later(after, alive)
            gaps |= unsure
        planted = sorted({*repositories(root)} - {*kept.get("repositories", ())})
        closed = {"before": before, "after": after, "gaps": gaps, "planted": planted}
        self._write(**{**kept, **closed})
        return _gaps(gaps)

    @property
    def cells(self) -> list[Any]:
        """The cells that an undo took out of the notebook."""
        return self._store.read_cells()

    def keep_cells(self, cells: Sequence[Any]) -> None:
        """Keep these for a redo; raises OSError, and does nothing where there is no snapshot."""
        if self.exists:
            self._store.write_cells(list(cells))

    def look(self) -> Undoable:
        """What there is to put back now; raises UndoError for a snapshot that cannot be read."""
        kept = self._closed()
        root, undone = Path(kept["root"]), bool(kept.get("undone"))
        before, after = entries_of(kept["before"]), entries_of(kept["after"])
        left: Mapping[str, Entry | None] = entries_of(kept["left"]) if undone else after
        changes, restored = [], kept.get("restored", ())
        for path, new in after.items():
            old = before.get(path)
            if path in restored:
                continue  # it is as before already
            if old is not None and old.kind == "file" and not old.content:
                continue  # it is among the gaps
            conflict = self._differ(root / path, left.get(path), entry_of(root / path))
            conflict = conflict or (not undone and path in kept.get("unsure", ()))
            changes.append(Change("file", path, _what(old, new), _kind(old or new), conflict))
        return Undoable(tuple(changes), _gaps(kept["gaps"]), undone)

    def put_back(self, *, overwrite: bool) -> Restored:
        """Take the run's changes back, or bring them back; what was changed since only if asked.

        What is replaced is kept for the way back. Raises UndoError.
        """
        kept, seen = self._closed(), self.look()
        root, undone = Path(kept["root"]), seen.undone
        wanted = entries_of(kept["theirs"]) if undone else entries_of(kept["before"])
        chosen = [each.name for each in seen.changes if overwrite or not each.conflict]
        kept_as_is = [each.name for each in seen.changes if each.name not in chosen]
        theirs: dict[str, Entry | None] = dict(entries_of(kept["theirs"])) if undone else {}
        done: list[str] = []
        failed: list[str] = []
        for path in _in_order(chosen, wanted):
            try:
                if not undone:
                    theirs[path] = self._kept_now(root / path, f"t{len(theirs)}")
                self._put(root, path, wanted.get(path))
                done.append(path)
            except (OSError, ValueError):
                failed.append(path)
        left = {path: entry_of(root / path) for path in done}
        self._write(**{**kept, "theirs": theirs, "left": left, "undone": not undone})
        if undone:
            self._renew_after(left)
        return Restored(tuple(done), tuple(kept_as_is), tuple(failed))

    def kept(self) -> Kept:
        """What is noted of the run; of one that is undone, no change. Raises UndoError."""
        return kept_of(self._closed())

    def content(self, entry: Entry) -> Path:
        """Where the copy of a file's content is."""
        return self._store.content(entry.content)

    def differs(self, path: str, expected: Entry | None) -> bool:
        """Whether something else is there now than this."""
        there = Path(self._store.read()["root"]) / path
        return self._differ(there, expected, entry_of(there))

    def swap(self, paths: Collection[str]) -> tuple[list[str], list[str]]:
        """Put each of these back as before the run, or as it was when that was done; says which.

        The second list has those that could not be. Raises UndoError.
        """
        noted, kept = self._closed(), self.kept()
        restored, after = dict(kept.restored), dict(kept.after)
        wanted = {path: restored.get(path, kept.before.get(path)) for path in paths}
        number, done, failed = int(noted.get("swaps", 0)), [], []
        for path in _in_order(list(paths), wanted):
            try:
                if path in restored:
                    self._put(kept.root, path, restored.pop(path))
                    after[path] = entry_of(kept.root / path)
                else:
                    number += 1
                    theirs = self._kept_now(kept.root / path, f"r{number}")
                    self._put(kept.root, path, kept.before.get(path))
                    restored[path] = theirs
                done.append(path)
            except (OSError, ValueError):
                failed.append(path)
        self._write(**{**noted, "after": after, "restored": restored, "swaps": number})
        return done, failed

    def _renew_after(self, left: Mapping[str, Entry | None]) -> None:
        """What was brought back is as the run left it, with other times of the system's."""
        kept = self._store.read()
        self._write(**{**kept, "after": {**entries_of(kept["after"]), **left}})

    def _copied(
        self, root: Path, entries: Entries, bounds: Bounds, seconds: float
    ) -> tuple[Entries, dict[str, str]]:
        """The entries with copies of the files, small ones first, and why some have none."""
        deadline, room = time.monotonic() + seconds, bounds.bytes
        known = self._known(root)
        copied, gaps = dict(entries), {}
        files = (path for path, entry in entries.items() if entry.kind == "file")
        for number, path in enumerate(sorted(files, key=lambda each: entries[each].size)):
            entry = entries[path]
            if entry.size > room:
                gaps[path] = TOO_MUCH.format(entry.size / 1e6)
            elif time.monotonic() > deadline:
                gaps[path] = NO_TIME.format(bounds.seconds)
            else:
                try:
                    self._copy(root / path, entry, f"b{number}", known.get(path))
                except OSError as error:
                    gaps[path] = error.strerror or "it cannot be read"
                    continue
                room -= entry.size
                copied[path] = replace(entry, content=f"b{number}")
        return copied, gaps

    def _known(self, root: Path) -> dict[str, tuple[Entry, Path]]:
        """The copies that the newest other snapshot has of this directory's files."""
        other = self._store.newest_other()
        if other is None:
            return {}
        with suppress(Exception):  # a damaged one is of no use, and does no harm
            kept = other.read()
            if kept["root"] == str(root):
                before = entries_of(kept["before"])
                return {p: (e, other.content(e.content)) for p, e in before.items() if e.content}
        return {}

    def _copy(self, path: Path, entry: Entry, name: str, known: tuple[Entry, Path] | None) -> None:
        to = self._store.content(name)
        if known is not None and entry.is_as(known[0]):
            with suppress(OSError):
                os.link(known[1], to)  # nobody ever writes into a copy
                return
        copy_in(path, to)
        if not entry.is_as(entry_of(path)):
            raise OSError(0, "it was written while it was copied")

    def _kept_now(self, path: Path, name: str) -> Entry | None:
        """What is there now, with a copy of it for the way back."""
        entry = entry_of(path)
        if entry is not None and entry.kind == "file":
            copy_in(path, self._store.content(name))
            return replace(entry, content=name)
        return entry

    def _put(self, root: Path, path: str, entry: Entry | None) -> None:
        if not stays_inside(root, path):
            raise OSError(0, "a folder on the way to it is a link")
        there = entry_of(root / path)
        if there is not None and (entry is None or "folder" in {there.kind} ^ {entry.kind}):
            take_away(root / path)
        if entry is not None:
            content = self._store.content(entry.content) if entry.kind == "file" else None
            put(root / path, entry, content)

    def _differ(self, path: Path, old: Entry | None, new: Entry | None) -> bool:
        """Whether a thing is not what it was, to who reads it."""
        if old is None or new is None:
            return old is not new
        if old.is_as(new):
            return False
        if (old.kind, old.mode, old.target) != (new.kind, new.mode, new.target):
            return True
        if old.kind != "file" or old.size != new.size or not old.content:
            return old.kind == "file"
        try:
            return not same_content(path, self._store.content(old.content))
        except OSError:
            return True

    def _closed(self) -> dict[str, Any]:
        """The manifest of a run that is over: also where its end was never noted."""
        if "after" not in self._store.read():
            self.close(acted=True, alive=self._store.taken)
        return self._store.read()

    def _write(self, **manifest: Any) -> None:
        self._store.write(written(manifest))


def _gaps(gaps: Mapping[str, str]) -> tuple[Gap, ...]:
    return tuple(Gap(what, why) for what, why in gaps.items())


def _what(old: Entry | None, new: Entry | None) -> WhatChange:
    return "added" if old is None else "deleted" if new is None else "changed"


def _kind(entry: Entry | None) -> str:
    return "" if entry is None or entry.kind == "file" else entry.kind


def _in_order(paths: list[str], wanted: Mapping[str, Entry | None]) -> list[str]:
    """What is to be taken away first, the deepest before; then folders before what is in them."""
    gone = sorted((path for path in paths if wanted.get(path) is None), reverse=True)
    return [*gone, *sorted(path for path in paths if wanted.get(path) is not None)]
