"""Extents: which time and which part of the Earth a partition or a release speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.catalog import is_empty
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.period import instant, span
from kfm_assets.errors import InvalidPolicy


@dataclass(frozen=True, slots=True)
class Extent:
    """First and last instant, in UTC as RFC 3339 has them; west, south, east and north in degrees (OGC:CRS84)."""

    start: str
    end: str
    bbox: tuple[float, float, float, float]

    def geometry(self) -> Json:
        """Return the box as GeoJSON: an area, or the line or the point that it has shrunk to."""
        west, south, east, north = self.bbox
        if (west, south) == (east, north):
            return {"type": "Point", "coordinates": [west, south]}
        if west == east or south == north:
            return {"type": "LineString", "coordinates": [[west, south], [east, north]]}
        ring: Json = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        return {"type": "Polygon", "coordinates": [ring]}

    def wkt(self) -> str:
        """Return the box as a WKT polygon, longitude first, as GeoDCAT-AP's `dcat:bbox` has it."""
        west, south, east, north = self.bbox
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        return f"POLYGON(({', '.join(f'{_decimal(x)} {_decimal(y)}' for x, y in corners)}))"


def _decimal(number: float) -> str:
    """Write a number without an exponent, which WKT readers need not know."""
    return f"{Decimal(repr(number)):f}"


def of_partition(spec: Dataset, partition: str, account: Mapping[str, Json]) -> Extent:
    """Return what the account says that the rows cover; where they say nothing, the partition's period and coverage.

    Raises:
        InvalidPolicy: when a static dataset without times gives no dates.
    """
    said = cast("Mapping[str, Json]", account.get("extent") or {})
    bbox = cast("Sequence[str]", said.get("bbox") or spec.coverage.bbox)
    west, south, east, north = map(float, bbox)
    if said.get("start"):
        return Extent(str(said["start"]), str(said["end"]), (west, south, east, north))
    found = span(spec, partition)
    if found is None:
        raise InvalidPolicy(
            f"neither the rows of {spec.key} nor its specification say which time they speak of",
            advice="give the specification's coverage a start and an end",
        )
    return Extent(instant(found[0]), instant(found[1]), (west, south, east, north))


def of_item(item: Mapping[str, Json]) -> Extent:
    """Return what an item says it covers."""
    properties = cast("Mapping[str, str]", item["properties"])
    west, south, east, north = cast("Sequence[float]", item["bbox"])
    return Extent(properties["start_datetime"], properties["end_datetime"], (west, south, east, north))


def with_rows(items: Mapping[str, Mapping[str, Json]]) -> list[Extent]:
    """Return the extents of the partitions that have a row, in the partitions' order; of all where none has one."""
    full = [name for name in sorted(items) if not is_empty(_row_counts(items[name]))]
    return [of_item(items[name]) for name in full or sorted(items)]


def _row_counts(item: Mapping[str, Json]) -> list[Json]:
    assets = cast("Mapping[str, Mapping[str, Json]]", item["assets"])
    return [one["table:row_count"] for one in assets.values() if "table:row_count" in one]


def hull(extents: Iterable[Extent]) -> Extent:
    """Return the least extent that holds some others, of which there is one at least."""
    found = list(extents)
    west, south, east, north = zip(*(one.bbox for one in found), strict=True)
    return Extent(
        min((one.start for one in found), key=datetime.fromisoformat),
        max((one.end for one in found), key=datetime.fromisoformat),
        (min(west), min(south), max(east), max(north)),
    )
