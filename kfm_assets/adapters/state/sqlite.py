"""State in one SQLite file: write-ahead log, full synchronisation, one short transaction for each change.

Leases are advisory locks on files beside it, which the kernel gives back when the holder dies.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib import resources
from pathlib import Path

from kfm_assets.adapters.state import rows
from kfm_assets.adapters.state.fsck import problems, stored
from kfm_assets.domain.canonical import Digest, Json, canonical_json, digest_bytes
from kfm_assets.domain.incident import Incident
from kfm_assets.domain.journal import Entry, Intent, Mark
from kfm_assets.domain.operation import Operation
from kfm_assets.domain.pointer import Pointer
from kfm_assets.domain.release import Release
from kfm_assets.domain.verdict import Verdict
from kfm_assets.errors import Conflict, HomeVersion, IntegrityError, NotFound, Unavailable
from kfm_assets.ports import Intake, Pending, Problem, Recorded

LAYOUT = 1
_BUSY_SECONDS = 30.0
_PARAMETERS = 500


class SqliteState:
    """The `State` port on one file. Safe for many processes; within a process, for many threads."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Open the file, making it where there is none; what is not durable may be lost with the machine's power.

        Raises:
            HomeVersion: when another version wrote it.
            Unavailable: when it cannot be opened.
        """
        self._path = path
        self._synchronous = "FULL" if durable else "OFF"
        self._local = threading.local()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0:
                script = resources.files("kfm_assets.adapters.state").joinpath("schema.sql").read_text()
                for statement in script.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {LAYOUT}")
            elif version != LAYOUT:
                raise HomeVersion(
                    f"{path} has layout {version}, and this version of kfm writes {LAYOUT}",
                    advice="use the kfm that wrote it, or another --home",
                )

    @property
    def documents(self) -> Documents:
        """Content-addressed documents in the same file."""
        return Documents(self)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all that this thread writes inside one transaction."""
        with self._transaction():
            yield

    # --- leases

    @contextmanager
    def lease(self, name: str, wait_seconds: float) -> Iterator[None]:
        """Hold a name alone."""
        folder = self._path.parent / "leases"
        folder.mkdir(exist_ok=True)
        deadline = time.monotonic() + wait_seconds
        with (folder / f"{name}.lock").open("a") as handle:
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise Conflict(
                            f"somebody else has held {name} for {wait_seconds:.0f} s",
                            advice="wait for the other promotion to end, then try again",
                        ) from None
                    time.sleep(0.01)
            yield

    # --- pointers and the journal

    def pointer(self, dataset: str) -> Pointer:
        """Return the dataset's pointer."""
        row = self._one("SELECT value FROM pointers WHERE dataset = ?", dataset)
        return rows.pointer(row[0]) if row else Pointer(dataset)

    def pointers(self) -> Sequence[Pointer]:
        """Return every pointer."""
        return [rows.pointer(row[0]) for row in self._all("SELECT value FROM pointers ORDER BY dataset")]

    def swap_pointer(self, operation: Operation) -> None:
        """Swap a pointer by itself."""
        with self._transaction() as connection:
            _swap(connection, operation)

    def begin(self, intent: Intent) -> None:
        """Append an INTENT."""
        with self._transaction() as connection:
            try:
                connection.execute(
                    "INSERT INTO journal VALUES (?, ?, ?, ?, ?)",
                    (intent.txn, intent.dataset, rows.text(intent), Mark.INTENT.value, intent.at.isoformat()),
                )
            except sqlite3.IntegrityError:
                raise Conflict(f"transaction {intent.txn} is in the journal already") from None

    def finish(self, txn: str, mark: Mark, at: datetime, pointer: Operation | None = None) -> None:
        """Append DONE or UNDONE, with the pointer's swap."""
        with self._transaction() as connection:
            row = connection.execute("SELECT mark, dataset FROM journal WHERE txn = ?", (txn,)).fetchone()
            if row is None:
                raise NotFound(f"there is no transaction {txn}")
            if row[0] == mark.value:
                return
            if row[0] != Mark.INTENT.value:
                raise Conflict(f"transaction {txn} is {row[0]} already")
            if pointer:
                _swap(connection, pointer)
            connection.execute(
                "UPDATE journal SET mark = ?, marked_at = ? WHERE txn = ?", (mark.value, at.isoformat(), txn)
            )

    def journal(self, dataset: str | None = None) -> Sequence[Entry]:
        """Return all transactions, oldest first."""
        found = self._all(
            "SELECT intent, mark, marked_at FROM journal WHERE ?1 IS NULL OR dataset = ?1 ORDER BY rowid", dataset
        )
        return [rows.entry(*row) for row in found]

    def unfinished(self) -> Sequence[Intent]:
        """Return the intents that were neither finished nor undone."""
        return [
            rows.intent(row[0]) for row in self._all("SELECT intent FROM journal WHERE mark = 'INTENT' ORDER BY rowid")
        ]

    # --- verdicts and releases

    def record_verdict(self, verdict: Verdict) -> None:
        """Append a verdict."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO verdicts (subject, verdict) VALUES (?, ?)", (verdict.subject, rows.text(verdict))
            )

    def verdicts(self, subjects: Iterable[Digest]) -> Sequence[Verdict]:
        """Return every verdict on some subjects, oldest first."""
        wanted, found = list(dict.fromkeys(subjects)), []
        for start in range(0, len(wanted), _PARAMETERS):
            some = wanted[start : start + _PARAMETERS]
            marks = ",".join("?" * len(some))
            query = f"SELECT number, subject, verdict FROM verdicts WHERE subject IN ({marks})"  # noqa: S608 - marks
            found += self._all(query, *some)
        return [verdict for row in sorted(found) for verdict in rows.verdicts(row[1], row[2])]

    def judged(self) -> Sequence[Digest]:
        """Return everything that there is a verdict on."""
        return [Digest(row[0]) for row in self._all("SELECT DISTINCT subject FROM verdicts ORDER BY subject")]

    def record_release(self, release: Release, at: datetime, receipt: Digest, manifest: Digest) -> Recorded:
        """Put a release on record with the next version, or with new papers."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO releases SELECT ?1, ?2, coalesce(max(version), 0) + 1, ?3, ?4, ?5, ?6 FROM releases"
                " WHERE dataset = ?2 ON CONFLICT (release) DO UPDATE SET receipt = ?4, manifest = ?5",
                (release.id, release.dataset, at.isoformat(), receipt, manifest, canonical_json(release).decode()),
            )
        return self.release(release.id)

    def releases(self, dataset: str | None = None) -> Sequence[Recorded]:
        """Return the releases on record."""
        return [
            rows.release(*row)
            for row in self._all(
                "SELECT release, content, version, at, receipt, manifest FROM releases"
                " WHERE ?1 IS NULL OR dataset = ?1 ORDER BY dataset, version",
                dataset,
            )
        ]

    def release(self, release: Digest) -> Recorded:
        """Return one release."""
        row = self._one(
            "SELECT release, content, version, at, receipt, manifest FROM releases WHERE release = ?", release
        )
        if row is None:
            raise NotFound(f"there is no release {release}", advice="`kfm releases` lists them")
        return rows.release(*row)

    # --- what runs leave for one another

    def set_intake(self, intake: Intake) -> None:
        """Say what a partition is to be built from."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO intakes VALUES (?, ?, ?)", (intake.dataset, intake.partition, rows.text(intake))
            )

    def intakes(self, dataset: str) -> Mapping[str, Intake]:
        """Return the newest intake of each partition."""
        found = self._all("SELECT partition, content FROM intakes WHERE dataset = ? ORDER BY partition", dataset)
        return {row[0]: rows.intake(row[1]) for row in found}

    def set_pending(self, pending: Iterable[Pending]) -> None:
        """Keep builds that wait."""
        with self._transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO pending VALUES (?, ?, ?)",
                [(item.dataset, item.partition, rows.text(item)) for item in pending],
            )

    def pending(self, dataset: str | None = None) -> Sequence[Pending]:
        """Return the builds that wait."""
        found = self._all(
            "SELECT content FROM pending WHERE ?1 IS NULL OR dataset = ?1 ORDER BY dataset, partition", dataset
        )
        return [rows.pending(row[0]) for row in found]

    def drop_pending(self, dataset: str, partitions: Iterable[str]) -> None:
        """Forget builds that no longer wait."""
        with self._transaction() as connection:
            connection.executemany(
                "DELETE FROM pending WHERE dataset = ? AND partition = ?", [(dataset, name) for name in partitions]
            )

    def note(self, run: str, dataset: str, partition: str, facts: Mapping[str, Json]) -> None:
        """Add facts to what a run did of a partition."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO notes (run, dataset, partition, facts) VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (run, dataset, partition) DO UPDATE SET facts = json_patch(facts, ?4)",
                (run, dataset, partition, json.dumps(facts)),
            )

    def notes(self, run: str) -> Mapping[tuple[str, str], Mapping[str, Json]]:
        """Return what a run did."""
        found = self._all("SELECT dataset, partition, facts FROM notes WHERE run = ? ORDER BY number", run)
        return {(row[0], row[1]): rows.facts(row[2]) for row in found}

    def open_incident(self, incident: Incident) -> None:
        """Keep an incident."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO incidents (id, dataset, content) VALUES (?1, ?2, ?3)"
                " ON CONFLICT (id) DO UPDATE SET content = ?3",
                (incident.id, incident.dataset, rows.text(incident)),
            )

    def incidents(self, dataset: str | None = None) -> Sequence[Incident]:
        """Return all incidents, oldest first."""
        found = self._all("SELECT content FROM incidents WHERE ?1 IS NULL OR dataset = ?1 ORDER BY number", dataset)
        return [rows.incident(row[0]) for row in found]

    # --- the file

    def verify(self) -> Iterator[Problem]:
        """Read every row, and recompute every document's digest."""
        with _translated(self._path):
            yield from problems(self._connection())

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {self._synchronous}")
            self._local.connection = connection
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with _translated(self._path):
            connection = self._connection()
            if _is_open(connection):
                yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if _is_open(connection):
                    connection.execute("ROLLBACK")
                raise

    def _all(self, query: str, *parameters: object) -> list[tuple[str, ...]]:
        with _translated(self._path):
            return self._connection().execute(query, parameters).fetchall()

    def _one(self, query: str, *parameters: object) -> tuple[str, ...] | None:
        return next(iter(self._all(query, *parameters)), None)


class Documents:
    """Content-addressed documents: a `Nodes` store in the state's file."""

    def __init__(self, state: SqliteState) -> None:
        """Share the state's connections."""
        self._state = state

    def get(self, digest: Digest) -> bytes:
        """Return a document's bytes, checked."""
        row = self._state._one("SELECT content FROM documents WHERE digest = ?", digest)  # noqa: SLF001 - its own half
        content = stored(row[0]) if row else b""
        if row is None or digest_bytes(content) != digest:
            raise IntegrityError(
                f"document {digest} is {'damaged' if row else 'missing'}", advice="`kfm verify --all` says what else is"
            )
        return content

    def put(self, content: bytes) -> Digest:
        """Keep a document; one that is there and damaged is mended."""
        digest = digest_bytes(content)
        row = self._state._one("SELECT content FROM documents WHERE digest = ?", digest)  # noqa: SLF001 - its own half
        if row is None or stored(row[0]) != content:
            with self._state._transaction() as connection:  # noqa: SLF001 - its own half
                connection.execute("INSERT OR REPLACE INTO documents VALUES (?, ?)", (digest, content))
        return digest


def _is_open(connection: sqlite3.Connection) -> bool:
    return connection.in_transaction


def _swap(connection: sqlite3.Connection, operation: Operation) -> None:
    row = connection.execute("SELECT value FROM pointers WHERE dataset = ?", (operation.key,)).fetchone()
    held = row[0] if row else Pointer(operation.key).encode()
    if held == operation.after:
        return
    if held != operation.before:
        raise Conflict(
            f"the pointer of {operation.key} has moved since this was planned",
            advice="`kfm status` says where it stands; run again to plan anew",
        )
    connection.execute("INSERT OR REPLACE INTO pointers VALUES (?, ?)", (operation.key, operation.after))


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turn what SQLite says of the file into this project's errors."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(
            f"{path}: {error}", advice="see that the disk has room and the home can be written"
        ) from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.IntegrityError):
            raise
        raise IntegrityError(f"{path}: {error}", advice="restore the file; its data are in the lake") from error
