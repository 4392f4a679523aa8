"""The periods that partitions stand for: their names, their instants, which there are by now. No files, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kfm_assets.domain.dataset import STATIC, Dataset, Grain, Partitions
from kfm_assets.errors import InvalidPolicy, NotFound

_FORMS = {Grain.STATIC: STATIC, Grain.YEAR: r"\d{4}", Grain.MONTH: r"\d{4}-(0[1-9]|1[0-2])"}
_MONTHS = 12


def demand(dataset: Dataset, names: Iterable[str], now: datetime) -> None:
    """Raise NotFound for the first name that is not a partition which the dataset can have by now."""
    partitions = dataset.partitions
    last = current(partitions, now)
    for name in names:
        if not re.fullmatch(_FORMS[partitions.grain], name) or not partitions.first <= name <= last:
            span = partitions.first if partitions.first == last else f"{partitions.first} to {last}"
            raise NotFound(f"{dataset.key} has no partition {name!r}", advice=f"its partitions are: {span}")


def current(partitions: Partitions, now: datetime) -> str:
    """Return the name of the period that is not yet over."""
    if partitions.grain is Grain.STATIC:
        return STATIC
    local = now.astimezone(ZoneInfo(partitions.timezone))
    return _name(partitions.grain, local.year, local.month)


def previous(partitions: Partitions, name: str) -> str:
    """Return the name of the period before a year or a month."""
    year, month = _parts(name)
    if partitions.grain is Grain.YEAR or month == 1:
        return _name(partitions.grain, year - 1, _MONTHS)
    return _name(partitions.grain, year, month - 1)


def bounds(partitions: Partitions, name: str) -> tuple[datetime, datetime]:
    """Return a period's first instant and the first one after it, in UTC.

    Raises:
        InvalidPolicy: for a static partition, which is no period.
    """
    if partitions.grain is Grain.STATIC:
        raise InvalidPolicy("a static dataset has no period to ask for", advice="give its feed the method `file`")
    year, month = _parts(name)
    months = year * _MONTHS + month - 1 + (_MONTHS if partitions.grain is Grain.YEAR else 1)
    zone = ZoneInfo(partitions.timezone)
    return (
        datetime(year, month, 1, tzinfo=zone).astimezone(UTC),
        datetime(months // _MONTHS, months % _MONTHS + 1, 1, tzinfo=zone).astimezone(UTC),
    )


def days(partitions: Partitions, name: str) -> tuple[date, date]:
    """Return a period's first day and its last one, on the calendar that its time zone has. Raises InvalidPolicy."""
    zone = ZoneInfo(partitions.timezone)
    start, end = (instant.astimezone(zone).date() for instant in bounds(partitions, name))
    return start, end - timedelta(days=1)


def _name(grain: Grain, year: int, month: int) -> str:
    return f"{year:04}" if grain is Grain.YEAR else f"{year:04}-{month:02}"


def _parts(name: str) -> tuple[int, int]:
    year, _, month = name.partition("-")
    return int(year), int(month or 1)
