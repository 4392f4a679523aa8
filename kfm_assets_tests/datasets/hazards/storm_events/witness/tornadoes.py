"""Tornadoes of both sides for tests: rows as they are compared, and Shapefiles as the Storm Prediction Center sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from kfm_assets.datasets.hazards.storm_events.witness import spc
from kfm_assets.datasets.hazards.storm_events.witness.synthetic import _record, _zipped

NOON = datetime(1975, 6, 1, 18, tzinfo=UTC)
SIDE = pl.Schema(
    {"id": pl.Int64, "at": pl.Datetime("us", "UTC"), "lon": pl.Float64, "lat": pl.Float64, "rating": pl.Int32}
)
HERE = pl.Schema({**SIDE, "begin_point": pl.String})
HELD = pl.Schema({**SIDE, "rule": pl.String})


def here(*rows: dict[str, object]) -> pl.DataFrame:
    return _side(rows, HERE, {"begin_point": "inside"})


def held(*rows: dict[str, object]) -> pl.DataFrame:
    return _side(rows, HELD, {"rule": "repeated"})


def there(*rows: dict[str, object]) -> pl.DataFrame:
    more = {"year": 1975, "om": 7, "end_lon": None, "end_lat": None, "rating_made_up": False, "state": "KS"}
    return _side(rows, spc.SCHEMA, more)


def _side(rows: tuple[dict[str, object], ...], schema: pl.Schema, more: dict[str, object]) -> pl.DataFrame:
    plain = {"at": NOON, "lon": -98.0, "lat": 38.0, "rating": 1} | more
    return pl.DataFrame([{"id": number} | plain | row for number, row in enumerate(rows, 1)], schema=schema)


def later(**span: float) -> datetime:
    return NOON + timedelta(**span)


def record(**changes: object) -> dict[str, object]:
    """Return a record as the center's files have it, of a tornado at noon, Central Standard Time."""
    row = {
        "at": datetime(1975, 6, 1, 12),  # noqa: DTZ001 - the file's own clock, without a zone
        "BEGIN_LAT": 38.0,
        "BEGIN_LON": -98.0,
        "END_LAT": None,
        "END_LON": None,
        "mag": 1,
        "len": 0.1,
        "wid": 10,
        "INJURIES_DIRECT": 0,
        "DEATHS_DIRECT": 0,
    }
    return _record(1, row) | changes


def zipped(*records: dict[str, object]) -> bytes:
    return _zipped("1950-2018-torn-initpoint", list(records))
