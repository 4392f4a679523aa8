"""The lake's database: its layout, its one connection, its transactions. Which rows mean what is told elsewhere.

SQLite in WAL mode with `synchronous=FULL`: a transaction is on disk when it returns, and readers do not wait for
writers (https://www.sqlite.org/wal.html, https://www.sqlite.org/pragma.html#pragma_synchronous).
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kfm_assets.adapters.lake.faults import translated
from kfm_assets.errors import HomeVersion

LAYOUT = 1
"""The version of everything that lies under a lake's root; kept in the database's `user_version`."""

_WAIT_SECONDS = 120.0
_SCHEMA = (
    "CREATE TABLE nodes (digest BLOB NOT NULL UNIQUE, content BLOB NOT NULL) STRICT",
    "CREATE TABLE commits (id TEXT NOT NULL PRIMARY KEY, document BLOB NOT NULL, depth INTEGER NOT NULL) STRICT",
    """CREATE TABLE refs (name TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, head TEXT NOT NULL, moved TEXT NOT NULL)
    STRICT, WITHOUT ROWID""",
)

_LOG_PAGES = 8192
"""The log is copied back into the database every 32 MB, not every 4: a small change of a large tree writes some 2 MB,
and would pay for that copy every other time."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32768", f"wal_autocheckpoint={_LOG_PAGES}")

Row = tuple[Any, ...]
"""What SQLite gives back: each column's type is known by the statement alone."""


class Database:
    """One connection, shared by the threads of this process one at a time; a forked child opens its own."""

    def __init__(self, path: Path) -> None:
        """Remember where it lies; `open` opens it."""
        self.path = path
        self._lock = threading.RLock()
        self._live: tuple[int, sqlite3.Connection] | None = None

    def open(self, fill: Callable[[], None]) -> None:
        """Open the database; where there is none, make the tables and what `fill` puts in, all or nothing.

        Raises:
            HomeVersion: for a database of another layout.
        """
        with self._lock, translated(str(self.path)):
            connection = self._connect()
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
            fresh = version == 0 and not tables
            if version != LAYOUT and not fresh:
                self.close()
                raise HomeVersion(
                    f"{self.path} has layout {version}; this program knows layout {LAYOUT}",
                    advice="use the program that wrote it, or point KFM_HOME at another folder",
                )
            _prepare(connection)
            if fresh:
                self._make(fill)

    def close(self) -> None:
        """Let the file go; the next use opens it again."""
        with self._lock:
            if self._live and self._live[0] == os.getpid():
                self._live[1].close()
            self._live = None

    def row(self, statement: str, *values: object) -> Row | None:
        """Return the first row of a query, or None."""
        with self._lock, translated(str(self.path)):
            row: Row | None = self._connection.execute(statement, values).fetchone()
            return row

    def rows(self, statement: str, *values: object) -> list[Row]:
        """Return every row of a query."""
        with self._lock, translated(str(self.path)):
            return self._connection.execute(statement, values).fetchall()

    def run(self, statement: str, *values: object) -> int:
        """Carry a statement out and return how many rows it changed."""
        with self._lock, translated(str(self.path)):
            return self._connection.execute(statement, values).rowcount

    def run_many(self, statement: str, values: Iterable[Row]) -> None:
        """Carry a statement out for each of some values."""
        with self._lock, translated(str(self.path)):
            self._connection.executemany(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write alone, all or nothing, on disk on leaving."""
        with self._lock:
            self.run("BEGIN IMMEDIATE")
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite itself rolls back on some errors, a full disk among them
            self.run("ROLLBACK")

    def _make(self, fill: Callable[[], None]) -> None:
        with self.transaction():
            for statement in _SCHEMA:
                self.run(statement)
            fill()
            self.run(f"PRAGMA user_version={LAYOUT}")

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._live and self._live[0] == os.getpid():
            return self._live[1]
        return _prepare(self._connect())

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, _WAIT_SECONDS, isolation_level=None, check_same_thread=False)
        weakref.finalize(self, connection.close).atexit = False
        self._live = (os.getpid(), connection)
        return connection


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection
