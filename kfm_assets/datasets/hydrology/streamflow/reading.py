"""What a file's rows say, read once for the whole file: discharge, why it is missing, what the codes say, the day.

Each is a column beside the text that it was read from; what is not readable is null. Whether that matters, and to
which row, is decided in `transform`. Codes are read once for each spelling that occurs, as a file has few of them.
"""

from __future__ import annotations

import polars as pl

from kfm_assets.datasets.hydrology.streamflow import codes
from kfm_assets.datasets.hydrology.streamflow.specification import M3_PER_FT3
from kfm_assets.datasets.hydrology.streamflow.wire import spelled

FT3S, M3S, REASON = "discharge_ft3s", "discharge_m3s", "missing_reason"
APPROVAL, ESTIMATED, SITE_DAY = "approval", "estimated", "site_day"

_DRY = "_dry"

NO_DATA = -999999.0
"""What NWIS writes where there is no value; WaterML declares it, or another one, as noDataValue."""


def read(rows: pl.DataFrame, every: pl.Series, places: pl.Series) -> pl.DataFrame:
    """Add the columns named above to a file's dated rows; `every` and `places` are the days of them (`wire.days`)."""
    words, coded = spelled(rows["value_cd"])
    told = [codes.qualification(one) for one in words]
    found = rows.hstack(
        [
            _values(rows).alias(FT3S),
            pl.Series(APPROVAL, [one.approval for one in told], pl.String()).gather(coded),
            pl.Series(ESTIMATED, [one.estimated for one in told], pl.Boolean()).gather(coded),
            _site_days(rows["site_no"], every, places),
        ]
    )
    explained = _explained(found)
    return explained.with_columns((explained[FT3S] * M3_PER_FT3).alias(M3S))


def _values(rows: pl.DataFrame) -> pl.Series:
    """Return the numbers, null where a text is none, or one that stands for no value."""
    number = rows["value"].cast(pl.Float64(), strict=False)
    if number.null_count():
        number = rows["value"].str.strip_chars().cast(pl.Float64(), strict=False)
    dry = number == 0
    if dry.any():
        number = number.set(dry, 0.0)  # of a `-0` too: a river without water has one value
    unusable = ~number.is_finite() | _is_no_data(rows, number)
    return number.set(unusable, None) if unusable.any() else number


def _is_no_data(rows: pl.DataFrame, number: pl.Series) -> pl.Series:
    """Return whether a number is one of those that stand for no value."""
    declared = {float(one) for one in map(_number, spelled(rows["no_data"])[0]) if one is not None}
    if declared <= {NO_DATA}:
        return number == NO_DATA
    is_declared = (rows["no_data"].cast(pl.Float64(), strict=False) == number).fill_null(value=False)
    return (number == NO_DATA) | is_declared


def _site_days(sites: pl.Series, every: pl.Series, places: pl.Series) -> pl.Series:
    """Name each row's site and day; a file has few days, so each is written once."""
    written = every.cast(pl.String())
    if len(sites) and (sites == sites[0]).all():
        return (f"{sites[0]} " + written).gather(places).alias(SITE_DAY)
    return pl.select(pl.concat_str(sites, pl.lit(" "), written.gather(places)).alias(SITE_DAY)).to_series()


def _explained(rows: pl.DataFrame) -> pl.DataFrame:
    """Add REASON where there is no number; what is said to be a zero flow in a word is one."""
    if not rows[FT3S].null_count():
        return rows.with_columns(pl.lit(None, pl.String).alias(REASON))
    fields = ["value", "value_cd", "no_data"]
    unread = rows.filter(pl.col(FT3S).is_null()).select(fields).unique()
    told = unread.with_columns(
        pl.Series(_DRY, [_is_zero(*row) for row in unread.iter_rows()], pl.Boolean()),
        pl.Series(REASON, [_reason(*row) for row in unread.iter_rows()], pl.String()),
    )
    found = rows.join(told, on=fields, how="left", maintain_order="left")
    ft3s = pl.when(pl.col(FT3S).is_null() & pl.col(_DRY)).then(pl.lit(0.0)).otherwise(pl.col(FT3S))
    explained = found.with_columns(ft3s.alias(FT3S)).drop(_DRY)
    return explained.with_columns(pl.when(pl.col(FT3S).is_null()).then(REASON).alias(REASON))


def _is_zero(value: str, coded: str, no_data: str) -> bool:
    """Say whether what is no number is a zero flow: by a code in its place, or by a qualification code beside none."""
    stripped = value.strip()
    if stripped.lower() == codes.ZERO_FLOW:
        return True
    return _is_absent(stripped, no_data) and codes.qualification(coded).zero_flow


def _reason(value: str, coded: str, no_data: str) -> str | None:
    """Say why a value that is no number is missing: by its own code, else by a qualification code, else by itself."""
    stripped = value.strip()
    if stripped and codes.missing(stripped):
        return codes.missing(stripped)
    if not _is_absent(stripped, no_data):
        return None
    return codes.qualification(coded).reason or (codes.NO_DATA if stripped else codes.BLANK)


def _is_absent(stripped: str, no_data: str) -> bool:
    """Say whether nothing stands in a value's place, or a number that stands for none."""
    number = _number(stripped)
    return not stripped or (number is not None and number in {NO_DATA, _number(no_data)})


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
