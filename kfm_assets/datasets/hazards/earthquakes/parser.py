"""ComCat's files, CSV of either generation or GeoJSON, to wire frames of one form. No row is judged here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from kfm_assets.datasets import delimited
from kfm_assets.datasets.hazards.earthquakes.fields import CSV_15, CSV_22, instant, words
from kfm_assets.datasets.hazards.earthquakes.geojson import features
from kfm_assets.datasets.hazards.earthquakes.specification import FIRST
from kfm_assets.datasets.program import LINE, PARTITION, Payload
from kfm_assets.errors import BadInput

MOST_EVENTS = 20_000
"""What the service answers at most (https://earthquake.usgs.gov/fdsnws/event/1/): so many may be a part only."""


def parse(payload: Payload) -> pl.DataFrame:
    """Return a row for each event: LINE, the 22 columns of the newer CSV as text, PARTITION.

    A column that the file lacks is empty text. The partition is the UTC month of `time`, that of the file's newest
    version for all versions of an event; null where the time is no instant or lies before the first partition.

    Raises:
        BadInput: as `delimited.read` and `geojson.features` say; for a file of exactly 20,000 events.
    """
    frame = _geojson(payload) if _is_json(payload) else delimited.read(payload, (CSV_15, CSV_22))
    if frame.height == MOST_EVENTS:
        raise BadInput(
            f"{payload.name} has exactly {MOST_EVENTS} events, the most that the service answers: more may be missing",
            advice="ask for a shorter span of time, or for a smaller area, in several files",
        )
    month = instant("time").dt.strftime("%Y-%m")
    dated = frame.with_columns(pl.lit("").alias(name) for name in CSV_22 if name not in frame.columns).select(
        LINE, *CSV_22, pl.when(month >= FIRST).then(month).alias(PARTITION)
    )
    return _together(dated)


def _together(rows: pl.DataFrame) -> pl.DataFrame:
    """Put all versions of an event into the month of the newest, where the others are seen to be superseded."""
    event, newest = words("id"), "newest_month"
    versions = rows.select(event, instant("updated"), PARTITION).drop_nulls().sort("updated", maintain_order=True)
    months = versions.group_by("id", maintain_order=True).agg(pl.col(PARTITION).last().alias(newest))
    moved = pl.when(pl.col(PARTITION).is_not_null()).then(pl.coalesce(newest, PARTITION)).alias(PARTITION)
    joined = rows.with_columns(event.alias("event")).join(
        months, left_on="event", right_on="id", how="left", maintain_order="left"
    )
    return joined.with_columns(moved).select(rows.columns)


def verbatim(payload: Payload, lines: Sequence[int]) -> Mapping[int, str]:
    """Return the exact text of some rows: CSV records by line, GeoJSON features by position, both from 1."""
    if not _is_json(payload):
        return delimited.verbatim(payload, lines)
    found = features(payload)
    return {line: found[line - 1].text for line in lines}


def _is_json(payload: Payload) -> bool:
    name = payload.name.lower()
    if name.endswith((".csv", ".geojson", ".json")):
        return not name.endswith(".csv")
    return payload.content.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def _geojson(payload: Payload) -> pl.DataFrame:
    rows = [(line, *feature.fields.values()) for line, feature in enumerate(features(payload), 1)]
    return pl.DataFrame(rows, schema={LINE: pl.Int64(), **dict.fromkeys(CSV_22, pl.String())}, orient="row")
