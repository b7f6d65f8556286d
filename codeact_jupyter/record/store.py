"""The journal's file: an SQLite database in which each write is on the disk when it returns.

Several processes may use one file. It knows runs, events and texts, and not what they mean.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import JournalError
from .place import NAME, is_of_several_machines, private_file, private_folder

VERSION = 1
APPLICATION = 0x636F6465  # "code", in the file's header: another program's file is left alone
WAIT_SECONDS = 5.0  # for other processes that write
SCHEMA = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL UNIQUE, conversation TEXT NOT NULL,
    turn INTEGER NOT NULL, notebook TEXT NOT NULL, owner TEXT NOT NULL, task TEXT NOT NULL,
    began TEXT NOT NULL, state TEXT NOT NULL, placed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_of_notebook ON runs (notebook);
CREATE TABLE events (
    run TEXT NOT NULL, number INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (run, number)
);
CREATE TABLE texts (name TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE uses (run TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (run, name)) WITHOUT ROWID;
"""
Row = Mapping[str, Any]


class Store:
    """The database in `folder`, opened at its first use and again after a failure.

    Whatever goes wrong is raised as JournalError, with the file's name and the way on; the file is
    left as it was before the call.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / NAME
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which is on the disk when this is left without an exception."""
        with self._lock, self._told_as_ours("written"):
            connection = self._opened()
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # After a failed write nobody knows what the file's cache holds: it is read anew.
                self._close()
                raise

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows that a query gives; none where there is no journal yet."""
        with self._lock, self._told_as_ours("read"):
            if self._connection is None and not self.path.exists():
                return []
            try:
                return [dict(row) for row in self._opened().execute(query, values)]
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._close()

    @contextmanager
    def _told_as_ours(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise _unusable(self.path, what, error) from error
            raise self.damaged(error) from error
        except (OSError, sqlite3.Error) as error:
            raise _unusable(self.path, what, error) from error

    def damaged(self, why: object) -> JournalError:
        """The error for a file whose content is not as it was written."""
        return JournalError(
            f"the journal of the agent's runs {str(self.path)!r} is damaged ({why}); it was left "
            "as it is. Move it to another place to begin a new one: your notebooks do not need it"
        )

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            private_folder(self.folder)
            private_file(self.path)
            connection = sqlite3.connect(
                self.path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            # Python 3.13 warns of a connection that is dropped open. Not at the process's exit: a
            # thread may be in the middle of a write then, and a fork must not close this file.
            self._closing = weakref.finalize(self, connection.close)
            self._closing.atexit = False
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        self._require_ours(connection)
        # Where other machines may write it too, a rollback journal is slower, and right.
        mode = "TRUNCATE" if is_of_several_machines(self.folder) else "WAL"
        if connection.execute("PRAGMA auto_vacuum").fetchone()[0] == 0:
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA journal_size_limit = 8388608")
        if not _tables(connection):
            self._make(connection)

    def _require_ours(self, connection: sqlite3.Connection) -> None:
        """Refuse, without a change, what is of a newer version or no journal."""
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if not _tables(connection):
            return
        if application != APPLICATION:
            raise self.damaged("it is no journal of codeact")
        if version > VERSION:
            raise JournalError(
                f"the journal of the agent's runs {str(self.path)!r} was written by a newer "
                f"codeact (version {version} of the journal, and this one knows {VERSION}); it "
                "was left as it is. Upgrade codeact-jupyter"
            )

    def _make(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN IMMEDIATE")
        if not _tables(connection):  # another process may have been quicker
            for statement in filter(str.strip, SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")

    def _close(self) -> None:
        if self._connection is not None:
            self._connection = None
            self._closing()


def _tables(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def _unusable(path: Path, what: str, error: Exception) -> JournalError:
    why = getattr(error, "strerror", None) or error
    return JournalError(
        f"the journal of the agent's runs {str(path)!r} cannot be {what}: {why}. Make room there, "
        "or set JUPYTER_DATA_DIR to a folder that can be written"
    )
