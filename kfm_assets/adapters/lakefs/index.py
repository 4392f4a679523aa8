"""What is known of the server's trees, on this machine: a cache in one SQLite file, which may be removed at any time.

lakeFS names a tree by its `meta_range_id`: the sha256 of ranges that hold, for each path, where its bytes lie, its
size, its ETag and its metadata, the bytes' sha256 among them. Equal content that was uploaded twice has two such names.
So each is mapped to the root of a Merkle tree over paths and sha256 alone, whose nodes are here too. The mapping never
changes, whichever repository it was learned from.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kfm_assets.domain.canonical import Digest, digest_bytes, hexadecimal
from kfm_assets.errors import IntegrityError, Unavailable

_MOST_KEPT = 4096
_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
CREATE TABLE IF NOT EXISTS nodes (digest BLOB NOT NULL PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS trees (meta_range TEXT NOT NULL PRIMARY KEY, root TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (repository TEXT NOT NULL, branch TEXT NOT NULL, head TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (repository, branch)) STRICT, WITHOUT ROWID;
"""


class Index:
    """A `Nodes` store, the roots of the server's trees, and when each branch was first seen where it stands."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is made when something is first kept in it."""
        self._path = path
        self._lock = threading.RLock()
        self._live: tuple[int, sqlite3.Connection] | None = None
        self._recent: dict[Digest, bytes] = {}

    def close(self) -> None:
        """Let the file go; the next use opens it again."""
        with self._lock:
            if self._live and self._live[0] == os.getpid():
                self._live[1].close()
            self._live = None

    # --- nodes

    def get(self, digest: Digest) -> bytes:
        """Return a node's bytes. Raises IntegrityError where they are absent or are not what the digest says."""
        if (content := self._recent.get(digest)) is not None:
            return content
        row = self._row("SELECT content FROM nodes WHERE digest = ?", bytes.fromhex(hexadecimal(digest)))
        if row is None or digest_bytes(bytes(row[0])) != digest:
            raise self._damaged(f"it has no whole tree node {digest}")
        return self._keep(digest, bytes(row[0]))

    def put(self, content: bytes) -> Digest:
        """Keep a node and return its digest."""
        digest = digest_bytes(content)
        if digest not in self._recent:
            self._row("INSERT OR IGNORE INTO nodes VALUES (?, ?)", bytes.fromhex(hexadecimal(digest)), content)
            self._keep(digest, content)
        return digest

    @contextmanager
    def together(self) -> Iterator[None]:
        """Write what is put inside in one transaction."""
        with self._lock:
            self._row("BEGIN IMMEDIATE")
            try:
                yield
                self._row("COMMIT")
            except BaseException:
                self._recent.clear()  # some of it is not kept after all
                if self._connection.in_transaction:
                    self._row("ROLLBACK")
                raise

    # --- the server's trees

    def root(self, meta_range: str) -> Digest | None:
        """Return the root of a tree of the server's, if it is known."""
        row = self._row("SELECT root FROM trees WHERE meta_range = ?", meta_range)
        return Digest(str(row[0])) if row else None

    def learn(self, meta_range: str, root: Digest) -> None:
        """Keep the root of a tree of the server's."""
        self._row("INSERT OR IGNORE INTO trees VALUES (?, ?)", meta_range, root)

    # --- branches

    def see(self, repository: str, branch: str, head: str, at: datetime) -> None:
        """Keep when a branch was first seen to stand at a head."""
        when = at.astimezone(UTC).isoformat()
        self._row("INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?)", repository, branch, head, when)

    def seen(self, repository: str, branch: str, head: str) -> datetime | None:
        """Return when a branch was first seen to stand at this head, if it was."""
        row = self._row("SELECT head, at FROM seen WHERE repository = ? AND branch = ?", repository, branch)
        return datetime.fromisoformat(row[1]) if row and row[0] == head else None

    def forget(self, repository: str, branch: str) -> None:
        """Drop a branch that is gone."""
        self._row("DELETE FROM seen WHERE repository = ? AND branch = ?", repository, branch)

    def _row(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        with self._lock:
            try:
                row: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
            except sqlite3.OperationalError as error:
                raise Unavailable(f"{self._path}: {error}", advice="look at the disk; run it again") from error
            except sqlite3.DatabaseError as error:
                raise self._damaged(str(error)) from error
            return row

    def _keep(self, digest: Digest, content: bytes) -> bytes:
        if len(self._recent) >= _MOST_KEPT:
            self._recent.clear()
        self._recent[digest] = content
        return content

    def _damaged(self, what: str) -> IntegrityError:
        return IntegrityError(
            f"{self._path}: {what}", advice="remove the file: it is made again from what the server says"
        )

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._live and self._live[0] == os.getpid():
            return self._live[1]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{self._path.parent}: {error.strerror}", advice="look at the disk") from error
        connection = sqlite3.connect(self._path, 60, isolation_level=None, check_same_thread=False)
        connection.executescript(_SCHEMA)
        self._live = (os.getpid(), connection)
        return connection
