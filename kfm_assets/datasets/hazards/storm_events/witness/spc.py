"""The Storm Prediction Center's Shapefile of tornadoes to a frame. What it says is not judged here.

Format: https://www.spc.noaa.gov/wcm/data/SPC_severe_database_description.pdf. Of its peculiarities:

- `om`, the tornado's number, begins anew each year, so it names a tornado only together with `yr`;
- `tz` is 3 for Central Standard Time, all year, and 9 for UTC; records with another one have no instant;
- `mag` is the rating, -9 where there is none; `fc` is 1 where the center made it up from length and property loss;
- `loss` is a class from 0 to 9 until 1995, millions of dollars until 2015, and dollars since: it is not read;
- a tornado without an end has an end at 0, or 0.0001 degrees from its beginning: it has no track.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

import polars as pl
import shapefile

from kfm_assets.datasets.program import Payload
from kfm_assets.errors import BadInput

SCHEMA = pl.Schema(
    {
        "id": pl.Int64(),
        "om": pl.Int64(),
        "year": pl.Int64(),
        "at": pl.Datetime("us", "UTC"),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "end_lon": pl.Float64(),
        "end_lat": pl.Float64(),
        "rating": pl.Int32(),
        "rating_made_up": pl.Boolean(),
        "state": pl.String(),
    }
)
"""One row for each tornado: `id` is the record's number in its file, from 1; degrees; `at` null where not known."""

_FIELDS = ("om", "yr", "date", "time", "tz", "st", "mag", "slat", "slon", "elat", "elon", "fc")
_OFFSETS = {3: "-0600", 9: "+0000"}
_PARTS = (".shp", ".shx", ".dbf")
_SHAPE_BYTES, _HEADER_BYTES = 28, 100
"""Bytes of a point in an .shp file, its own header included, and of the file's header (ESRI, July 1998)."""
_MOST_BYTES = 2**28
_AGAIN = "fetch it again from https://www.spc.noaa.gov/gis/svrgis/"
_UNREADABLE = (shapefile.ShapefileException, struct.error, ValueError, IndexError, KeyError, TypeError, OSError)


def read(files: Sequence[Payload]) -> pl.DataFrame:
    """Return all tornadoes of some files: zips, or the parts of Shapefiles; of several editions of a year the newest.

    Raises:
        BadInput: when a zip is none, a part is missing, or a file is not the center's.
    """
    return _read(tuple(sorted(files, key=lambda file: file.name)))


@lru_cache(maxsize=4)
def _read(files: tuple[Payload, ...]) -> pl.DataFrame:
    editions = [
        _tornadoes(name, parts).with_columns(pl.lit(name).alias("file")) for name, parts in _editions(files).items()
    ]
    if not editions:
        return pl.DataFrame(schema=SCHEMA)
    rows = pl.concat(editions)
    # A file is called by the years that it spans, so of two the one that goes further is the newer one.
    ranked = rows.with_columns(
        pl.struct(pl.col("file").str.extract(r"\d{4}-(\d{4})-torn"), pl.col("file").alias("name"))
        .rank("dense")
        .alias("rank")
    )
    return ranked.filter(pl.col("rank") == pl.col("rank").max().over("year")).select(SCHEMA.names())


def _editions(files: Sequence[Payload]) -> dict[str, dict[str, bytes]]:
    """Return the parts of each Shapefile, by its name without a suffix."""
    editions: dict[str, dict[str, bytes]] = {}
    for file in files:
        stem, _, suffix = file.name.rpartition(".")
        parts = _unzipped(file) if suffix.lower() == "zip" else {f".{suffix.lower()}": file.content}
        editions.setdefault(stem, {}).update(parts)
    return editions


def _unzipped(file: Payload) -> Mapping[str, bytes]:
    parts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
            for member in archive.infolist():
                suffix = "." + member.filename.lower().rpartition(".")[2]
                if suffix in _PARTS:
                    if suffix in parts or member.file_size > _MOST_BYTES:
                        raise BadInput(f"{file.name} holds several {suffix} files, or one over 256 MiB", advice=_AGAIN)
                    parts[suffix] = archive.read(member)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError) as error:
        raise BadInput(f"{file.name} is not a sound zip: {error}", advice=_AGAIN) from error
    return parts


def _tornadoes(name: str, parts: Mapping[str, bytes]) -> pl.DataFrame:
    missing = [part for part in _PARTS if part not in parts]
    if missing:
        raise BadInput(f"{name} lacks its {', '.join(missing)}", advice="a Shapefile is three files of one name")
    try:
        with shapefile.Reader(dbf=io.BytesIO(parts[".dbf"])) as reader:
            lacking = {field.lower() for field in _FIELDS} - {field.name for field in reader.fields}
            if lacking:
                raise BadInput(f"{name} lacks the column {', '.join(sorted(lacking))}", advice="is it of tornadoes?")
            rows = [
                _row(number, record.as_dict()) for number, record in enumerate(reader.iterRecords(list(_FIELDS)), 1)
            ]
    except _UNREADABLE as error:
        raise BadInput(f"{name} holds no readable Shapefile: {str(error)[:200]}", advice=_AGAIN) from error
    shapes = (len(parts[".shp"]) - _HEADER_BYTES) // _SHAPE_BYTES
    if shapes != len(rows):
        raise BadInput(f"{name} has {shapes} shapes for {len(rows)} records", advice=_AGAIN)
    return pl.DataFrame(rows, schema={**SCHEMA, "at": pl.String()}, orient="row", strict=False).with_columns(
        pl.col("at").str.to_datetime("%Y-%m-%d %H:%M:%S%z", time_unit="us", strict=False).dt.convert_time_zone("UTC")
    )


def _row(number: int, record: Mapping[str, object]) -> tuple[object, ...]:
    offset = _OFFSETS.get(int(str(record["tz"])))
    rating = int(str(record["mag"]))
    end = (record["elon"], record["elat"]) if record["elat"] else (None, None)
    return (
        number,
        record["om"],
        record["yr"],
        f"{record['date']} {record['time']}{offset}" if offset and re.match(r"\d", str(record["time"])) else None,
        record["slon"],
        record["slat"],
        *end,
        rating if rating >= 0 else None,
        record["fc"] == 1,
        record["st"],
    )
