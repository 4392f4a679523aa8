"""The span of time that a partition speaks of where its rows do not say: its period, or the dataset's dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kfm_assets.domain.dataset import Dataset, Grain

_MONTHS = 12
_INSTANT = timedelta(microseconds=1)
"""The finest that a table's times are: a span's end is its last instant, not the one after it."""


def span(spec: Dataset, partition: str) -> tuple[datetime, datetime] | None:
    """Return the first and the last instant that a partition speaks of, in UTC; None where nothing says so.

    A period runs in the dataset's own time zone. A static partition has the dates of the dataset's coverage, as days in
    UTC. Raises ValueError for a name that is no partition of this grain.
    """
    if spec.partitions.grain is Grain.STATIC:
        start, end = spec.coverage.start, spec.coverage.end
        return (first_of(date.fromisoformat(start)), last_of(date.fromisoformat(end))) if start and end else None
    year, _, month = partition.partition("-")
    months = int(year) * _MONTHS + int(month or 1) - 1
    after = months + (_MONTHS if spec.partitions.grain is Grain.YEAR else 1)
    return _beginning(months, spec.partitions.timezone), _beginning(after, spec.partitions.timezone) - _INSTANT


def first_of(day: date, zone: str = "UTC", grain: Grain | None = None) -> datetime:
    """Return the first instant, in UTC, of a day in a time zone, or of the month or year that it lies in."""
    first = day if grain is None else day.replace(day=1, month=1 if grain is Grain.YEAR else day.month)
    return datetime.combine(first, time.min, ZoneInfo(zone)).astimezone(UTC)


def last_of(day: date, zone: str = "UTC", grain: Grain | None = None) -> datetime:
    """Return the last instant, in UTC, of a day in a time zone, or of the month or year that it lies in."""
    if grain is None:
        return datetime.combine(day, time.max, ZoneInfo(zone)).astimezone(UTC)
    month = _MONTHS if grain is Grain.YEAR else day.month
    return _beginning(day.year * _MONTHS + month, zone) - _INSTANT


def instant(at: datetime) -> str:
    """Return an instant as RFC 3339 has it, in UTC. Raises ValueError for one without an offset."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no offset from UTC")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _beginning(months: int, zone: str) -> datetime:
    return datetime(months // _MONTHS, months % _MONTHS + 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
