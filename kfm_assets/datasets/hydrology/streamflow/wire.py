"""The form that both of NWIS' formats are read into: one row for each value of a time series, as text.

A wire row is a value, not a line: a line of RDB may hold values of several time series, and WaterML has no lines.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import cast

import numpy as np
import polars as pl

from kfm_assets.datasets.hydrology.streamflow.codes import zone_minutes
from kfm_assets.datasets.program import LINE

AT = "at"
"""When a value holds: an instant in UTC of instantaneous values, a day of daily ones; null where it cannot be read."""

STATE, RETRIEVED = "state", "retrieved"
"""The state that the file gives for the site (see `codes.state`); when the file was retrieved, null if not said."""

TEXTS = ("site_no", "station_nm", "ts_id", "parm_cd", "stat_cd", "datetime", "tz_cd", "value", "value_cd", "no_data")
"""The verbatim text columns. `no_data` is the number that the file itself declares to stand for no value."""

SCHEMA = pl.Schema(
    {LINE: pl.Int64(), **dict.fromkeys((*TEXTS, STATE), pl.String()), RETRIEVED: pl.Datetime("us", "UTC")}
)
"""The columns of a file's rows before they are dated."""

STANDARD_TIME = timedelta(hours=-6)
"""Central Standard Time against UTC: months and days are cut by it all year round."""

NEXT_SERIES = 100_000_000
"""In an RDB line with several time series, each one after the first counts its lines from a multiple of this on."""

_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6})\d*)?\s*(\S+)")


def retrieved(text: str) -> datetime | None:
    """Read when a file was retrieved: `2025-05-20 13:25:45 EDT`, `2020-02-14 13:17:02 -05:00`, `…T21:02:27.219Z`."""
    found = _WRITTEN.match(text.strip())
    ahead = zone_minutes(found[4]) if found else None
    if not found or ahead is None:
        return None
    try:
        local = datetime.fromisoformat(f"{found[1]}T{found[2]}.{(found[3] or '0'):0<6}")
    except ValueError:
        return None
    return (local - timedelta(minutes=ahead)).replace(tzinfo=UTC)


def spelled(texts: pl.Series) -> tuple[list[str], pl.Series]:
    """Return the different texts of a column, and each row's place (UInt32) among them.

    Zones and codes come in runs, hundreds of rows long as a rule, and only the first of each run is read.
    """
    if not len(texts):
        return [], pl.Series(dtype=pl.UInt32())
    if (texts == texts[0]).all():
        return [texts[0]], pl.Series([0], dtype=pl.UInt32()).new_from_index(0, len(texts))
    begins = (texts.slice(1) != texts.slice(0, len(texts) - 1)).to_numpy()
    heads = texts[np.concatenate(([0], np.flatnonzero(begins) + 1))].to_list()
    words = {word: place for place, word in enumerate(dict.fromkeys(heads))}
    places = np.fromiter((words[head] for head in heads), np.uint32, len(heads))
    return list(words), pl.Series(places[np.concatenate(([0], np.cumsum(begins)))])


def days(at: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the days from the first to the last of some instants or days, and each one's place among them.

    An instant's day is the one in Central Standard Time. A place (UInt32) is null where there is no instant.
    """
    day = at if at.dtype == pl.Date() else (at.dt.replace_time_zone(None) + STANDARD_TIME).cast(pl.Date())
    first, last = cast("tuple[date | None, date | None]", (day.min(), day.max()))
    if first is None or last is None:
        return pl.Series(dtype=pl.Date()), pl.Series([None], dtype=pl.UInt32()).new_from_index(0, len(at))
    every = pl.date_range(first, last, "1d", eager=True)
    return every, (day.cast(pl.Int32()) - every.cast(pl.Int32())[0]).cast(pl.UInt32())
