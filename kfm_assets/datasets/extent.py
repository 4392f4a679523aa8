"""The extent of a table in time and space, as its rows say it: what catalogs tell of a partition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Table
from kfm_assets.domain.period import first_of, instant, last_of


def extent(frame: pl.DataFrame, table: Table) -> dict[str, Json]:
    """Return `start` and `end` of the table's times, and the `bbox` of its geometries; what no row has is left out.

    Times are texts in UTC, as RFC 3339 has them; a date stands for its whole day. The bounds are west, south, east and
    north in degrees, as decimal texts that give back the stored numbers exactly, since an account holds no floats.
    """
    return {**_times(frame, table.time_column), **_bounds(frame, table.geometry_column)}


def _times(frame: pl.DataFrame, column: str) -> Mapping[str, Json]:
    if not column:
        return {}
    first, last = frame.select(pl.col(column).min().alias("first"), pl.col(column).max().alias("last")).row(0)
    if first is None:
        return {}
    if not isinstance(first, datetime):
        first, last = first_of(first), last_of(last)
    return {"start": instant(first), "end": instant(last)}


def _bounds(frame: pl.DataFrame, column: str) -> Mapping[str, Json]:
    """Return the bounds of all geometries, but of those that are null or empty."""
    if not column:
        return {}
    # Imported here: not every dataset has a geometry, and shapely is slow to load.
    from shapely import from_wkb, get_coordinates  # noqa: PLC0415

    positions = get_coordinates(from_wkb(frame[column].drop_nulls().to_list()))
    if not positions.size:
        return {}
    bounds = [*positions.min(axis=0).tolist(), *positions.max(axis=0).tolist()]
    return {"bbox": [f"{Decimal(repr(bound)):f}" for bound in bounds]}
