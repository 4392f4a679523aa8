"""Extents in time and space: measured anew on the stored tables, and compared with what the catalogs say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import cast

import polars as pl

from kfm_assets.domain.canonical import Json
from kfm_assets.domain.catalog import COLLECTION, ITEM, partition_path, release_path
from kfm_assets.domain.dataset import Dataset
from kfm_assets.domain.period import first_of, last_of, span
from kfm_assets.domain.verdict import Finding, Outcome
from kfm_assets.errors import KfmError
from kfm_assets.gates.catalogs.evidence import CatalogEvidence
from kfm_assets.gates.catalogs.items import part
from kfm_assets.gates.catalogs.problems import differ, settled
from kfm_assets.gates.catalogs.reading import Document, Held

Box = tuple[float, ...]
Span = tuple[datetime, datetime]


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


def _item(spec: Dataset, name: str, item: Document, tables: Mapping[str, pl.DataFrame]) -> Iterator[str]:
    path, properties = partition_path(name, ITEM), part(item, "properties")
    for table, frame in tables.items():
        rows = part(part(item, "assets"), table).get("table:row_count", "absent")
        yield from differ(path, f"assets.{table}.table:row_count", frame.height, rows)
    main = tables.get(spec.main.name)
    if main is None:
        return
    due = _times(main, spec.main.time_column) or span(spec, name)
    found = [_read(properties.get(field)) for field in ("start_datetime", "end_datetime")]
    yield from differ(path, "properties.start_datetime to end_datetime", _words(due), _words(found))
    box = _bounds(main, spec.main.geometry_column) or tuple(map(float, spec.coverage.bbox))
    yield from differ(path, "bbox", list(box), item.get("bbox", "absent"))
    yield from differ(path, "geometry", sorted(_corners(list(box))), sorted(_positions(item.get("geometry"))))


def _collection(evidence: CatalogEvidence, held: Held, document: Document) -> Iterator[str]:
    path, extents = release_path(COLLECTION), []
    for name in sorted(evidence.mapped):
        item = held.of_partition(name, ITEM)
        if item is None:
            return
        extents.append(said(item))
    spans = [one for one, _ in extents]
    overall = (min(start for start, _ in spans), max(end for _, end in spans))
    listed = part(part(document, "extent"), "temporal").get("interval")
    intervals = [[_read(at) for at in one] for one in cast("Sequence[Sequence[Json]]", listed)]
    due = [overall, *(spans if len(spans) > 1 else ())]
    yield from differ(
        path, "extent.temporal.interval", [_words(one) for one in due], [_words(one) for one in intervals]
    )
    boxes = [box for _, box in extents]
    west, south = (min(box[side] for box in boxes) for side in (0, 1))
    east, north = (max(box[side] for box in boxes) for side in (2, 3))
    bbox = part(part(document, "extent"), "spatial").get("bbox")
    yield from differ(path, "extent.spatial.bbox", [[west, south, east, north]], bbox)


def _times(frame: pl.DataFrame, column: str) -> Span | None:
    """Return the first and the last time of a table's rows; a date stands for its whole day in UTC."""
    times = frame[column].drop_nulls() if column else None
    if times is None or times.is_empty():
        return None
    first, last = cast("tuple[date, date]", (times.min(), times.max()))
    if isinstance(first, datetime) and isinstance(last, datetime):
        return first.astimezone(UTC), last.astimezone(UTC)
    return first_of(first), last_of(last)


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
    """Return the positions of a GeoJSON geometry. Raises what shapely does for one that is none."""
    from shapely import get_coordinates  # noqa: PLC0415 - the same
    from shapely.geometry import shape  # noqa: PLC0415

    return {(float(x), float(y)) for x, y in get_coordinates(shape(geometry))}


def _read(text: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


def _words(span_: Sequence[datetime | None] | None) -> str:
    return " to ".join(at.isoformat() if at else "no instant" for at in span_ or ())
