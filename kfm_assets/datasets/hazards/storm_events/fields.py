"""The text of a Storm Events field as a number, an amount, an instant: polars expressions, null where it has none.

Each comes in two parts: what the text means, and whether it could not be read. Blank is legal and means "not known".
"""

from __future__ import annotations

import polars as pl

METRES_PER_MILE = 1609.344
METRES_PER_YARD = 0.9144
MM_PER_INCH = 25.4
M_S_PER_KNOT = 1852 / 3600
"""The international mile, yard, inch and knot (NIST Special Publication 811, appendix B)."""

_AMOUNT = r"^([0-9]{1,12}(?:\.[0-9]{0,6})?|\.[0-9]{1,6})?([HKMB]?)$"
_DOLLARS = {"": 1.0, "H": 1e2, "K": 1e3, "M": 1e6, "B": 1e9}

CENTRAL = -6
_LABELS = {"EST": -5, "EDT": -4, "CST": CENTRAL, "CDT": -5, "MST": -7, "MDT": -6, "GMT": 0, "UTC": 0}
_PACIFIC = ("PST", "PST-8", "PDT", "PDT-7")
_STANDARD = ("CST", "CST-6", "MST", "MST-7")


def text(name: str) -> pl.Expr:
    """Return a field's text, null where blank."""
    return pl.when(pl.col(name) != "").then(pl.col(name))


def whole(name: str, dtype: type[pl.Int32 | pl.Int64] = pl.Int32) -> pl.Expr:
    """Return a field of decimal digits as a whole number; null for anything else, a sign included."""
    number = pl.col(name).cast(dtype, strict=False)
    return pl.when((number >= 0) & ~pl.col(name).str.starts_with("+") & ~pl.col(name).str.starts_with("-")).then(number)


def real(name: str, least: float = 0.0, most: float = 1e9) -> pl.Expr:
    """Return a field as a number between two bounds; null for anything else, NaN included."""
    number = pl.col(name).cast(pl.Float64, strict=False)
    return pl.when(number.is_between(least, most)).then(number)


def unreadable(name: str, value: pl.Expr) -> pl.Expr:
    """Say whether a field holds something that its value does not."""
    return (pl.col(name) != "") & value.is_null()


def positive(value: pl.Expr, factor: float) -> pl.Expr:
    """Return a measure in other units, null where it is 0: the upstream writes 0 for what was not measured."""
    return pl.when(value > 0).then(value * factor)


def dollars(name: str) -> pl.Expr:
    """Return an amount of damage in dollars: a number, then H, K, M or B for 10², 10³, 10⁶ or 10⁹.

    Blank, and a letter without a number, which older rows have, are not known: null. So is what cannot be read;
    `is_amount` tells them apart. Source: NCEI's format description ("10.00K = $10,000"), and for H the Storm Data
    user's guide (NWS Operations Manual, chapter F-42).
    """
    amount = pl.col(name).str.to_uppercase()
    number = amount.str.extract(_AMOUNT, 1).cast(pl.Float64, strict=False)
    factor = amount.str.extract(_AMOUNT, 2).replace_strict(_DOLLARS, default=None, return_dtype=pl.Float64)
    return (number * factor).round(2)


def is_amount(name: str) -> pl.Expr:
    """Say whether a field is blank or an amount that `dollars` knows how to read."""
    return pl.col(name).str.to_uppercase().str.contains(_AMOUNT)


def clock(year_month: str, day: str, time: str) -> pl.Expr:
    """Return year and month (`197504`), day (`23`) and time (`2323`, `5` for five past midnight) as a local instant.

    Null where a part is missing or no such day or time exists. The century comes from the year and month; the other
    fields that repeat the date have two-digit years.
    """
    months, days, minutes = whole(year_month), whole(day), whole(time)
    exists = months.is_between(190001, 209912) & minutes.is_between(0, 2359) & (minutes % 100 < 60)  # noqa: PLR2004
    stamp = pl.format("{}-{}-{}", months // 100, months % 100, days)
    date = stamp.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(exists).then(date.cast(pl.Datetime("us")) + pl.duration(minutes=minutes // 100 * 60 + minutes % 100))


def offset_hours(name: str) -> pl.Expr:
    """Return the offset from UTC in hours with which the times of a row are to be read; null for an unknown label.

    NWS Instruction 10-1605 has all times entered in local standard time. A label is taken at its word, daylight time
    included; only Pacific labels, which no part of Kansas has, are read as Central Standard Time. The reasons, with
    what the recorded years show, are in the dataset's documentation.
    """
    return _label(name).replace_strict(_OFFSETS, default=None, return_dtype=pl.Int32)


def time_zone_reading(name: str) -> pl.Expr:
    """Return how a row's label was read: standard, as_labelled or corrected."""
    label = _label(name)
    corrected = pl.when(label.is_in(_PACIFIC)).then(pl.lit("corrected"))
    return corrected.when(label.is_in(_STANDARD)).then(pl.lit("standard")).otherwise(pl.lit("as_labelled"))


def _label(name: str) -> pl.Expr:
    return pl.col(name).str.strip_chars().str.to_uppercase()


_OFFSETS = (
    _LABELS | {f"{label}{hours}": hours for label, hours in _LABELS.items() if hours} | dict.fromkeys(_PACIFIC, CENTRAL)
)
