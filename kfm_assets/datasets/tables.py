"""Frames to bytes and back: a specification's table as Parquet, rows held back as NDJSON. No dataset is known here.

The bytes depend on the frame's content, on the table's specification and on the version of polars alone: rows are
sorted by the table's key, chunks are merged, compression and row groups are fixed, and no time is written. Every
column is written as optional, so that a null where none may be reaches the gate that judges it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import cast

import polars as pl
import pyarrow as pa

from kfm_assets.domain.artifact import Origin
from kfm_assets.domain.dataset import Column, Table

QUARANTINE_SCHEMA = pl.Schema(
    {
        "wire": pl.String(),
        "source_file": pl.String(),
        "source_line": pl.Int64(),
        "rule": pl.String(),
        "row": pl.String(),
    }
)
"""A row held back: its wire, the file and line where it begins, the rule's name, and its exact text."""

ROW_GROUP_ROWS = 131_072
ZSTD_LEVEL = 3

_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "float64": pl.Float64(),
    "bool": pl.Boolean(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us", "UTC"),
    "geometry": pl.Binary(),
}

_WKB_TYPES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")
_WKB_HEADER_BYTES = 5

CRS84 = {
    "$schema": "https://proj.org/schemas/v0.5/projjson.schema.json",
    "type": "GeographicCRS",
    "name": "WGS 84 longitude-latitude",
    "datum": {
        "type": "GeodeticReferenceFrame",
        "name": "World Geodetic System 1984",
        "ellipsoid": {"name": "WGS 84", "semi_major_axis": 6378137, "inverse_flattening": 298.257223563},
    },
    "coordinate_system": {
        "subtype": "ellipsoidal",
        "axis": [
            {"name": "Geodetic longitude", "abbreviation": "Lon", "direction": "east", "unit": "degree"},
            {"name": "Geodetic latitude", "abbreviation": "Lat", "direction": "north", "unit": "degree"},
        ],
    },
    "id": {"authority": "OGC", "code": "CRS84"},
}
"""OGC:CRS84 as PROJJSON, as the GeoParquet 1.1 specification prints it: https://geoparquet.org/releases/v1.1.0/"""


def polars_schema(table: Table) -> dict[str, pl.DataType]:
    """Return a table's columns with their polars types; KeyError for a type word that the domain does not have."""
    return {column.name: _TYPES[column.dtype] for column in table.columns}


def empty(table: Table) -> pl.DataFrame:
    """Return a table without rows."""
    return _empty(tuple(polars_schema(table).items())).clone()


def nothing_held() -> pl.DataFrame:
    """Return a quarantine without rows."""
    return _empty(tuple(QUARANTINE_SCHEMA.items())).clone()


@lru_cache(maxsize=128)
def _empty(schema: tuple[tuple[str, pl.DataType], ...]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


def conform(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Return the table's columns in their order and types, sorted by its key; other columns are left behind.

    Raises:
        polars.exceptions.PolarsError: for a missing column, and for a value that its type cannot hold.
    """
    schema = polars_schema(table)
    if list(frame.schema.items()) != list(schema.items()):
        frame = frame.select(pl.col(name).cast(dtype, strict=True) for name, dtype in schema.items())
    return _sorted(frame, table.key)


def encode(frame: pl.DataFrame, table: Table, origin: Origin | None = None) -> bytes:
    """Return the table as Parquet: the same bytes for the same rows, in whatever order they come.

    Each field carries its `description` and `unit` as Arrow field metadata; the file carries `table`, `description` and
    `key`. With a geometry column (WKB, longitude and latitude in degrees) the file is GeoParquet 1.1 in OGC:CRS84.
    The file says its `origin`, real or synthetic, where that is given. Raises what `conform` raises.
    """
    content = conform(frame, table).rechunk()
    return _parquet(content, table, origin) if content.height else _without_rows(_unruled(table), origin)


def _parquet(content: pl.DataFrame, table: Table, origin: Origin | None) -> bytes:
    metadata = _file_metadata(content, table) | ({"origin": origin.value} if origin else {})
    # Twice, in the footer and in the Arrow schema that it carries: readers look in one or in the other.
    documented = pa.schema(_fields(table.columns), metadata)
    out = io.BytesIO()
    content.write_parquet(
        out,
        compression="zstd",
        compression_level=ZSTD_LEVEL,
        statistics=True,
        row_group_size=ROW_GROUP_ROWS,
        metadata=metadata,
        arrow_schema=documented,
    )
    return out.getvalue()


@lru_cache(maxsize=128)
def _without_rows(table: Table, origin: Origin | None) -> bytes:
    """Write a table without rows. Kept: of a dataset's many partitions, most leave the same table empty."""
    return _parquet(empty(table), table, origin)


def _unruled(table: Table) -> Table:
    """Return a table without what its bytes do not depend on, and which cannot be a key of what is kept."""
    return replace(table, rules=(), derived=None)


def decode(content: bytes, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Read what `encode` wrote, or some columns of it."""
    return pl.read_parquet(content, columns=list(columns) if columns is not None else None)


def encode_quarantine(frame: pl.DataFrame) -> bytes:
    """Return rows held back as NDJSON, one object a line, sorted; nothing held back is no bytes."""
    if frame.is_empty():
        return b""
    ordered = frame.select(pl.col(name).cast(dtype) for name, dtype in QUARANTINE_SCHEMA.items())
    out = io.BytesIO()
    ordered.sort(["wire", "source_file", "source_line", "rule", "row"]).write_ndjson(out)
    return out.getvalue()


def decode_quarantine(content: bytes) -> pl.DataFrame:
    """Read what `encode_quarantine` wrote."""
    if not content:
        return pl.DataFrame(schema=QUARANTINE_SCHEMA)
    return pl.read_ndjson(content, schema=QUARANTINE_SCHEMA)


def _sorted(frame: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    if _ascends(frame, key):
        return frame
    columns = pl.col(key[0]) if len(key) == 1 else pl.struct(key)
    if frame.select(columns.n_unique()).item() == frame.height:
        return frame.sort(key)
    # Rows that share a key against the rules still get one order of their own: that of their other columns.
    return frame.sort([*key, *(name for name in frame.columns if name not in key)])


def _ascends(frame: pl.DataFrame, key: tuple[str, ...]) -> bool:
    """Say whether each row comes strictly after the one before it: then the order is right, and no key repeats.

    False where a part of the key is null. Series are compared, not expressions: a query has its price each time.
    """
    if frame.height == 0:
        return True
    columns = [frame.get_column(name) for name in key]
    if any(column.null_count() for column in columns):
        return False
    *first, last = [(column.slice(1), column.slice(0, frame.height - 1)) for column in columns]
    above = last[0] > last[1]
    for here, before in reversed(first):
        above = (here > before) | ((here == before) & above)
    return bool(above.all())


@lru_cache(maxsize=128)
def _fields(columns: tuple[Column, ...]) -> list[pa.Field]:
    """Return the columns as Arrow fields with their documentation. They depend on the specification alone: kept."""
    plain = pl.DataFrame(schema={column.name: _TYPES[column.dtype] for column in columns}).to_arrow().schema
    return [_field(plain.field(column.name), column) for column in columns]


def _field(field: pa.Field, column: Column) -> pa.Field:
    documentation = {"description": column.description} | ({"unit": column.unit} if column.unit else {})
    return field.with_metadata(documentation).with_nullable(nullable=True)


def _file_metadata(frame: pl.DataFrame, table: Table) -> dict[str, str]:
    metadata = {"table": table.name, "description": table.description, "key": ",".join(table.key)}
    if table.geometry_column:
        metadata["geo"] = json.dumps(_geo(frame, table.geometry_column), separators=(",", ":"))
    return metadata


def _geo(frame: pl.DataFrame, column: str) -> dict[str, object]:
    headers = frame.get_column(column).bin.head(_WKB_HEADER_BYTES).drop_nulls().unique().to_list()
    types = sorted({_geometry_type(cast("bytes", header)) for header in headers})
    described = {"encoding": "WKB", "geometry_types": types, "crs": CRS84, "edges": "planar"}
    return {"version": "1.1.0", "primary_column": column, "columns": {column: described}}


def _geometry_type(header: bytes) -> str:
    """Name a WKB header's geometry type (OGC 06-103r4, 8.2.8: a byte-order mark, then an unsigned 32-bit code)."""
    code = int.from_bytes(header[1:], "little" if header[0] else "big")
    return _WKB_TYPES[code - 1]
