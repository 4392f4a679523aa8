"""NWIS' files, RDB or WaterML-JSON, to wire frames of one form, dated. No row is judged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import cast

import polars as pl

from kfm_assets.datasets.hydrology.streamflow import rdb, reading, waterml
from kfm_assets.datasets.hydrology.streamflow.codes import zone_minutes
from kfm_assets.datasets.hydrology.streamflow.specification import FIRST, INSTANTANEOUS_WIRE
from kfm_assets.datasets.hydrology.streamflow.wire import AT, standard_time
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
    return reading.read(dated).with_columns(_month(dated[AT]))


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return the exact text of some rows: an RDB line as a whole, a WaterML value by its position. Raises BadInput."""
    return waterml.verbatim(payload, lines) if _is_json(_head(payload)) else rdb.verbatim(payload, lines)


def _head(payload: Payload) -> bytes:
    return payload.content[:512].removeprefix(b"\xef\xbb\xbf").lstrip()


def _is_json(head: bytes) -> bool:
    return head.startswith((b"{", b"["))


def _instants(rows: pl.DataFrame, *, is_json: bool) -> pl.DataFrame:
    """Add the instant: what the clock showed, by the zone that stands beside it."""
    zones = {zone: zone_minutes(zone) for zone in rows["tz_cd"].unique()}
    ahead = pl.lit(None, pl.Duration("us"))
    for zone, minutes in zones.items():
        if minutes is not None:
            ahead = pl.when(pl.col("tz_cd") == zone).then(pl.lit(timedelta(minutes=minutes))).otherwise(ahead)
    clock, form = pl.col("datetime"), "%Y-%m-%d %H:%M"
    if is_json:
        clock, form = clock.str.replace(r"(?:Z|[+-]\d\d:?\d\d)$", ""), "%Y-%m-%dT%H:%M:%S%.f"
    # No time occurs twice as a rule, so a cache of those that were read would only cost.
    local = clock.str.to_datetime(form, time_unit="us", strict=False, cache=False)
    return rows.with_columns((local - ahead).dt.replace_time_zone("UTC").alias(AT))


def _days(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the day; WaterML gives it as that day's midnight."""
    day = pl.col("datetime").str.extract(r"^(\d{4}-\d\d-\d\d)(?:T00:00:00(?:\.0+)?)?$", 1)
    return rows.with_columns(day.str.to_date("%Y-%m-%d", strict=False).alias(AT))


def _month(at: pl.Series) -> pl.Series:
    """Name each row's month, in standard time where it is an instant; null before the first partition."""
    local = standard_time(at)
    days = (local.min(), local.max())
    if days == (None, None):
        return pl.Series(PARTITION, [None] * len(at), pl.String())
    # A file has few months: each is named once, not once for each row.
    first, last = (cast("date", day) for day in days)
    starts = pl.date_range(date(first.year, first.month, 1), date(last.year, last.month, 1), "1mo", eager=True)
    names = pl.select(pl.when(starts >= _FIRST_DAY).then(starts.dt.strftime("%Y-%m"))).to_series()
    places = starts.cast(local.dtype).search_sorted(local, side="right").cast(pl.Int64) - 1
    return names.gather(pl.select(pl.when(local.is_not_null()).then(places)).to_series()).alias(PARTITION)
