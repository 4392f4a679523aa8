"""Dagster's SQLite event log, made quick for many events: one connection, and bursts that are one transaction.

Dagster's own opens two or three connections for each event and waits for the disk at each: 13 ms a materialization and
20 ms a check where this takes about one. The files and the tables are Dagster's, so the UI reads them as its own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

from dagster import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import AssetKeyTable, SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import create_engine, func, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, StaticPool

from kfm_assets.defs import evaluations

_WAIT_SECONDS = 30.0

_EVALUATION = DagsterEventType.ASSET_CHECK_EVALUATION
_FRESH: list[bytes] = []

_MANY = {_EVALUATION, DagsterEventType.ASSET_MATERIALIZATION, DagsterEventType.ASSET_MATERIALIZATION_PLANNED}


class QuickEventLog(SqliteEventLogStorage):
    """An event log for a process that writes much. Its lock makes it safe for threads, as Dagster's own is."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """Keep no connection yet."""
        self._open: dict[str, Connection] = {}
        self._bursting = 0
        self._tables: set[str] = set()
        self._waiting: list[EventLogEntry] = []
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(  # type: ignore[override] # the two classes above disagree about the configuration's type
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, str]
    ) -> QuickEventLog:
        """Make one as an instance's configuration says."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            connection = self._connection(shard)
            if not connection.in_transaction():
                connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            if not self._bursting:
                connection.commit()

    @contextmanager
    def burst(self) -> Iterator[None]:
        """Let the events that are written meanwhile become visible and durable together. Others wait with writing."""
        self._bursting += 1
        try:
            yield
        finally:
            if self._bursting == 1:
                self._store_waiting()
            self._bursting -= 1
            if not self._bursting:
                with self._db_lock:
                    for connection in self._open.values():
                        connection.commit()

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event; of the kinds of which there are many, those in a burst wait for its end."""
        if self._bursting and event.run_id and event.dagster_event_type in _MANY:
            self._waiting.append(event)
        else:
            super().store_event(event)

    def _store_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for run in dict.fromkeys(event.run_id for event in waiting):
            self._store_many(run, [event for event in waiting if event.run_id == run])

    def _store_many(self, run: str, events: Sequence[EventLogEntry]) -> None:
        """Write what Dagster's own storage writes of each event: in the run's log, and in the index of all runs."""
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(run) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
        with self.index_connection() as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
            # The insertion holds the lock for writing: the numbers are consecutive, and the greatest is the last one's.
            last = connection.execute(select(func.max(SqlEventLogStorageTable.c.id))).scalar_one()
            numbered = list(zip(range(last - len(rows) + 1, last + 1), events, rows, strict=True))
            assets = [(number, event) for number, event, _ in numbered if event.dagster_event_type != _EVALUATION]
            self._store_asset_event_tags(connection, [event for _, event in assets], [number for number, _ in assets])
            newest = {(event.dagster_event_type, row["asset_key"]): (number, event) for number, event, row in numbered}
            for (kind, _), (number, event) in newest.items():
                if kind != _EVALUATION:
                    self._store_asset_event(connection, event, number)
            evaluations.store(connection, run, [one for one in numbered if one[1].dagster_event_type == _EVALUATION])

    def _store_asset_check_evaluation_planned(self, event: EventLogEntry, event_id: int | None) -> None:
        """Store it as Dagster does, but written out once and not once for every partition."""
        with self.index_connection() as connection:
            evaluations.plan(connection, event, event_id)

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store some events in one transaction."""
        with self.burst():
            for event in events:
                self.store_event(event)

    def has_table(self, table_name: str) -> bool:
        """Say whether there is a table; once there is, there will be. Dagster asks at every check."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Say whether the table of asset keys has a column: this version's tables have them all."""
        name = f"{AssetKeyTable.name}.{column_name}"
        if name not in self._tables and super()._has_asset_key_col_on_connection(conn, column_name):
            self._tables.add(name)
        return name in self._tables

    def _initialize(self, shard: str, engine: Engine) -> None:
        """Make a shard's tables; those of a new run's log as a copy of what Dagster made for the first one."""
        if shard == INDEX_SHARD_NAME or Path(self.path_for_shard(shard)).exists():
            self._initdb(engine)
            return
        with engine.connect() as connection, closing(sqlite3.connect(":memory:")) as fresh:
            fresh.deserialize(self._fresh())
            fresh.backup(cast("sqlite3.Connection", connection.connection.driver_connection))
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")

    def _fresh(self) -> bytes:
        """Return a run's log without an event. Dagster reads all of its migrations to make one: it is kept."""
        if not _FRESH:
            engine = create_engine("sqlite://", poolclass=StaticPool)
            self._initdb(engine)
            with engine.connect() as connection:
                _FRESH.append(cast("sqlite3.Connection", connection.connection.driver_connection).serialize())
            engine.dispose()
        return _FRESH[0]

    def dispose(self) -> None:
        """Close the connections."""
        with self._db_lock:
            for connection in self._open.values():
                connection.close()
                connection.engine.dispose()
            self._open.clear()
        super().dispose()

    def _connection(self, shard: str) -> Connection:
        if shard not in self._open:
            engine = create_engine(
                self.conn_string_for_shard(shard),
                poolclass=NullPool,
                connect_args={"timeout": _WAIT_SECONDS, "check_same_thread": False},
            )
            if shard not in self._initialized_dbs:
                self._initialize(shard, engine)
                self._initialized_dbs.add(shard)
            connection = engine.connect()
            # The write-ahead log stays sound without a wait at each commit, and no truth of ours is in it.
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
            connection.commit()
            self._open[shard] = connection
        return self._open[shard]
