"""The fatalities wire: each death follows its event; what is left of it becomes the table."""

from __future__ import annotations

import polars as pl

from kfm_assets.datasets.hazards.storm_events import fields
from kfm_assets.datasets.hazards.storm_events.details import OUTSIDE, RULE

_FATE = "_fate"


def judged(partition: str, rows: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Add to each wire row what its fields mean, and under `rule` what keeps it out of the table, null where nothing.

    `events` are the judged rows of the details: a death whose event is in another state is out of scope as well, one
    whose event is held back is held back.
    """
    read = rows.with_columns(
        fields.whole("FATALITY_ID", pl.Int64).alias("fatality_id"),
        fields.whole("EVENT_ID", pl.Int64).alias("event_id"),
        fields.whole("FATALITY_AGE").alias("age_years"),
        fields.clock("FAT_YEARMONTH", "FAT_DAY", "FAT_TIME").alias("died_local"),
    )
    followed = read.join(_fates(events), on="event_id", how="left", maintain_order="left")
    return followed.with_columns(_rule(partition).alias(RULE))


def table(judged: pl.DataFrame) -> pl.DataFrame:
    """Return the table's columns of rows under no rule. The time of death is on the event's clock."""
    return judged.filter(pl.col(RULE).is_null()).select(
        "fatality_id",
        "event_id",
        fields.text("FATALITY_TYPE").alias("fatality_type"),
        (pl.col("died_local") - pl.duration(hours=pl.col("utc_offset_hours")))
        .dt.replace_time_zone("UTC")
        .alias("died_utc"),
        "age_years",
        fields.text("FATALITY_SEX").alias("sex"),
        fields.text("FATALITY_LOCATION").alias("location"),
    )


def _fates(events: pl.DataFrame) -> pl.DataFrame:
    """Return for each EVENT_ID what became of it: "" in the table, or a rule; of several rows the best fate counts."""
    fate = pl.col(RULE).fill_null("")
    best = pl.when(fate == "").then(0).when(fate == OUTSIDE).then(1).otherwise(2)
    narrow = events.select("event_id", "utc_offset_hours", fate.alias(_FATE), best.alias("_rank"))
    known = narrow.filter(pl.col("event_id").is_not_null())
    return known.sort("_rank").unique("event_id", keep="first", maintain_order=True).drop("_rank")


def _rule(partition: str) -> pl.Expr:
    died_given = pl.any_horizontal(pl.col(name) != "" for name in ("FAT_YEARMONTH", "FAT_DAY", "FAT_TIME"))
    return (
        pl.when(pl.col("EVENT_ID").ne("") & pl.col(_FATE).eq(OUTSIDE))
        .then(pl.lit(OUTSIDE))
        .when(pl.col("EVENT_YEARMONTH").str.slice(0, 4) != partition)
        .then(pl.lit("other_year"))
        .when(pl.col("fatality_id").is_null() | pl.col("event_id").is_null())
        .then(pl.lit("id_unreadable"))
        .when(~pl.col("fatality_id").is_first_distinct())
        .then(pl.lit("id_repeated"))
        .when(pl.col("FATALITY_TYPE").str.strip_chars() == "")
        .then(pl.lit("type_missing"))
        .when(fields.unreadable("FATALITY_AGE", pl.col("age_years")))
        .then(pl.lit("number_unreadable"))
        .when(died_given & pl.col("died_local").is_null())
        .then(pl.lit("time_unreadable"))
        .when(pl.col(_FATE).is_null())
        .then(pl.lit("event_unknown"))
        .when(pl.col(_FATE) != "")
        .then(pl.lit("event_held_back"))
    )
