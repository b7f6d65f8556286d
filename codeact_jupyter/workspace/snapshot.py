"""A snapshot of the working directory, all on disk: any process of this user can put it back.

It is taken at a point, the beginning of a run or of one of its steps, and closed at the next.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..engine.undoing import Bounds, Gap
from .copying import copy_in, same_content
from .entries import Entry, Listing, entry_of, listed, own_paths, repositories, was_absent
from .manifest import changed_later, entries_of, notebooks_left, written
from .store import Store, default_place

Entries = dict[str, Entry]
Span = tuple[float, float]
CLOSING_SECONDS = 10.0
SLACK_SECONDS = 0.02  # a file's times are this much too early: the clock for them ticks slowly
UNREAD = "it cannot be read"
MAY_SHOW_IT = "it may be the notebook that shows the run, so it is left as it is"
TOO_MUCH = "{:,.0f} MB: more than is kept"
NO_TIME = "there was no time to copy it within {:g} s"


class Snapshot:
    """What is changed in a directory from a point on; `place` is where a user's snapshots are."""

    def __init__(self, point: str, place: Path | None = None) -> None:
        self.point = point
        self.place = place or default_place()
        self.store = Store(self.place, point)

    @property
    def exists(self) -> bool:
        """Whether there is one of this point."""
        return self.store.exists

    @property
    def copied(self) -> int:
        """The bytes of the copies that this run's points have so far. Raises UndoError."""
        return int(self.store.read().get("copied", 0))

    @property
    def known_gaps(self) -> frozenset[str]:
        """What is not kept. Raises UndoError."""
        return frozenset(self.store.read()["gaps"])

    def take(
        self,
        root: Path,
        bounds: Bounds,
        notebook: str = "",
        *,
        process: str = "",
        spent: int = 0,
    ) -> tuple[Gap, ...]:
        """Keep what is there now, and what was kept before no more; returns what is not kept.

        `notebook` is the absolute path of the file that shows the run, which is left alone as our
        own records are. It says whose run this is, or without one the `process`: see `is_beside`.
        `spent` are the bytes that earlier points of this run took. Raises UndoError and OSError
        when nothing can be kept.
        """
        root = root.resolve()
        ours = [self.place.parent, *([Path(notebook)] if notebook else [])]
        passed = own_paths(root, *ours)
        started = time.monotonic()
        if self.exists:
            self.store.remove()
        self.store.make()
        self.store.count()
        listing = listed(root, passed, seconds=bounds.seconds)
        left = bounds.seconds - (time.monotonic() - started)
        entries, gaps, size = self._copied(root, listing.entries, bounds, left)
        gaps.update(_unread(root, listing))
        about = {"root": str(root), "passed": sorted(passed), "taken": time.time_ns()}
        about |= {"notebook": notebook, "process": process}
        known = {"unread": sorted(listing.unread), "repositories": repositories(root)}
        self.write(**about, **known, before=entries, gaps=gaps, copied=spent + size)
        self.store.prune()
        return gaps_of(gaps)

    def close(
        self,
        *,
        acted: bool,
        spans: Sequence[Span] | None = None,
        alive: float | None = None,
    ) -> tuple[Gap, ...]:
        """Note how the files were left. A point from which nothing was run leaves no snapshot.

        What was changed outside of the `spans` of time in which the run's code ran may be
        somebody else's. Of a run whose end nobody saw, `alive` is when it was last seen to go on,
        in seconds since 1970: what was changed after that may be anybody's. Once the end is noted,
        that changes nothing.
        """
        if not self.exists:
            return ()
        if not acted:
            self.store.remove()
            return ()
        kept = self.store.read()
        if alive is not None and "after" in kept:
            return ()
        root, before = Path(kept["root"]), entries_of(kept["before"])
        listing = listed(root, kept["passed"], seconds=CLOSING_SECONDS)
        now, gaps = listing.entries, dict(kept["gaps"])
        if listing.ended:
            gaps[f"new files in {root.name or root}"] = listing.ended
        after = self._changed(root, before, now, kept.get("unread") or ())
        for path in notebooks_left(after, kept.get("notebook")):
            del after[path]
            gaps[path] = MAY_SHOW_IT
        gaps |= _not_kept(after, before, gaps)
        unsure = [path for path, new in after.items() if not _within(new, spans)]
        if alive is not None:
            unsure, more = changed_later(after, alive)
            gaps |= more
        planted = sorted({*repositories(root)} - {*kept.get("repositories", ())})
        closed = {"after": after, "gaps": gaps, "unsure": unsure, "planted": planted}
        self.write(**{**kept, "before": before, **closed})
        return gaps_of(gaps)

    def closed(self) -> dict[str, Any]:
        """The manifest of a point whose end is noted; where it never was, it is now.

        So is what became of files that were being swapped: see `RunFiles.swap`.
        """
        if "after" not in self.store.read():
            self.close(acted=True, alive=self.store.taken)
        kept = self.store.read()
        if "swapping" in kept:
            root, restored = Path(kept["root"]), entries_of(kept["restored"])
            for path in kept.pop("swapping"):
                if not self.differ(root / path, restored[path], entry_of(root / path)):
                    del restored[path]  # it was not put back yet, or was brought again
            self.write(**{**kept, "restored": restored})
        return self.store.read()

    def doubt(self) -> None:
        """A cell of the person's ran too: any of it may be theirs."""
        kept = self.closed()
        self.store.write({**kept, "unsure": list(kept["after"])})

    def reopen(self) -> None:
        """The end was noted too early: what comes is of this point as well."""
        kept = self.store.read()
        for part in ("after", "unsure"):
            kept.pop(part, None)
        self.store.write(kept)

    @property
    def cells(self) -> list[Any]:
        """The cells that an undo took out of the notebook."""
        return self.store.read_cells()

    def keep_cells(self, cells: Sequence[Any]) -> None:
        """Keep these for a redo; raises OSError."""
        self.store.write_cells(list(cells))

    def differ(self, path: Path, old: Entry | None, new: Entry | None) -> bool:
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
            return not same_content(path, self.store.content(old.content))
        except OSError:
            return True

    def write(self, **manifest: Any) -> None:
        """Write the manifest, whose entries may be entries or already written ones."""
        self.store.write(written(manifest))

    def _changed(
        self, root: Path, before: Entries, now: Entries, unread: Collection[str]
    ) -> dict[str, Entry | None]:
        """What is not as before, as it is now; what nobody looked for before is not among it."""
        after: dict[str, Entry | None] = {}
        for path in dict.fromkeys((*before, *now)):
            old, new = before.get(path), now.get(path) or entry_of(root / path)
            unknown = old is None and not was_absent(path, before, unread)
            if not unknown and self.differ(root / path, old, new):
                after[path] = new
        return after

    def _copied(
        self, root: Path, entries: Entries, bounds: Bounds, seconds: float
    ) -> tuple[Entries, dict[str, str], int]:
        """The entries with copies of the files, small ones first; why some have none; new bytes."""
        deadline, room = time.monotonic() + seconds, bounds.bytes
        known = self._known(root)
        copied, gaps, new = dict(entries), {}, 0
        files = (path for path, entry in entries.items() if entry.kind == "file")
        for number, path in enumerate(sorted(files, key=lambda each: entries[each].size)):
            entry = entries[path]
            if entry.size > room:
                gaps[path] = TOO_MUCH.format(entry.size / 1e6)
            elif time.monotonic() > deadline:
                gaps[path] = NO_TIME.format(bounds.seconds)
            else:
                try:
                    new += self._copy(root / path, entry, f"b{number}", known.get(path))
                except OSError as error:
                    gaps[path] = error.strerror or UNREAD
                    continue
                room -= entry.size
                copied[path] = replace(entry, content=f"b{number}")
        return copied, gaps, new

    def _known(self, root: Path) -> dict[str, tuple[Entry, Path]]:
        """The copies that the newest other snapshot has of this directory's files."""
        other = self.store.newest_other()
        if other is None:
            return {}
        with suppress(Exception):  # a damaged one is of no use, and does no harm
            kept = other.read()
            if kept["root"] == str(root):
                before = entries_of(kept["before"])
                return {p: (e, other.content(e.content)) for p, e in before.items() if e.content}
        return {}

    def _copy(self, path: Path, entry: Entry, name: str, known: tuple[Entry, Path] | None) -> int:
        """Have a copy of a file; returns the bytes that it takes beside what was kept already."""
        to = self.store.content(name)
        if known is not None and entry.is_as(known[0]):
            with suppress(OSError):
                os.link(known[1], to)  # nobody ever writes into a copy
                return 0
        copy_in(path, to)
        if not entry.is_as(entry_of(path)):
            raise OSError(0, "it was written while it was copied")
        return entry.size


def gaps_of(gaps: Mapping[str, str]) -> tuple[Gap, ...]:
    """The gaps of a manifest."""
    return tuple(Gap(what, why) for what, why in gaps.items())


def _unread(root: Path, listing: Listing) -> dict[str, str]:
    """Why not everything is known of before."""
    if listing.ended:
        return {f"the other files of {root.name or root}": listing.ended}
    return {folder or str(root): UNREAD for folder in sorted(listing.unread)}


def _not_kept(changed: Iterable[str], before: Entries, gaps: Mapping[str, str]) -> dict[str, str]:
    """The files that were changed without a copy of what they were, and why there is none."""
    files = {path: before[path] for path in changed if path in before}
    lost = [path for path, old in files.items() if old.kind == "file" and not old.content]
    return {path: f"it was changed, and not kept ({gaps.get(path, 'too much')})" for path in lost}


def _within(entry: Entry | None, spans: Sequence[Span] | None) -> bool:
    """Whether a thing was changed while the run's code ran, as far as its times say."""
    if entry is None or spans is None or entry.kind != "file":
        return True
    last = (max(entry.changed, entry.modified) if os.name == "nt" else entry.changed) / 1e9
    return any(start - SLACK_SECONDS <= last <= end for start, end in spans)
