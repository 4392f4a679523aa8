"""How `kfm read` writes rows: Parquet, CSV, NDJSON, GeoJSON, one file of a partition after the other. No choosing.

Instants are written as RFC 3339 in UTC. In CSV a geometry is well-known text (OGC 06-103r4); in NDJSON it is a GeoJSON
geometry. GeoJSON follows RFC 7946, https://www.rfc-editor.org/rfc/rfc7946: coordinates are OGC:CRS84, so there is no
`crs` member (section 4), outer rings run counter-clockwise (3.1.6), and a place that is not known is null (3.2).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from kfm_assets.domain.dataset import Table
from kfm_assets.errors import UsageError

_INSTANT = "%Y-%m-%dT%H:%M:%S%.fZ"
_ROWS = 50_000


def write(form: str, files: Sequence[Path], table: Table, out: BinaryIO) -> int:
    """Write the rows of some files, of which there is at least one, and return how many there are.

    Raises:
        UsageError: for GeoJSON of a table that has no place.
    """
    return _WRITERS[form](files, table, out)


def _parquet(files: Sequence[Path], _table: Table, out: BinaryIO) -> int:
    """Copy a single file as it is; put several behind one another with the metadata of the first."""
    counts: list[int] = [pq.read_metadata(file).num_rows for file in files]
    if len(files) == 1:
        with files[0].open("rb") as content:
            shutil.copyfileobj(content, out)
        return counts[0]
    schemas = [pq.read_schema(file) for file in files]
    schema = schemas[0].with_metadata({**(schemas[0].metadata or {}), **_geo(schemas)})
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for file in files:
            for group in _groups(file):
                writer.write_table(group.cast(schema))
    return sum(counts)


def _groups(file: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(file) as opened:
        for number in range(opened.num_row_groups):
            yield opened.read_row_group(number)


def _geo(schemas: Sequence[pa.Schema]) -> dict[bytes, bytes]:
    """Return the GeoParquet metadata that hold for all files: those of the first, with the geometry types of all."""
    found = [json.loads(schema.metadata[b"geo"]) for schema in schemas if b"geo" in (schema.metadata or {})]
    if not found:
        return {}
    for name, described in found[0]["columns"].items():
        types = {kind for geo in found for kind in geo["columns"][name]["geometry_types"]}
        described["geometry_types"] = sorted(types)
    return {b"geo": json.dumps(found[0], separators=(",", ":")).encode()}


def _csv(files: Sequence[Path], table: Table, out: BinaryIO) -> int:
    rows = 0
    for place, frame in enumerate(_frames(files)):
        text = _readable(frame, table, shapely.to_wkt, rounding_precision=-1).write_csv(include_header=place == 0)
        out.write(text.encode())
        rows += frame.height
    return rows


def _ndjson(files: Sequence[Path], table: Table, out: BinaryIO) -> int:
    rows = 0
    for frame in _frames(files):
        out.writelines(_line(row) for row in _rows(frame, table))
        rows += frame.height
    return rows


def _geojson(files: Sequence[Path], table: Table, out: BinaryIO) -> int:
    place, rows = _place(table), 0
    origin = (pq.read_metadata(files[0]).metadata or {}).get(b"origin", b"unknown").decode() if files else "unknown"
    out.write(f'{{"type":"FeatureCollection","origin":"{origin}","features":['.encode())
    for frame in _frames(files):
        for row in _rows(frame, table):
            out.write((b"," if rows else b"") + b"\n" + _line(_feature(row, table, place)).rstrip())
            rows += 1
    out.write(b"\n]}\n")
    return rows


def _place(table: Table) -> tuple[str, ...]:
    """Return the columns that say where a row is: its geometry, or else its longitude and its latitude."""
    if table.geometry_column:
        return (table.geometry_column,)
    for column in table.columns:
        beside = column.name.replace("latitude", "longitude")
        if beside != column.name and beside in {other.name for other in table.columns}:
            return (beside, column.name)
    raise UsageError(f"table {table.name} has no place in it", advice="choose parquet, csv or ndjson")


def _feature(row: Mapping[str, object], table: Table, place: tuple[str, ...]) -> dict[str, object]:
    geometry: object = row[place[0]]
    if len(place) > 1:
        lon, lat = (row[name] for name in place)
        geometry = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
    key = [row[name] for name in table.key]
    return {
        "type": "Feature",
        "id": key[0] if len(key) == 1 and isinstance(key[0], int | str) else "/".join(map(str, key)),
        "geometry": geometry,
        "properties": {name: value for name, value in row.items() if name != table.geometry_column},
    }


def _frames(files: Sequence[Path]) -> Iterator[pl.DataFrame]:
    """Yield the rows a piece at a time; a file without rows is one piece, so that its columns are seen."""
    for file in files:
        frame = pl.read_parquet(file)
        yield from frame.iter_slices(_ROWS) if frame.height else [frame]


def _readable(frame: pl.DataFrame, table: Table, geometry: Callable[..., object], **options: object) -> pl.DataFrame:
    """Return the frame with its instants and its geometries as text."""
    instants = [
        pl.col(name).dt.strftime(_INSTANT) for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)
    ]
    shown = frame.with_columns(instants)
    for column in (column.name for column in table.columns if column.dtype == "geometry"):
        written = geometry(_shapes(frame[column]), **options)
        texts = np.asarray(written, dtype=object).tolist()
        shown = shown.with_columns(pl.Series(column, texts, dtype=pl.String))
    return shown


def _shapes(wkb: pl.Series) -> object:
    return shapely.orient_polygons(shapely.from_wkb(np.array(wkb.to_list(), dtype=object)))


def _rows(frame: pl.DataFrame, table: Table) -> Iterator[dict[str, object]]:
    """Yield rows as JSON has them; a number that JSON does not have is null."""
    finite = [
        pl.when(pl.col(name).is_finite()).then(pl.col(name)) for name, kind in frame.schema.items() if kind.is_float()
    ]
    days = [pl.col(name).cast(pl.String) for name, kind in frame.schema.items() if kind == pl.Date]
    shapes = {column.name for column in table.columns if column.dtype == "geometry"}
    for row in _readable(frame.with_columns(*finite, *days), table, shapely.to_geojson).iter_rows(named=True):
        yield {name: json.loads(value) if name in shapes and value else value for name, value in row.items()}


def _line(document: Mapping[str, object]) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


_WRITERS: Mapping[str, Callable[[Sequence[Path], Table, BinaryIO], int]] = {
    "parquet": _parquet,
    "csv": _csv,
    "ndjson": _ndjson,
    "geojson": _geojson,
}
