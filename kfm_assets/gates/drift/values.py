"""What a drift column's values are: numbers, names or positions on a circle, taken from a frame; and a row's month.

Which bins they fall into is `counting`'s.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.drift import DriftColumn, Part

STRATA = 13
"""Rows are counted by month, 1 to 12; 0 is for rows without a time."""

_HOUR = 3_600_000_000
"""In microseconds, as tables have instants."""

_DAY_HOURS = 24


def needed(spec: Dataset) -> list[str]:
    """Return the columns of the main table that drift columns are made from."""
    watched = spec.drift
    if watched is None:
        return []
    wanted = {spec.main.time_column} if spec.main.time_column else set()
    for column in watched.columns:
        wanted |= {column.source, *(column.at or ()), *(column.only[:1] if column.only else ())}
    return [column.name for column in spec.main.columns if column.name in wanted]


def kept(rows: pl.DataFrame, column: DriftColumn) -> pl.DataFrame:
    """Return the rows that a drift column looks at."""
    return rows.filter(pl.col(column.only[0]) == column.only[1]) if column.only else rows


def numbers(rows: pl.DataFrame, column: DriftColumn, offset: int) -> NDArray[np.float64]:
    """Return the values as doubles, NaN where there is none; on a circle, within one turn of it."""
    values = rows.get_column(column.source)
    match column.part:
        case Part.HOUR:
            hours = _local(values, offset).dt.epoch("us").cast(pl.Float64).fill_null(np.nan).to_numpy() / _HOUR
            return np.mod(hours, _DAY_HOURS)
        case Part.MONTH:
            return _local(values, offset).dt.month().cast(pl.Float64).fill_null(np.nan).to_numpy() - 1
    found = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return np.mod(found, column.period) if column.period else found


def named(rows: pl.DataFrame, column: DriftColumn) -> pl.Series:
    """Return the values as text."""
    return rows.get_column(column.source).cast(pl.String)


def months(rows: pl.DataFrame, spec: Dataset) -> NDArray[np.int64]:
    """Return each row's month by the local clock, 1 to 12; 0 where it has no time."""
    time = spec.main.time_column
    if not time:
        return np.zeros(rows.height, dtype=np.int64)
    offset = spec.drift.utc_offset_hours if spec.drift else 0
    return _local(rows.get_column(time), offset).dt.month().fill_null(0).cast(pl.Int64).to_numpy()


def _local(values: pl.Series, offset: int) -> pl.Series:
    """Return instants as the local clock shows them; a date is local already."""
    if values.dtype == pl.Date or not offset:
        return values
    return values.dt.offset_by(f"{offset}h")
