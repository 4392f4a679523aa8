"""The extent of a table in time and space, as its rows say it: what catalogs tell of a partition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
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
    first, last = frame[column].min(), frame[column].max()
    if isinstance(first, datetime) and isinstance(last, datetime):
        return {"start": instant(first), "end": instant(last)}
    if isinstance(first, date) and isinstance(last, date):
        return {"start": instant(first_of(first)), "end": instant(last_of(last))}
    return {}


def _bounds(frame: pl.DataFrame, column: str) -> Mapping[str, Json]:
    """Return the bounds of all geometries, but of those that are null or empty."""
    if not column:
        return {}
    # Imported here: not every dataset has a geometry, and shapely is slow to load.
    from shapely import from_wkb, get_coordinates  # noqa: PLC0415

    geometries = frame[column].drop_nulls().to_list()
    positions = get_coordinates(from_wkb(geometries)) if geometries else None
    if positions is None or not positions.size:
        return {}
    bounds = [*positions.min(axis=0).tolist(), *positions.max(axis=0).tolist()]
    return {"bbox": [f"{Decimal(repr(bound)):f}" for bound in bounds]}
