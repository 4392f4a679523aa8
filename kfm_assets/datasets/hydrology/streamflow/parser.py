"""NWIS' files, RDB or WaterML-JSON, to wire frames of one form, dated. No row is judged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from kfm_assets.datasets.hydrology.streamflow import rdb, reading, waterml
from kfm_assets.datasets.hydrology.streamflow.codes import zone_minutes
from kfm_assets.datasets.hydrology.streamflow.specification import FIRST, INSTANTANEOUS_WIRE
from kfm_assets.datasets.hydrology.streamflow.wire import AT, days, spelled
from kfm_assets.datasets.program import PARTITION, Payload
from kfm_assets.errors import BadInput

_FIRST_DAY = date.fromisoformat(f"{FIRST}-01")


def parse(payload: Payload) -> pl.DataFrame:
    """Return a row for each value: `wire.SCHEMA`, the instant or day that it holds for, what it reads as, PARTITION.

    The partition is the month of the instant in Central Standard Time, or of the day; null where there is neither, and
    before the first partition.

    Raises:
        BadInput: when the file is empty, a web page, or what `rdb.read` and `waterml.read` refuse.
    """
    head = _head(payload)
    if not head:
        raise BadInput(f"{payload.name} is empty", advice="fetch it again")
    if head.startswith(b"<"):
        advice = "open it in a browser: it may say what is wrong; WaterML is read in its JSON form only"
        raise BadInput(f"{payload.name} is a web page or XML, not RDB or JSON", advice=advice)
    is_json = _is_json(head)
    rows = waterml.read(payload) if is_json else rdb.read(payload)
    return read_texts(rows, payload.wire, is_json=is_json)


def read_texts(rows: pl.DataFrame, wire: str, *, is_json: bool) -> pl.DataFrame:
    """Add to a file's rows of the form `wire.SCHEMA` what is read from their texts: all that `parse` returns beside."""
    dated = _instants(rows, is_json=is_json) if wire == INSTANTANEOUS_WIRE else _days(rows)
    every, places = days(dated[AT])
    return reading.read(dated, every, places).with_columns(_month(every, places))


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return the exact text of some rows: an RDB line as a whole, a WaterML value by its position. Raises BadInput."""
    return waterml.verbatim(payload, lines) if _is_json(_head(payload)) else rdb.verbatim(payload, lines)


def _head(payload: Payload) -> bytes:
    return payload.content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_json(head: bytes) -> bool:
    return head.startswith((b"{", b"["))


def _instants(rows: pl.DataFrame, *, is_json: bool) -> pl.DataFrame:
    """Add the instant: what the clock showed, by the zone that stands beside it."""
    zones, places = spelled(rows["tz_cd"])
    minutes = [zone_minutes(zone) for zone in zones]
    told = [None if one is None else timedelta(minutes=one) for one in minutes]
    ahead = pl.Series(told, dtype=pl.Duration("us")).gather(places)
    clock, form = rows["datetime"], "%Y-%m-%d %H:%M"
    if is_json:
        clock, form = clock.str.replace(r"(?:Z|[+-]\d\d:?\d\d)$", ""), "%Y-%m-%dT%H:%M:%S%.f"
    # No time occurs twice as a rule, so a cache of those that were read would only cost.
    local = clock.str.to_datetime(form, time_unit="us", strict=False, cache=False)
    return rows.hstack([(local - ahead).dt.replace_time_zone("UTC").alias(AT)])


def _days(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the day; WaterML gives it as that day's midnight."""
    day = pl.col("datetime").str.extract(r"^(\d{4}-\d\d-\d\d)(?:T00:00:00(?:\.0+)?)?$", 1)
    return rows.with_columns(day.str.to_date("%Y-%m-%d", strict=False).alias(AT))


def _month(every: pl.Series, places: pl.Series) -> pl.Series:
    """Name each row's month; null before the first partition. A file has few days: each is named once."""
    names = pl.select(pl.when(every >= _FIRST_DAY).then(every.dt.strftime("%Y-%m"))).to_series()
    return names.gather(places).alias(PARTITION)
