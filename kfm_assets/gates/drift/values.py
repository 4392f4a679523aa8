"""What a drift column's values are: numbers, places in a list of names, positions on a circle; and a row's month.

All columns of a frame are taken in one query, because each has its price. Which bins they fall into is `counting`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.drift import Drift, DriftColumn, Part, Scale

STRATA = 13
"""Rows are counted by month, 1 to 12; 0 is for rows without a time."""

_HOUR = 3_600_000_000
"""In microseconds, as tables have instants."""

_DAY = 24 * _HOUR

_MONTH = "month of the row"


@dataclass(frozen=True, slots=True)
class Values:
    """A column's values of the rows that it looks at, and the month of each."""

    values: NDArray[np.float64] | NDArray[np.int64]
    months: NDArray[np.int64]


def needed(spec: Dataset) -> list[str]:
    """Return the columns of the main table that drift columns are made from."""
    watched = spec.drift
    if watched is None:
        return []
    wanted = {spec.main.time_column} if spec.main.time_column else set()
    for column in watched.columns:
        wanted |= {column.source, *(column.at or ()), *(column.only[:1] if column.only else ())}
    return [column.name for column in spec.main.columns if column.name in wanted]


def values(
    rows: pl.DataFrame, spec: Dataset, names: Mapping[str, tuple[str, ...]]
) -> tuple[NDArray[np.int64], dict[str, Values]]:
    """Return the month of each row by the local clock, and the values of each drift column, by its name.

    A month is 1 to 12, and 0 for a row without a time.
    Of names, their places in the list of `names`: its length where it lacks them, and one more where there is none. Of
    anything else, doubles, NaN where there is none, and on a circle within one turn of it.
    """
    watched = spec.drift or Drift(())
    wanted = [_month(spec, rows)]
    for column in watched.columns:
        if column.scale in {Scale.CATEGORICAL, Scale.SPATIAL}:
            wanted.append(_place(column, names[column.name]).alias(column.name))
        else:
            wanted.append(_number(column, rows, watched.utc_offset_hours).alias(column.name))
        looked = mask(column)
        if looked is not None:
            wanted.append(looked.alias(_looks(column)))
    found = rows.select(wanted)
    month = found.get_column(_MONTH).to_numpy()
    return month, {column.name: _taken(column, found, month) for column in watched.columns}


def _taken(column: DriftColumn, found: pl.DataFrame, month: NDArray[np.int64]) -> Values:
    taken = found.get_column(column.name).to_numpy()
    if not column.partial:
        return Values(taken, month)
    mine = found.get_column(_looks(column)).to_numpy()
    return Values(taken[mine], month[mine])


def _looks(column: DriftColumn) -> str:
    return f"rows of {column.name}"


def mask(column: DriftColumn) -> pl.Expr | None:
    """Return which rows a drift column looks at; None for all of them."""
    if not column.partial:
        return None
    positive = pl.col(column.source) > 0 if column.positive else pl.lit(value=True)
    only = pl.col(column.only[0]).cast(pl.String) == column.only[1] if column.only else pl.lit(value=True)
    return (positive & only).fill_null(value=False)


def name(column: DriftColumn) -> pl.Expr:
    """Return a column's values as text."""
    return pl.col(column.source).cast(pl.String)


def _place(column: DriftColumn, names: tuple[str, ...]) -> pl.Expr:
    known = name(column).cast(_enum(names), strict=False).to_physical().cast(pl.Int64).fill_null(len(names))
    return pl.when(pl.col(column.source).is_null()).then(len(names) + 1).otherwise(known).cast(pl.Int64)


def _number(column: DriftColumn, rows: pl.DataFrame, offset: int) -> pl.Expr:
    match column.part:
        case Part.HOUR:
            return ((pl.col(column.source).dt.epoch("us") + offset * _HOUR) % _DAY).cast(pl.Float64) / _HOUR
        case Part.MONTH:
            return _local(column.source, rows, offset).dt.month().cast(pl.Float64) - 1
    found = pl.col(column.source).cast(pl.Float64)
    return found % column.period if column.period else found


def _month(spec: Dataset, rows: pl.DataFrame) -> pl.Expr:
    time = spec.main.time_column
    if not time:
        return pl.zeros(rows.height, dtype=pl.Int64, eager=False).alias(_MONTH)
    offset = spec.drift.utc_offset_hours if spec.drift else 0
    return _local(time, rows, offset).dt.month().fill_null(0).cast(pl.Int64).alias(_MONTH)


def _local(time: str, rows: pl.DataFrame, offset: int) -> pl.Expr:
    """Return instants as the local clock shows them; a date is local already."""
    is_local = rows.schema[time] == pl.Date or not offset
    return pl.col(time) if is_local else pl.col(time) + timedelta(hours=offset)


@lru_cache(maxsize=64)
def _enum(names: tuple[str, ...]) -> pl.Enum:
    return pl.Enum(list(names))
