"""The journal: what each run was about to do, and what came of it, on the disk before it goes on.

It outlives the process, the kernel and the notebook's editor: what it knows of a run and the
notebook does not is put into the notebook when that is opened again (`recovery`). It is bounded;
what it forgets first is what notebooks hold anyway.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ..engine import events
from ..engine.aftermath import unanswered
from ..engine.events import Event
from ..engine.telling import Telling
from ..engine.trajectory import Trajectory, Turn
from ..errors import JournalError
from ..notebook.armour import sayable
from .folding import Happening, Opening, folded
from .life import clear_away, lives, own_life
from .place import CANNOT_BE_WRITTEN, passing_folder, private_folder, usual_folder
from .store import Row, Store
from .texts import packed


def utc_now() -> datetime:
    """The time."""
    return datetime.now(timezone.utc)


# How a run stands in its notebook's file: 0, never seen there; else as far as it had gone, or not.
HELD, LACKS = 1, 2
AT_OR_BELOW = "notebook = ? OR substr(notebook, 1, ?) IN (?, ?)"


@dataclass(frozen=True)
class Bounds:
    """How much a journal keeps; the runs that go on are kept in any case."""

    runs: int = 1_000
    days: int = 90
    size: int = 512_000_000


@dataclass(frozen=True)
class Entry:
    """What the journal knows of a run without reading its events.

    `turn` is its number in the conversation; `notebook` the path of its notebook, empty when nobody
    knew; `placed` says that the notebook was seen to hold it, so far as it had gone.
    """

    run: str
    conversation: str
    turn: int
    notebook: str
    owner: str
    task: str
    began: str
    state: str
    placed: bool


@dataclass(frozen=True)
class Kept:
    """A run as the journal has it; `trajectory` holds just its turn."""

    entry: Entry
    trajectory: Trajectory = field(repr=False)

    @property
    def turn(self) -> Turn:
        return self.trajectory.turns[0]


class Journal:
    """The journal of this user's runs; `folder` is for tests and for who keeps it elsewhere.

    Each method raises JournalError, which says what to do, when the file cannot be used.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        bounds: Bounds = Bounds(),
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._given, self._bounds, self._now = folder, bounds, now
        self._store: Store | None = None
        self.notice = ""

    def begin(self, trajectory: Trajectory, notebook: str) -> None:
        """Take note that the last turn of this trajectory begins, in this notebook."""
        turn = trajectory.turns[-1]
        opening = Trajectory(trajectory.system, trajectory.tools, (turn,))
        owner = self._owner()
        place = (trajectory.name, len(trajectory.turns), sayable(notebook), owner)
        values = (turn.run, *place, sayable(turn.task), self._now().isoformat(), turn.state)
        with self._file.writing() as file:
            self._make_room(file)
            file.execute(
                "INSERT INTO runs (run, conversation, turn, notebook, owner, task, began, state) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                values,
            )
            self._add(file, turn.run, Opening(opening))

    def append(self, run: str, event: Event, *, placed: bool = False) -> None:
        """Keep an event of a run that began; `placed` says that the notebook holds it so far."""
        with self._file.writing() as file:
            self._add(file, run, Happening(event))
            if isinstance(event, events.RunFinished):
                file.execute("UPDATE runs SET state = ? WHERE run = ?", (event.state, run))
            if placed:
                file.execute(f"UPDATE runs SET placed = {HELD} WHERE run = ?", (run,))

    def displace(self, run: str) -> None:
        """The notebook of this run could not be written: it lacks something, if it held any."""
        with self._file.writing() as file:
            file.execute(f"UPDATE runs SET placed = {LACKS} WHERE run = ? AND placed", (run,))

    def settle(self, runs: Iterable[str], notebook: str) -> None:
        """This notebook was seen to hold these runs whole; those that broke off are over."""
        with self._file.writing() as file:
            for run in runs:
                file.execute(
                    f"UPDATE runs SET placed = {HELD}, "
                    "state = CASE state WHEN 'running' THEN 'interrupted' ELSE state END "
                    "WHERE run = ? AND (notebook = ? OR state = 'running')",
                    (run, sayable(notebook)),
                )

    def move(self, old: str, new: str) -> None:
        """A notebook, or the folder of some, has another path now."""
        changed = "notebook = ? || substr(notebook, ?)"
        values = (sayable(new), len(sayable(old)) + 1, *_places(old))
        with self._file.writing() as file:
            file.execute(f"UPDATE runs SET {changed} WHERE {AT_OR_BELOW}", values)

    def release(self, notebook: str) -> None:
        """A notebook, or the folder of some, is no more: its runs are of none at that path."""
        with self._file.writing() as file:
            file.execute(f"UPDATE runs SET notebook = '' WHERE {AT_OR_BELOW}", _places(notebook))

    def entries(self) -> list[Entry]:
        """All runs, the oldest first."""
        return [_entry(row) for row in self._file.rows("SELECT * FROM runs ORDER BY number")]

    def open_in(self, notebook: str) -> bool:
        """Whether this notebook may lack something: a run of it, or one that broke off anywhere."""
        query = f"SELECT * FROM runs WHERE state = 'running' OR notebook = ? AND placed != {HELD}"
        found = [_entry(row) for row in self._file.rows(query, (sayable(notebook),))]
        return not all(self.goes_on(entry) for entry in found)

    def of_notebook(self, notebook: str, runs: Iterable[str] = ()) -> list[Entry]:
        """The runs of the notebook at this path, and those of these ids, the oldest first."""
        given = set(runs)
        there = self._file.rows(
            "SELECT * FROM runs WHERE notebook = ? AND notebook != '' ORDER BY number",
            (sayable(notebook),),
        )
        found = {row["number"]: row for row in there}
        for run in given:
            for row in self._file.rows("SELECT * FROM runs WHERE run = ?", (run,)):
                found[row["number"]] = row
        return [_entry(found[number]) for number in sorted(found)]

    def goes_on(self, entry: Entry) -> bool:
        """Whether the process that began this run lives, and the run has not ended."""
        return entry.state in ("running", "waiting") and lives(self._file.folder, entry.owner)

    def read(self, entry: Entry) -> Kept:
        """A run with all that is known of it, as it was when its process died, or ended it."""
        rows = self._file.rows(
            "SELECT body FROM events WHERE run = ? ORDER BY number", (entry.run,)
        )
        try:
            trajectory, last = folded([row["body"] for row in rows], self._text)
        except (ValueError, IndexError) as error:
            raise self._file.damaged(f"the run {entry.run}: {error}") from error
        if isinstance(last, events.ApprovalAsked) and not self.goes_on(entry):
            turn = unanswered(trajectory.turns[0], last.step, Telling())
            trajectory = trajectory.with_turn(turn)
        return Kept(entry, trajectory)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._store is not None:
            self._store.close()

    @property
    def _file(self) -> Store:
        if self._store is None:
            self._store = Store(self._folder())
        return self._store

    def _folder(self) -> Path:
        folder = self._given or usual_folder()
        try:
            private_folder(folder)
            if not os.access(folder, os.W_OK):
                raise OSError(errno.EROFS, os.strerror(errno.EROFS))
            return folder
        except OSError as error:
            if self._given is not None or error.errno not in CANNOT_BE_WRITTEN:
                raise _no_folder(folder, error) from error
            why = error.strerror
        passing = passing_folder()
        try:
            private_folder(passing)
        except OSError as error:
            raise _no_folder(passing, error) from error
        self.notice = (
            f"The journal of the agent's runs is kept in {str(passing)!r}, because {str(folder)!r} "
            f"cannot be made ({why}): it may go when this machine restarts."
        )
        return passing

    def _owner(self) -> str:
        folder = self._file.folder
        try:
            return own_life(folder)
        except OSError as error:
            raise _no_folder(folder, error) from error

    def _add(self, file: Any, run: str, value: Opening | Happening) -> None:
        try:
            body, texts = packed(value)
        except ValueError as error:
            raise JournalError(f"what the run {run} did cannot be recorded: {error}") from error
        file.executemany("INSERT OR IGNORE INTO texts VALUES (?, ?)", texts.items())
        file.executemany("INSERT OR IGNORE INTO uses VALUES (?, ?)", [(run, it) for it in texts])
        file.execute(
            "INSERT INTO events SELECT ?, ifnull(max(number), 0) + 1, ? FROM events WHERE run = ?",
            (run, body, run),
        )

    def _text(self, name: str) -> bytes:
        rows = self._file.rows("SELECT body FROM texts WHERE name = ?", (name,))
        if not rows:
            raise ValueError(f"the text {name} is missing")
        return bytes(rows[0]["body"])

    def _make_room(self, file: Any) -> None:
        """Forget what is beyond the bounds: first what notebooks hold, and of that the oldest."""
        oldest = (self._now() - timedelta(days=self._bounds.days)).isoformat()
        count, first_began = file.execute("SELECT count(*), min(began) FROM runs").fetchone()
        fits = count < self._bounds.runs and _used(file) <= self._bounds.size
        if fits and (count == 0 or first_began >= oldest):
            return
        first = f"ORDER BY (placed = {HELD} AND state NOT IN ('running', 'waiting')) DESC, number"
        rows = [_entry(row) for row in file.execute(f"SELECT * FROM runs {first}").fetchall()]
        victims = [entry for entry in rows if not self.goes_on(entry)]
        left = len(rows)
        for entry in victims:
            too_many = left >= self._bounds.runs or _used(file) > self._bounds.size
            if too_many or entry.began < oldest:
                _forget(file, entry.run)
                left -= 1
        if left < len(rows):
            file.execute("PRAGMA incremental_vacuum").fetchall()
            clear_away(self._file.folder)


def _places(notebook: str) -> tuple[str, int, str, str]:
    """What `AT_OR_BELOW` is asked with, of a notebook or of a folder."""
    name = sayable(notebook)
    return name, len(name) + 1, f"{name}/", f"{name}\\"


def _forget(file: Any, run: str) -> None:
    for table in ("runs", "events", "uses"):
        file.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
    file.execute("DELETE FROM texts WHERE name NOT IN (SELECT name FROM uses)")


def _used(file: Any) -> int:
    """The bytes that are in use of the file."""
    numbers = ("page_count", "freelist_count", "page_size")
    pages, free, size = (file.execute(f"PRAGMA {name}").fetchone()[0] for name in numbers)
    return int((pages - free) * size)


def _entry(row: Row) -> Entry:
    values = {name: row[name] for name in Entry.__dataclass_fields__}
    return Entry(**{**values, "placed": bool(values["placed"])})


def _no_folder(folder: Path, error: OSError) -> JournalError:
    return JournalError(
        f"the journal of the agent's runs cannot be kept in {str(folder)!r}: {error.strerror}. "
        "Make room there, or set JUPYTER_DATA_DIR to a folder that can be written"
    )
