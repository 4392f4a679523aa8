"""Which row counts where several give a site's value for one instant or day. Pure over frames.

Of the rows that share a key, in this order:

1. those of the latest retrieval count; a file that does not say when it was retrieved is the oldest;
2. of several time series in it, one with a number comes before one without, then the one of the lowest number does;
3. where that series has two different values or codes, nothing says which is right: none counts (`conflicting`);
4. otherwise the first row by file and line counts, and the others repeat it.

A row of an earlier retrieval is `superseded`, or `repeated` where it says the same as the one that counts. It is
superseded too where the latest retrieval has nothing that can be used: what was withdrawn, or came garbled, is not
published as if it still stood.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl

from kfm_assets.datasets.hydrology.streamflow.reading import FT3S, REASON
from kfm_assets.datasets.hydrology.streamflow.wire import RETRIEVED
from kfm_assets.datasets.program import FILE, LINE

FATE, BEFORE = "fate", "value_before"
_OLD, _SAME_VALUE, _SAME_CODES, _OTHER, _CONFLICT = "_old", "_same_value", "_same_codes", "_other", "_conflict"

_NEVER = datetime.min.replace(tzinfo=UTC)


def settled(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Return the rows sorted by a key, with FATE (null for the one that counts) and BEFORE, the value it replaced.

    BEFORE is the value, as it was written, of the latest earlier retrieval that had another one.
    """
    if ascending(rows, key):
        nothing = pl.Series([None], dtype=pl.String).new_from_index(0, rows.height)
        return rows.hstack([nothing.alias(FATE), nothing.alias(BEFORE)])
    ranked = _ranked(rows, key)
    first = {name: pl.col(name).first().over(key) for name in (RETRIEVED, FT3S, REASON, "value_cd", "ts_id")}
    told = ranked.with_columns(
        pl.col(RETRIEVED).ne_missing(first[RETRIEVED]).alias(_OLD),
        (pl.col(FT3S).eq_missing(first[FT3S]) & pl.col(REASON).eq_missing(first[REASON])).alias(_SAME_VALUE),
        (pl.col("value_cd") == first["value_cd"]).alias(_SAME_CODES),
        (pl.col("ts_id") != first["ts_id"]).alias(_OTHER),
    )
    current = ~pl.col(_OLD) & ~pl.col(_OTHER)
    same = pl.col(_SAME_VALUE) & pl.col(_SAME_CODES)
    judged = told.with_columns((current & ~same).any().over(key).alias(_CONFLICT))
    fate = (
        pl.when(current & pl.col(_CONFLICT))
        .then(pl.lit("conflicting"))
        .when(pl.col(_OLD) & ~(same & ~pl.col(_CONFLICT)))
        .then(pl.lit("superseded"))
        .when(~pl.col(_OLD) & pl.col(_OTHER))
        .then(pl.lit("other_series"))
        .when(pl.struct(key).is_first_distinct().not_())
        .then(pl.lit("repeated"))
    )
    before = pl.col("value").filter(pl.col(_OLD) & ~pl.col(_SAME_VALUE)).first().over(key)
    return judged.with_columns(fate.alias(FATE), before.alias(BEFORE))


def withdrawn(rows: pl.DataFrame, fates: pl.Series, key: Sequence[str], unusable: Collection[str]) -> pl.Series:
    """Return fates with the rows superseded of whose key a later retrieval has a value under one of these rules."""
    is_unusable = fates.is_in(list(unusable)) & fates.is_not_null()
    if not is_unusable.any():
        return fates
    at = rows[RETRIEVED].fill_null(_NEVER)
    told = rows.select(key).with_columns(fates.alias(FATE), at.alias(RETRIEVED), is_unusable.alias(_OTHER))
    latest = pl.col(RETRIEVED).filter(pl.col(_OTHER)).max().over(key)
    gone = pl.col(FATE).is_null() & (pl.col(RETRIEVED) < latest)
    return told.select(pl.when(gone).then(pl.lit("superseded")).otherwise(FATE).alias(FATE)).to_series()


def ascending(rows: pl.DataFrame, key: Sequence[str]) -> bool:
    """Say whether rows of one site come strictly one after the other: then no two share the key."""
    first, *others = (rows[name] for name in key)
    one_series = all(one.null_count() == 0 and (one == one[0]).all() for one in (first, *others[1:]) if len(one))
    at = others[0].cast(pl.Int64)
    return one_series and at.null_count() == 0 and bool((np.diff(at.to_numpy()) > 0).all())


def _ranked(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    number = pl.col("ts_id").cast(pl.Int64, strict=False)
    order = [
        *((pl.col(name), False) for name in key),
        (pl.col(RETRIEVED), True),
        (pl.col(FT3S).is_null(), False),
        *((one, False) for one in (number, pl.col("ts_id"), pl.col(FILE), pl.col(LINE))),
    ]
    return rows.sort([one for one, _ in order], descending=[down for _, down in order], nulls_last=True)
