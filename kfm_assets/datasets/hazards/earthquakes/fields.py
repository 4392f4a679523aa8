"""From a field's text to its value, as expressions: instants, numbers, words. What is not readable becomes null."""

from __future__ import annotations

import polars as pl

CSV_15 = (
    *("time", "latitude", "longitude", "depth", "mag", "magType", "nst", "gap", "dmin", "rms"),
    *("net", "id", "updated", "place", "type"),
)
"""The columns of ComCat's CSV until 2015."""

CSV_22 = (*CSV_15, "horizontalError", "depthError", "magError", "magNst", "status", "locationSource", "magSource")
"""The columns since: https://earthquake.usgs.gov/earthquakes/feed/v1.0/csv.php"""

_ISO = r"^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:[0-5]\d(?:\.\d{1,9})?)(?:Z|[+-]00:?00)$"
_MILLISECONDS = r"^(-?\d{1,14})$"
_NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_LAST_MILLISECOND = 253_402_300_799_999  # of the year 9999
_NUTTLI = ("mblg", "mlg")
_MOST_STATIONS = 2**31 - 1


def filled(column: str) -> pl.Expr:
    """Return whether a field has anything in it."""
    return pl.col(column).str.strip_chars() != ""


def words(column: str) -> pl.Expr:
    """Return a field's text without white space at its ends; null where nothing is left."""
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def instant(column: str) -> pl.Expr:
    """Return an instant in UTC, to the microsecond; null where the text is none.

    CSV has ISO 8601 in UTC, GeoJSON milliseconds since 1970 (both: https://earthquake.usgs.gov/data/comcat/).
    """
    text = pl.col(column).str.strip_chars()
    written = pl.concat_str(text.str.extract(_ISO, 1), pl.lit("T"), text.str.extract(_ISO, 2))
    counted = text.str.extract(_MILLISECONDS, 1).cast(pl.Int64, strict=False)
    return (
        pl.coalesce(
            written.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_unit="us", strict=False),
            pl.from_epoch(pl.when(counted <= _LAST_MILLISECOND).then(counted), time_unit="ms").cast(pl.Datetime("us")),
        )
        .dt.replace_time_zone("UTC")
        .alias(column)
    )


def number(column: str, least: float, most: float) -> pl.Expr:
    """Return a decimal number from `least` to `most`; null where the text is none."""
    text = pl.col(column).str.strip_chars()
    value = pl.when(text.str.contains(_NUMBER)).then(text).cast(pl.Float64, strict=False)
    return pl.when((value >= least) & (value <= most)).then(value).alias(column)


def count(column: str) -> pl.Expr:
    """Return a whole number from 0; null where the text is none."""
    value = number(column, 0, _MOST_STATIONS)
    return pl.when(value == value.floor()).then(value).cast(pl.Int32).alias(column)


def magnitude_type(column: str) -> pl.Expr:
    """Return the method of a magnitude in one spelling: lower case, and mb_lg for mbLg and mLg.

    USGS lists the spellings of each method: https://www.usgs.gov/programs/earthquake-hazards/magnitude-types
    """
    lower = words(column).str.to_lowercase()
    return pl.when(lower.is_in(_NUTTLI)).then(pl.lit("mb_lg")).otherwise(lower)


def event_type(column: str) -> pl.Expr:
    """Return the type of an event in one spelling: lower case, words apart (`quarry_blast` is `quarry blast`)."""
    return words(column).str.to_lowercase().str.replace_all("_", " ")
