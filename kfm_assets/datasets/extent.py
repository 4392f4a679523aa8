"""The extent of tables in time and space, as their rows say it: what catalogs tell of a partition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.dataset import Dataset, Table
from kfm_assets.domain.period import first_of, instant, last_of

Span = tuple[datetime, datetime]
Box = tuple[float, float, float, float]


def extent(frames: Mapping[str, pl.DataFrame], spec: Dataset) -> dict[str, Json]:
    """Return `start` and `end` of the times in a partition's tables, and the `bbox` of the geometries.

    What no row of any table has is left out. Times are texts in UTC, as RFC 3339 has them. The bounds are west, south,
    east and north in degrees, as decimal texts that give back the stored numbers exactly, since an account holds no
    floats.
    """
    spans = [span for table in spec.tables if (span := _times(frames[table.name], table, spec.partitions.timezone))]
    boxes = [box for table in spec.tables if (box := _bounds(frames[table.name], table.geometry_column))]
    return {**_overall(spans), **_around(boxes)}


def _times(frame: pl.DataFrame, table: Table, zone: str) -> Span | None:
    """Return the first and the last instant that a table's rows speak of."""
    if not table.time_column:
        return None
    starts, ends = frame[table.time_column], frame[table.end_column or table.time_column]
    firsts = [first_of(day, zone, table.time_grain) for day in _days(starts.min())]
    lasts = [last_of(day, zone, table.time_grain) for day in _days(starts.max(), ends.max())]
    instants = list(_instants(starts.min(), starts.max(), ends.max()))
    found = [*firsts, *lasts, *instants]
    return (min(found), max(found)) if found else None


def _days(*values: object) -> Iterator[date]:
    return (value for value in values if isinstance(value, date) and not isinstance(value, datetime))


def _instants(*values: object) -> Iterator[datetime]:
    return (value.astimezone(UTC) for value in values if isinstance(value, datetime))


def _overall(spans: Iterable[Span]) -> dict[str, Json]:
    found = list(spans)
    if not found:
        return {}
    return {"start": instant(min(start for start, _ in found)), "end": instant(max(end for _, end in found))}


def _bounds(frame: pl.DataFrame, column: str) -> Box | None:
    """Return the bounds of all geometries, but of those that are null or empty."""
    if not column:
        return None
    # Imported here: not every dataset has a geometry, and shapely is slow to load.
    from shapely import from_wkb, get_coordinates  # noqa: PLC0415

    geometries = frame[column].drop_nulls().to_list()
    positions = get_coordinates(from_wkb(geometries)) if geometries else None
    if positions is None or not positions.size:
        return None
    (west, south), (east, north) = positions.min(axis=0).tolist(), positions.max(axis=0).tolist()
    return west, south, east, north


def _around(boxes: Iterable[Box]) -> dict[str, Json]:
    found = list(boxes)
    if not found:
        return {}
    west, south, east, north = zip(*found, strict=True)
    bounds = (min(west), min(south), max(east), max(north))
    return {"bbox": [f"{Decimal(repr(bound)):f}" for bound in bounds]}
