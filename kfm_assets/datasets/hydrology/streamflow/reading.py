"""What a file's rows say, read once for the whole file: discharge, why it is missing, what the codes say, the day.

Each is a column beside the text that it was read from; what is not readable is null. Whether that matters, and to
which row, is decided in `transform`. Codes are read once for each spelling that occurs, as a file has few of them.
"""

from __future__ import annotations

import polars as pl

from kfm_assets.datasets.hydrology.streamflow import codes
from kfm_assets.datasets.hydrology.streamflow.specification import M3_PER_FT3
from kfm_assets.datasets.hydrology.streamflow.wire import AT, standard_time

FT3S, M3S, REASON = "discharge_ft3s", "discharge_m3s", "missing_reason"
APPROVAL, ESTIMATED, SITE_DAY = "approval", "estimated", "site_day"

NO_DATA = -999999.0
"""What NWIS writes where there is no value; WaterML declares it, or another one, as noDataValue."""


def read(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the columns named above to a file's dated rows."""
    text = pl.col("value").str.strip_chars()
    number = text.cast(pl.Float64, strict=False)
    absent = (number == NO_DATA) | (number == pl.col("no_data").cast(pl.Float64, strict=False)).fill_null(value=False)
    zero = pl.when(text.str.to_lowercase() == codes.ZERO_FLOW).then(pl.lit(0.0))
    spelled = rows["value_cd"].unique().to_list() or [""]
    told = [codes.qualification(one) for one in spelled]
    coded = pl.col("value_cd")
    found = rows.with_columns(
        pl.when(number.is_finite() & ~absent).then(number).otherwise(zero).alias(FT3S),
        coded.replace_strict(spelled, [one.approval for one in told], return_dtype=pl.String).alias(APPROVAL),
        coded.replace_strict(spelled, [one.estimated for one in told], return_dtype=pl.Boolean).alias(ESTIMATED),
        _site_days(rows).alias(SITE_DAY),
    ).with_columns((pl.col(FT3S) * M3_PER_FT3).alias(M3S))
    return _explained(found)


def _site_days(rows: pl.DataFrame) -> pl.Series:
    """Name each row's site and day; there are few, so each is written once."""
    days = rows.select("site_no", standard_time(rows[AT]).cast(pl.Date()).alias("day"))
    named = pl.concat_str(pl.col("site_no"), pl.lit(" "), pl.col("day").cast(pl.String))
    written = days.unique().with_columns(named.alias(SITE_DAY))
    return days.join(written, on=["site_no", "day"], how="left", maintain_order="left")[SITE_DAY]


def _explained(rows: pl.DataFrame) -> pl.DataFrame:
    if not rows[FT3S].null_count():
        return rows.with_columns(pl.lit(None, pl.String).alias(REASON))
    fields = ["value", "value_cd", "no_data"]
    unread = rows.filter(pl.col(FT3S).is_null()).select(fields).unique()
    reasons = unread.with_columns(pl.Series(REASON, [_reason(*row) for row in unread.iter_rows()], pl.String()))
    explained = rows.join(reasons, on=fields, how="left", maintain_order="left")
    return explained.with_columns(pl.when(pl.col(FT3S).is_null()).then(REASON).alias(REASON))


def _reason(value: str, coded: str, no_data: str) -> str | None:
    """Say why a value that is no number is missing: by its own code, else by a qualification code, else by itself."""
    stripped = value.strip()
    if stripped and codes.missing(stripped):
        return codes.missing(stripped)
    number = _number(stripped)
    if stripped and (number is None or number not in {NO_DATA, _number(no_data)}):
        return None
    return codes.qualification(coded).reason or (codes.NO_DATA if stripped else codes.BLANK)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
