"""Evaluations of checks in Dagster's index of events, many at once: the rows that its own storage writes one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from dagster import AssetCheckEvaluation
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from dagster._serdes import serialize_value
from sqlalchemy import bindparam, select
from sqlalchemy.engine import Connection

_AT = ("asset_key", "check_name", "partition")
"""What tells the evaluations of a run apart. Where a run planned one, its row is there already."""

_Row = Mapping[str, object]


def store(connection: Connection, run: str, numbered: Sequence[tuple[int, EventLogEntry, _Row]]) -> None:
    """Store a run's evaluations, each with its number and its row in the table of events. The caller commits."""
    found = [_execution(run, event, row, number) for number, event, row in numbered]
    if not found:
        return
    table = AssetCheckExecutionsTable
    planned = {
        tuple(row) for row in connection.execute(select(*(table.c[name] for name in _AT)).where(table.c.run_id == run))
    }
    known = [one for one in found if tuple(one[name] for name in _AT) in planned]
    fresh = [one for one in found if tuple(one[name] for name in _AT) not in planned]
    if known:
        same = [table.c[name].is_not_distinct_from(bindparam(f"at_{name}")) for name in (*_AT, "run_id")]
        connection.execute(table.update().where(*same), [_bound(one) for one in known])
    if fresh:
        connection.execute(table.insert(), fresh)


def plan(connection: Connection, event: EventLogEntry, number: int | None) -> None:
    """Store that a run means to evaluate a check: a row for each partition, which all carry the one event."""
    planned = event.get_dagster_event().asset_check_planned_data
    row = {
        "asset_key": planned.asset_key.to_string(),
        "check_name": planned.check_name,
        "run_id": event.run_id,
        "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
        "evaluation_event": serialize_value(event),
        "evaluation_event_timestamp": datetime.fromtimestamp(event.timestamp, UTC).replace(tzinfo=None),
        "evaluation_event_storage_id": number,
    }
    partitions = planned.partitions_subset.get_partition_keys() if planned.partitions_subset else [None]
    connection.execute(AssetCheckExecutionsTable.insert(), [{**row, "partition": name} for name in partitions])


def _execution(run: str, event: EventLogEntry, row: _Row, number: int) -> dict[str, object]:
    evaluation = event.get_dagster_event().asset_check_evaluation_data
    return {
        "asset_key": evaluation.asset_key.to_string(),
        "check_name": evaluation.check_name,
        "partition": evaluation.partition,
        "run_id": run,
        "execution_status": _status(evaluation).value,
        "evaluation_event": row["event"],
        "evaluation_event_timestamp": row["timestamp"],
        "evaluation_event_storage_id": number,
        "materialization_event_storage_id": (
            evaluation.target_materialization_data.storage_id if evaluation.target_materialization_data else None
        ),
    }


def _status(evaluation: AssetCheckEvaluation) -> AssetCheckExecutionRecordStatus:
    status = AssetCheckExecutionRecordStatus
    return status.SUCCEEDED if evaluation.passed else status.FAILED


def _bound(one: _Row) -> dict[str, object]:
    return {**one, **{f"at_{name}": one[name] for name in (*_AT, "run_id")}}
