"""A synthetic file of the Storm Prediction Center that knows the tornadoes of a synthetic year, but for a few.

One tornado lies three kilometres elsewhere and one is rated differently; where there are ten, one is missing and one is
known to this file alone. The form is that of the center's zip, `loss` included, whose unit changes twice.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import polars as pl
import shapefile

from kfm_assets.datasets.hazards.storm_events import fields

_INTEGERS = ("om", "yr", "mo", "dy", "tz", "stf", "stn", "mag", "inj", "fat", "wid", "fc")
_ORDER = (
    *("om", "yr", "mo", "dy", "date", "time", "tz", "st", "stf", "stn", "mag", "inj", "fat", "loss", "closs"),
    *("slat", "slon", "elat", "elon", "len", "wid", "fc"),
)
_TEXTS = ("date", "time", "st")
_MANY = 10
_FIRST_DOLLARS, _FIRST_MILLIONS = 2016, 1996
_CENTRAL_STANDARD_TIME = 3
_WRITTEN = (2025, 1, 1, 0, 0, 0)
_PRJ = b'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],PRIMEM["Greenwich",0],'
_PRJ += b'UNIT["Degree",0.017453292519943295]]'


def sample(partition: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the zip that knows the tornadoes of a year's details, as the sample wrote them: the same each time."""
    (details,) = (content for name, content in files.items() if "details" in name)
    tornadoes = _tornadoes(pl.read_csv(details, infer_schema=False, empty_string_is_null=False))
    rows = _disagreeing([_record(number, row) for number, row in enumerate(tornadoes, 1)])
    name = f"{partition}-{partition}-torn-initpoint"
    return {f"{name}.zip": _zipped(name, rows)}


def _tornadoes(details: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the tornadoes in Kansas that have a point, with their instants in Central Standard Time."""
    local = fields.clock("BEGIN_YEARMONTH", "BEGIN_DAY", "BEGIN_TIME")
    central = local - pl.duration(hours=fields.offset_hours("CZ_TIMEZONE") - fields.CENTRAL)
    tornado = (pl.col("EVENT_TYPE") == "Tornado") & (pl.col("STATE") == "KANSAS") & (pl.col("BEGIN_LAT") != "")
    return (
        details.filter(tornado)
        .select(
            central.alias("at"),
            *(pl.col(name).cast(pl.Float64, strict=False) for name in ("BEGIN_LAT", "BEGIN_LON", "END_LAT", "END_LON")),
            pl.col("TOR_F_SCALE").str.extract(r"([0-5])$").cast(pl.Int64).alias("mag"),
            pl.col("TOR_LENGTH").cast(pl.Float64).alias("len"),
            pl.col("TOR_WIDTH").cast(pl.Float64).cast(pl.Int64).alias("wid"),
            *(pl.col(f"{name}_DIRECT").cast(pl.Int64) for name in ("INJURIES", "DEATHS")),
        )
        .sort("at", "BEGIN_LAT", "BEGIN_LON")
        .to_dicts()
    )


def _record(number: int, row: dict[str, Any]) -> dict[str, Any]:
    at, lat, lon = row["at"], row["BEGIN_LAT"], row["BEGIN_LON"]
    ends = row["END_LAT"] is not None
    return {
        "om": number,
        "yr": at.year,
        "mo": at.month,
        "dy": at.day,
        "date": f"{at:%Y-%m-%d}",
        "time": f"{at:%H:%M:%S}",
        "tz": _CENTRAL_STANDARD_TIME,
        "st": "KS",
        "stf": 20,
        "stn": number,
        "mag": -9 if row["mag"] is None else row["mag"],
        "inj": row["INJURIES_DIRECT"],
        "fat": row["DEATHS_DIRECT"],
        "loss": 25_000.0 if at.year >= _FIRST_DOLLARS else 0.025 if at.year >= _FIRST_MILLIONS else 4.0,
        "closs": 0.0,
        "slat": lat,
        "slon": lon,
        "elat": row["END_LAT"] if ends else 0.0,
        "elon": row["END_LON"] if ends else 0.0,
        "len": row["len"],
        "wid": row["wid"],
        "fc": 0,
    }


def _disagreeing(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Move the first tornado and rate another one; of many, leave one out and add one that nobody else knows."""
    if len(rows) > 1:
        rows[0]["slat"] += 0.03
    for row in [row for row in rows[3:] if row["mag"] >= 0][:1]:
        row["mag"] = 5
    if len(rows) >= _MANY:
        stray = rows.pop(2)
        rows.append(
            stray | {"om": len(rows) + 2, "slat": 38.5, "slon": -98.5, "elat": 0.0, "elon": 0.0, "time": "00:01:00"}
        )
    return rows


def _zipped(name: str, rows: list[dict[str, Any]]) -> bytes:
    parts = {suffix: io.BytesIO() for suffix in ("shp", "shx", "dbf")}
    with shapefile.Writer(**parts, shapeType=shapefile.POINT) as writer:
        for field in _ORDER:
            if field in _TEXTS:
                writer.field(field, "C", 80)
            else:
                writer.field(field, "N", *((18, 0) if field in _INTEGERS else (24, 15)))
        for row in rows:
            writer.point(row["slon"], row["slat"])
            writer.record(*(row[field] for field in _ORDER))
    contents = {suffix: bytearray(part.getvalue()) for suffix, part in parts.items()}
    contents["dbf"][1:4] = bytes((_WRITTEN[0] - 1900, *_WRITTEN[1:3]))  # the day of writing (dBASE III)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, content in (*contents.items(), ("prj", _PRJ)):
            archive.writestr(zipfile.ZipInfo(f"{name}.{suffix}", _WRITTEN), bytes(content))
    return out.getvalue()
