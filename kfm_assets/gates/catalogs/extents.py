"""Extents in time and space: measured anew on the stored tables, and compared with what the catalogs say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.catalog import COLLECTION, ITEM, is_empty, partition_path, release_path
from kfm_assets.domain.dataset import Dataset, Grain, Table
from kfm_assets.domain.period import span
from kfm_assets.domain.verdict import Finding, Outcome
from kfm_assets.errors import KfmError
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.items import part
from kfm_assets.gates.catalogs.problems import differ, settled
from kfm_assets.gates.catalogs.reading import Document, Held

Box = tuple[float, ...]
Span = tuple[datetime, datetime]

_INSTANT = timedelta(microseconds=1)


def judge(evidence: CatalogEvidence, held: Held) -> Iterator[Finding]:
    """Measure the tables of each changed partition; hold its item to them, and the collection to all items."""
    wrong: list[str] = []
    missing: list[str] = []
    unreadable: list[str] = []
    for name in evidence.worded:
        item = held.of_partition(name, ITEM)
        if item is None:
            continue
        try:
            tables = evidence.tables(name)
            missing += [f"{name}: {one.name}" for one in evidence.specification.tables if one.name not in tables]
            wrong += _item(evidence.specification, name, item, tables)
        except (KfmError, pl.exceptions.PolarsError) as error:
            unreadable.append(f"{name}: {error}")
    yield settled("extent.tables", missing, "all tables are there", Outcome.INCONCLUSIVE)
    yield settled("extent.readable", unreadable, "all tables can be read", Outcome.ERROR)
    yield settled("extent.items", wrong, "times, bounds and rows are those of the stored tables")
    collection = held.of_release(COLLECTION)
    if collection is not None:
        yield settled("extent.collection", _collection(evidence, held, collection), "it covers what its items do")


def said(item: Document) -> tuple[Span, Box]:
    """Return the time and the box that an item says it covers. Raises KeyError, TypeError or ValueError."""
    properties = part(item, "properties")
    start, end = (datetime.fromisoformat(str(properties[name])) for name in ("start_datetime", "end_datetime"))
    return (start, end), tuple(float(str(number)) for number in cast("Sequence[Json]", item["bbox"]))


def with_rows(items: Sequence[Document]) -> list[tuple[Span, Box]]:
    """Return what the items of partitions that have a row say that they cover; all of them where none has one."""
    return [said(item) for item in [item for item in items if not is_empty(_row_counts(item))] or items]


def _row_counts(item: Document) -> list[Json]:
    assets = part(item, "assets")
    return [part(assets, key)["table:row_count"] for key in assets if "table:row_count" in part(assets, key)]


def _item(spec: Dataset, name: str, item: Document, tables: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    path, properties = partition_path(name, ITEM), part(item, "properties")
    for table, frame in tables.items():
        rows = part(part(item, "assets"), table).get("table:row_count", "absent")
        yield from differ(path, f"assets.{table}.table:row_count", frame.height, rows)
    if any(table.name not in tables for table in spec.tables):
        return
    zone = spec.partitions.timezone
    due = _around_times(_times(tables[table.name], table, zone) for table in spec.tables) or span(spec, name)
    found = [_read(properties.get(field)) for field in ("start_datetime", "end_datetime")]
    yield from differ(path, "properties.start_datetime to end_datetime", _words(due), _words(found))
    boxes = [box for table in spec.tables if (box := _bounds(tables[table.name], table.geometry_column))]
    box = around(boxes) if boxes else tuple(map(float, spec.coverage.bbox))
    yield from differ(path, "bbox", list(box), item.get("bbox", "absent"))
    yield from differ(path, "geometry", sorted(_corners(list(box))), sorted(_positions(item.get("geometry"))))


def _collection(evidence: CatalogEvidence, held: Held, document: Document) -> Iterator[str]:
    path = release_path(COLLECTION)
    items = [item for name in sorted(evidence.mapped) if (item := held.of_partition(name, ITEM)) is not None]
    if len(items) < len(evidence.mapped):
        return
    extents = with_rows(items)
    spans = [one for one, _ in extents]
    overall = (min(start for start, _ in spans), max(end for _, end in spans))
    listed = part(part(document, "extent"), "temporal").get("interval")
    intervals = [[_read(at) for at in one] for one in cast("Sequence[Sequence[Json]]", listed)]
    due = [overall, *(spans if len(spans) > 1 else ())]
    yield from differ(
        path, "extent.temporal.interval", [_words(one) for one in due], [_words(one) for one in intervals]
    )
    bbox = part(part(document, "extent"), "spatial").get("bbox")
    yield from differ(path, "extent.spatial.bbox", [list(around([box for _, box in extents]))], bbox)


def around(boxes: Sequence[Box]) -> Box:
    """Return the least box that holds some others."""
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _around_times(spans: Iterable[Span | None]) -> Span | None:
    found = [span for span in spans if span]
    return (min(start for start, _ in found), max(end for _, end in found)) if found else None


def _times(frame: pl.DataFrame, table: Table, zone: str) -> Span | None:
    """Return the first and the last instant of which a table's rows speak; a day runs in the partitions' time zone."""
    rows = frame.drop_nulls(table.time_column) if table.time_column else frame.clear()
    if rows.is_empty():
        return None
    ends = pl.max_horizontal(table.time_column, table.end_column or table.time_column)
    if rows.schema[table.time_column] != pl.Date:
        measured = rows.select(first=pl.col(table.time_column).min(), last=ends.max()).row(0)
        return measured[0].astimezone(UTC), measured[1].astimezone(UTC)
    lasts = {None: "1d", Grain.MONTH: "1mo", Grain.YEAR: "1y"}[table.time_grain]
    measured = rows.select(
        first=_midnight(pl.col(table.time_column).dt.truncate(lasts), zone).min(),
        after=_midnight(ends.dt.truncate(lasts).dt.offset_by(lasts), zone).max(),
    ).row(0)
    return measured[0].astimezone(UTC), measured[1].astimezone(UTC) - _INSTANT


def _midnight(day: pl.Expr, zone: str) -> pl.Expr:
    return day.cast(pl.Datetime("us")).dt.replace_time_zone(zone)


def _bounds(frame: pl.DataFrame, column: str) -> Box | None:
    """Return west, south, east and north of a table's geometries."""
    values = frame[column].drop_nulls().to_list() if column else []
    if not values:
        return None
    # Imported here: few datasets have a geometry, and shapely is slow to load.
    from shapely import from_wkb, get_coordinates  # noqa: PLC0415

    positions = get_coordinates(from_wkb(values))
    return (*map(float, positions.min(axis=0)), *map(float, positions.max(axis=0))) if positions.size else None


def _corners(box: Sequence[float]) -> set[tuple[float, float]]:
    west, south, east, north = box
    return {(x, y) for x in (west, east) for y in (south, north)}


def _positions(geometry: Json) -> set[tuple[float, float]]:
    """Return the positions of a GeoJSON geometry. Raises ValueError for one that is none."""
    from shapely import get_coordinates  # noqa: PLC0415 - the same
    from shapely.errors import ShapelyError  # noqa: PLC0415
    from shapely.geometry import shape  # noqa: PLC0415

    try:
        return {(float(x), float(y)) for x, y in get_coordinates(shape(geometry))}
    except ShapelyError as error:
        raise ValueError(f"its geometry is none: {error}") from error


def _read(text: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _words(span_: Sequence[datetime | None] | None) -> str:
    return " to ".join(at.isoformat() if at else "no instant" for at in span_ or ())
