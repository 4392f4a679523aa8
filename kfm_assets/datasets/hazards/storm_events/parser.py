"""NCEI Storm Events CSV files to wire frames of verbatim text. Nothing is judged here but the file's form.

The columns are those of
https://www.ncei.noaa.gov/pub/data/swdi/stormevents/csvfiles/Storm-Data-Bulk-csv-Format.pdf, in the files' order.
"""

from __future__ import annotations

import re

import polars as pl

from kfm_assets.datasets import delimited
from kfm_assets.datasets.delimited import verbatim
from kfm_assets.datasets.hazards.storm_events.specification import DETAILS_WIRE, FATALITIES_WIRE, SPECIFICATION
from kfm_assets.datasets.program import PARTITION, Payload

__all__ = ["DETAILS_HEADER", "FATALITIES_HEADER", "parse", "verbatim"]

DETAILS_HEADER = (
    *("BEGIN_YEARMONTH", "BEGIN_DAY", "BEGIN_TIME", "END_YEARMONTH", "END_DAY", "END_TIME", "EPISODE_ID", "EVENT_ID"),
    *("STATE", "STATE_FIPS", "YEAR", "MONTH_NAME", "EVENT_TYPE", "CZ_TYPE", "CZ_FIPS", "CZ_NAME", "WFO"),
    *("BEGIN_DATE_TIME", "CZ_TIMEZONE", "END_DATE_TIME", "INJURIES_DIRECT", "INJURIES_INDIRECT", "DEATHS_DIRECT"),
    *("DEATHS_INDIRECT", "DAMAGE_PROPERTY", "DAMAGE_CROPS", "SOURCE", "MAGNITUDE", "MAGNITUDE_TYPE", "FLOOD_CAUSE"),
    *("CATEGORY", "TOR_F_SCALE", "TOR_LENGTH", "TOR_WIDTH", "TOR_OTHER_WFO", "TOR_OTHER_CZ_STATE"),
    *("TOR_OTHER_CZ_FIPS", "TOR_OTHER_CZ_NAME", "BEGIN_RANGE", "BEGIN_AZIMUTH", "BEGIN_LOCATION", "END_RANGE"),
    *("END_AZIMUTH", "END_LOCATION", "BEGIN_LAT", "BEGIN_LON", "END_LAT", "END_LON", "EPISODE_NARRATIVE"),
    *("EVENT_NARRATIVE", "DATA_SOURCE"),
)
FATALITIES_HEADER = (
    *("FAT_YEARMONTH", "FAT_DAY", "FAT_TIME", "FATALITY_ID", "EVENT_ID", "FATALITY_TYPE", "FATALITY_DATE"),
    *("FATALITY_AGE", "FATALITY_SEX", "FATALITY_LOCATION", "EVENT_YEARMONTH"),
)

_HEADERS = {DETAILS_WIRE: DETAILS_HEADER, FATALITIES_WIRE: FATALITIES_HEADER}
_DATED_BY = {DETAILS_WIRE: "BEGIN_YEARMONTH", FATALITIES_WIRE: "EVENT_YEARMONTH"}
_NAMES = {feed.wire: re.compile(feed.file_name) for feed in SPECIFICATION.upstream.feeds}
_YEAR_AND_MONTH = r"^(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])$"


def parse(payload: Payload) -> pl.DataFrame:
    """Return a row for each record, with LINE and PARTITION: 51 text columns for details, 11 for fatalities.

    The century stands in BEGIN_YEARMONTH alone (BEGIN_DATE_TIME has two digits). PARTITION is the file's year for every
    row that can be dated, so that a row of another year is judged with the file that holds it; where the name has no
    year it is the row's own.

    Raises:
        BadInput: when the file is not a Storm Events file of that wire, whole and in UTF-8.
    """
    frame = delimited.read(payload, [_HEADERS[payload.wire]])
    dated = pl.col(_DATED_BY[payload.wire])
    named = _NAMES[payload.wire].search(payload.name)
    year = pl.lit(named["partition"]) if named else dated.str.slice(0, 4)
    return frame.with_columns(pl.when(dated.str.contains(_YEAR_AND_MONTH)).then(year).alias(PARTITION))
