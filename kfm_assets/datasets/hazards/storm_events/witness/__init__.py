"""The Storm Prediction Center's tornadoes, held against those of Storm Events: what the two say of one year.

This package is no part of what makes a build: changing it changes no build's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import polars as pl

from kfm_assets.datasets.hazards.storm_events import fields
from kfm_assets.datasets.hazards.storm_events.parser import DETAILS_HEADER
from kfm_assets.datasets.hazards.storm_events.specification import DETAILS_WIRE, SPECIFICATION
from kfm_assets.datasets.hazards.storm_events.witness import agreement, spc
from kfm_assets.datasets.hazards.storm_events.witness.synthetic import sample
from kfm_assets.datasets.program import FILE, LINE, Hearing, Testimony
from kfm_assets.domain.canonical import Json
from kfm_assets.domain.verdict import Outcome

__all__ = ["hear", "sample"]

_MOST = 10
"""Disagreements that a person is shown; the report has all."""


def hear(hearing: Hearing) -> Testimony:
    """Compare a year's tornadoes with the witness's. Raises BadInput for a witness that cannot be read."""
    there = spc.read(hearing.files).filter(pl.col("year") == int(hearing.partition))
    if there.is_empty():
        return Testimony(Outcome.INCONCLUSIVE, f"the witness has nothing of {hearing.partition}", {}, (), {})
    sent = _sent(hearing.wires)
    found = agreement.compare(_published(hearing, sent), _held_back(hearing, sent), there)
    least = int(SPECIFICATION.witness.agreement) if SPECIFICATION.witness else 0
    counts = found.counts()
    share = int(counts["agreement_percent"])
    message = (
        f"{counts['matched']} tornadoes are in both, of {counts['here']} here and {counts['there']} there; "
        f"{counts['on_a_track']} more here are on the track of one: {share} % agree"
    )
    return Testimony(
        outcome=Outcome.PASS if share >= least else Outcome.FAIL,
        message=message if share >= least else f"{message}, fewer than {least} %",
        counts=counts,
        disagreements=found.disagreements()[:_MOST],
        report=cast("Mapping[str, Json]", found.report()),
    )


def _published(hearing: Hearing, sent: pl.DataFrame) -> pl.DataFrame:
    """Return the tornadoes of the stored table, in the form that `agreement` compares, with their points as sent.

    The table has no point where the one sent lies far outside Kansas; the witness may have the same wrong one.
    """
    table = hearing.tables["details"].filter(pl.col("event_type").str.to_lowercase() == "tornado")
    rows = table.select("event_id", "begin_utc", "begin_point", pl.col("tornado_f_scale").alias("scale"))
    return rows.join(sent.select("event_id", "lon", "lat"), on="event_id", how="left").select(
        pl.col("event_id").alias("id"), pl.col("begin_utc").alias("at"), "lon", "lat", _rating(), "begin_point"
    )


def _held_back(hearing: Hearing, sent: pl.DataFrame) -> pl.DataFrame:
    """Return the tornadoes in quarantine, in the same form, each with its rule, but for those without an instant."""
    rows = sent.join(
        hearing.quarantine.filter(wire=DETAILS_WIRE).select(
            pl.col("source_file").alias(FILE), pl.col("source_line").alias(LINE), "rule"
        ),
        on=[FILE, LINE],
    )
    return rows.filter(pl.col("at").is_not_null() & pl.col("event_id").is_not_null()).select(
        pl.col("event_id").alias("id"), "at", "lon", "lat", _rating(), "rule"
    )


def _sent(wires: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the tornadoes of the wire, whatever became of them; the first row of an id counts."""
    none = pl.DataFrame(schema={LINE: pl.Int64(), **dict.fromkeys([*DETAILS_HEADER, FILE], pl.String())})
    rows = wires.get(DETAILS_WIRE, none).filter(pl.col("EVENT_TYPE").str.to_lowercase() == "tornado")
    local = fields.clock("BEGIN_YEARMONTH", "BEGIN_DAY", "BEGIN_TIME")
    # In one piece: polars 2.1 panics on some expressions over a filtered frame of several chunks.
    return (
        rows.rechunk()
        .select(
            FILE,
            LINE,
            fields.whole("EVENT_ID", pl.Int64).alias("event_id"),
            (local - pl.duration(hours=fields.offset_hours("CZ_TIMEZONE"))).dt.replace_time_zone("UTC").alias("at"),
            fields.real("BEGIN_LON", -180, 180).alias("lon"),
            fields.real("BEGIN_LAT", -90, 90).alias("lat"),
            pl.col("TOR_F_SCALE").alias("scale"),
        )
        .unique("event_id", keep="first", maintain_order=True)
    )


def _rating() -> pl.Expr:
    """Return the number of a rating, `F3` or `EF3`; null where there is none, or it is unknown."""
    return pl.col("scale").str.extract(r"^E?F([0-5])$").cast(pl.Int32).alias("rating")
